// clone3(2): exit signal, stack and tid pointers in a struct; a short one is EINVAL, an unknown tail E2BIG, a bad signal EINVAL.
// calls: clone3
#include "../harness.h"
#include <linux/sched.h>

int main(void) {
    int *parent_tid = h_shared(4096);
    pid_t self = getpid();
    struct clone_args args = {.flags = CLONE_PARENT_SETTID, .parent_tid = (uintptr_t)parent_tid, .exit_signal = SIGCHLD};
    long pid = OK(syscall(SYS_clone3, &args, sizeof args));
    if (pid == 0) {
        CHECK(getpid() != self);
        _exit(17);
    }
    CHECK_EQ(*parent_tid, pid);
    CHECK_EQ(h_wait(pid), 17 << 8);
    CHECK_ERRNO(syscall(SYS_clone3, &args, 32), EINVAL);
    CHECK_ERRNO(syscall(SYS_clone3, h_bad, sizeof args), EFAULT);
    char big[256] = {0};
    memcpy(big, &args, sizeof args);
    big[200] = 1;
    CHECK_ERRNO(syscall(SYS_clone3, big, sizeof big), E2BIG);
    args.exit_signal = 200;
    CHECK_ERRNO(syscall(SYS_clone3, &args, sizeof args), EINVAL);
    args.exit_signal = SIGCHLD, args.stack_size = 4096;
    CHECK_ERRNO(syscall(SYS_clone3, &args, sizeof args), EINVAL);
    args.stack_size = 0, args.flags = 1ULL << 60;
    CHECK_ERRNO(syscall(SYS_clone3, &args, sizeof args), EINVAL);
    args.flags = CLONE_PARENT; // its parent is told as ours is
    CHECK_ERRNO(syscall(SYS_clone3, &args, sizeof args), EINVAL);
    return 0;
}
