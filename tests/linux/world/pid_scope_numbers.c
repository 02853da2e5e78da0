// pid_namespaces(7): inside a new scope the first process is 1 and has no parent, others count from 2; what is outside does not
// exist there; the parent sees other numbers, also in wait, siginfo and NSpid.
// calls: clone unshare wait4 getpid getppid kill getpgid getsid tgkill setpgid
#include "../harness.h"

static int to_parent[2], to_child[2];

static pid_t new_scope(void) {
    fflush(NULL);
    return (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
}

static void inside(pid_t outer) {
    CHECK_EQ(getpid(), 1);
    CHECK_EQ(syscall(SYS_gettid), 1);
    CHECK_EQ(getppid(), 0);
    CHECK_EQ(getpgid(0), 0);
    CHECK_EQ(getsid(0), 0);
    CHECK_ERRNO(kill(outer, 0), ESRCH);
    CHECK_ERRNO(kill(-outer, 0), ESRCH);
    CHECK_ERRNO(syscall(SYS_tgkill, outer, outer, 0), ESRCH);
    CHECK_ERRNO(getpgid(outer), ESRCH);
    CHECK_ERRNO(getpriority(PRIO_PROCESS, outer), ESRCH);
    CHECK_ERRNO(sched_getscheduler(outer), ESRCH);
    struct rlimit limit;
    CHECK_ERRNO(prlimit(outer, RLIMIT_CORE, NULL, &limit), ESRCH);
    CHECK_ERRNO(kill(-1, 0), ESRCH); // nobody else is here
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        CHECK_EQ(getpid(), 2);
        CHECK_EQ(getppid(), 1);
        OK(setpgid(0, 0));
        CHECK_EQ(getpgid(0), 2);
        h_signal(to_parent[1]);
        pause();
    }
    CHECK_EQ(child, 2);
    h_await(to_child[0]);
    CHECK_EQ(getpgid(2), 2);
    OK(kill(-1, SIGTERM));
    siginfo_t info = {0};
    OK(waitid(P_PID, 2, &info, WEXITED | WNOWAIT));
    CHECK_EQ(info.si_pid, 2);
    int status;
    CHECK_EQ(waitpid(-1, &status, 0), 2);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    OK(setsid());
    CHECK_EQ(getsid(0), 1);
    CHECK_EQ(getpgid(0), 1);
    _exit(7);
}

int main(void) {
    OK(pipe(to_parent));
    OK(pipe(to_child));
    pid_t outer = getpid();
    pid_t pid = new_scope();
    CHECK(pid >= 0);
    if (pid == 0) inside(outer);
    CHECK(pid > 1);
    h_await(to_parent[0]);
    char path[64], wanted[64];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    snprintf(wanted, sizeof wanted, "NSpid:\t%d\t1\n", pid);
    CHECK(strstr(h_read_file(path), wanted));
    CHECK_EQ(kill(pid, 0), 0);
    CHECK_EQ(getpgid(pid), getpgid(0));
    h_signal(to_child[1]);
    siginfo_t info = {0};
    OK(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT));
    CHECK_EQ(info.si_pid, pid);
    int status;
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    // A thread cannot go to another scope, and there is no way for an ordinary user.
    CHECK_ERRNO(syscall(SYS_clone, CLONE_NEWPID | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, 0, 0, 0, 0), EINVAL);
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0), EPERM);
        CHECK_ERRNO(unshare(CLONE_NEWPID), EPERM);
    });
    // unshare(2): children go to the new scope, the caller stays; its first child is number 1 there.
    IN_CHILD({
        OK(unshare(CLONE_NEWPID));
        CHECK(getpid() > 1);
        CHECK_ERRNO(unshare(CLONE_NEWPID), EINVAL);
        CHECK_ERRNO(syscall(SYS_clone, CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, 0, 0, 0, 0), EINVAL);
        pid_t first = fork();
        if (first == 0) _exit(getpid() == 1 && getppid() == 0 ? 0 : 1);
        CHECK(first > 1);
        h_join(first);
        CHECK_ERRNO(fork(), ENOMEM); // its first process has ended
    });
    return 0;
}
