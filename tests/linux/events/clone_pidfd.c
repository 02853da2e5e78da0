// clone(2), clone3(2): CLONE_PIDFD gives a descriptor for the child, close-on-exec, absent in the child; EINVAL, EFAULT and EMFILE leave no child.
// calls: clone clone3
#include "../harness.h"
#include <linux/sched.h>

static pid_t clone3_(struct clone_args *args) { return syscall(SYS_clone3, args, sizeof *args); }

static void no_children(void) {
    CHECK_ERRNO(waitpid(-1, NULL, WNOHANG), ECHILD);
}

int main(void) {
    int pidfd = -1, before = h_open_fds();
    struct pollfd p = {.events = POLLIN};
    pid_t child = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, NULL, &pidfd, NULL, NULL);
    CHECK(child >= 0);
    if (child == 0) {
        if (pidfd != -1 && fcntl(pidfd, F_GETFD) != -1) _exit(1);
        _exit(h_open_fds() == before ? 6 : 2);
    }
    CHECK(pidfd >= 0);
    CHECK_EQ(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
    p.fd = pidfd;
    CHECK_EQ(poll(&p, 1, -1), 1);
    siginfo_t info;
    OK(waitid(3, pidfd, &info, WEXITED));
    CHECK_EQ(info.si_pid, child);
    CHECK_EQ(info.si_status, 6);
    OK(close(pidfd));

    struct clone_args args = {.flags = CLONE_PIDFD, .pidfd = (uintptr_t)&pidfd, .exit_signal = SIGCHLD};
    pidfd = -1;
    pid_t self = getpid();
    child = clone3_(&args);
    if (child == 0) _exit(getpid() == self);
    CHECK(child > 0);
    CHECK(pidfd >= 0);
    h_wait(child);
    CHECK_ERRNO(syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0), ESRCH);
    OK(close(pidfd));

    // Refused: no child, no descriptor.
    CHECK_ERRNO(syscall(SYS_clone, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, NULL, &pidfd, NULL, NULL), EINVAL);
    CHECK_ERRNO(syscall(SYS_clone, CLONE_PIDFD | CLONE_DETACHED | SIGCHLD, NULL, &pidfd, NULL, NULL), EINVAL);
    args.pidfd = (uintptr_t)h_bad;
    CHECK_ERRNO(clone3_(&args), EFAULT);
    args.pidfd = (uintptr_t)&pidfd;
    args.flags |= CLONE_PARENT_SETTID, args.parent_tid = args.pidfd;
    CHECK_ERRNO(clone3_(&args), EINVAL);
    args.flags = CLONE_PIDFD;
    CHECK_EQ(h_open_fds(), before);
    no_children();
    IN_CHILD({
        struct rlimit none = {0, 0};
        OK(setrlimit(RLIMIT_NOFILE, &none));
        CHECK_ERRNO(clone3_(&args), EMFILE);
        no_children();
    });
    return 0;
}
