// execveat(2): by directory descriptor, by descriptor alone with AT_EMPTY_PATH; ELOOP with AT_SYMLINK_NOFOLLOW, EBADF, EINVAL.
// calls: execveat
#include "../harness.h"

int main(int argc, char **argv) {
    if (argc > 1) return 6;
    h_scratch();
    char self[PATH_MAX] = "";
    OK(readlink("/proc/self/exe", self, sizeof self - 1));
    OK(symlink(self, "link"));
    char *args[] = {"self", "x", NULL};
    int dir = OK(open(".", O_RDONLY)), exe = OK(open(self, O_PATH | O_CLOEXEC));
    pid_t child = h_fork();
    if (child == 0) syscall(SYS_execveat, dir, "link", args, environ, 0), _exit(90);
    CHECK_EQ(h_wait(child), 6 << 8);
    child = h_fork();
    if (child == 0) syscall(SYS_execveat, exe, "", args, environ, AT_EMPTY_PATH), _exit(90);
    CHECK_EQ(h_wait(child), 6 << 8);
    CHECK_ERRNO(syscall(SYS_execveat, dir, "link", args, environ, AT_SYMLINK_NOFOLLOW), ELOOP);
    CHECK_ERRNO(syscall(SYS_execveat, 999, "link", args, environ, 0), EBADF);
    CHECK_ERRNO(syscall(SYS_execveat, dir, "link", args, environ, 1), EINVAL);
    CHECK_ERRNO(syscall(SYS_execveat, dir, "", args, environ, 0), ENOENT);
    return 0;
}
