// clone(2): CLONE_VM, CLONE_FILES, CLONE_FS share memory, descriptors, umask; THREAD without SIGHAND, SIGHAND without VM are EINVAL.
// calls: clone
#include "../harness.h"

static volatile int value;
static int fd;

static int child_main(void *arg) {
    value = 5;
    fd = open("/dev/null", O_RDONLY);
    umask(0123);
    return *(int *)arg;
}

static int run(int flags) {
    static char stack[65536] __attribute__((aligned(16)));
    int code = 33;
    value = 0, fd = -1;
    umask(022);
    pid_t pid = OK(clone(child_main, stack + sizeof stack, flags | SIGCHLD, &code));
    CHECK_EQ(h_wait(pid), 33 << 8);
    return pid;
}

int main(void) {
    run(0);
    CHECK_EQ(value, 0);
    CHECK_EQ(umask(022), 022);
    run(CLONE_VM);
    CHECK_EQ(value, 5);
    CHECK_ERRNO(fcntl(fd, F_GETFD), EBADF);
    CHECK_EQ(umask(022), 022);
    run(CLONE_VM | CLONE_FILES | CLONE_FS);
    CHECK_EQ(fcntl(fd, F_GETFD), 0);
    CHECK_EQ(umask(022), 0123);
    CHECK_ERRNO(syscall(SYS_clone, CLONE_THREAD | CLONE_VM, 0, 0, 0, 0), EINVAL);
    CHECK_ERRNO(syscall(SYS_clone, CLONE_SIGHAND, 0, 0, 0, 0), EINVAL);
    CHECK_ERRNO(syscall(SYS_clone, CLONE_FS | CLONE_NEWNS, 0, 0, 0, 0), EINVAL);
    return 0;
}
