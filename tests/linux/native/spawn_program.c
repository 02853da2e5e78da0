// spawn: a program in a new process, with exactly the descriptors that are listed under their new numbers, arguments, environment,
// directory, signal mask, ignored signals, process group and user; errors, after which there is no process.
// calls: spawn
// only: rvos
#include "spawn.h"

// What the program itself does: told by its first argument.
static int child(int argc, char **argv, char **envp) {
    if (!strcmp(argv[1], "descriptors")) {
        for (int fd = 0; fd < 64; fd++) {
            int flags = fcntl(fd, F_GETFD);
            if ((flags >= 0) != (fd <= 2 || fd == 7 || fd == 40) || flags > 0) return 10 + fd;
        }
        return write(40, argv[2], strlen(argv[2])) == (ssize_t)strlen(argv[2]) ? 0 : 1;
    }
    if (!strcmp(argv[1], "environment"))
        return argc == 3 && !strcmp(argv[2], "") && !strcmp(envp[0], "A=b") && !envp[1] && getppid() == 0 ? 0 : 3;
    if (!strcmp(argv[1], "state")) {
        sigset_t mask;
        sigprocmask(SIG_BLOCK, NULL, &mask);
        struct sigaction usr1, usr2, hup;
        sigaction(SIGUSR1, NULL, &usr1);
        sigaction(SIGUSR2, NULL, &usr2);
        sigaction(SIGHUP, NULL, &hup);
        if (!sigismember(&mask, SIGTERM) || sigismember(&mask, SIGINT)) return 1;
        if (usr1.sa_handler != SIG_DFL || usr2.sa_handler != SIG_IGN || hup.sa_handler != SIG_DFL) return 2;
        if (getpgrp() != getpid() || getsid(0) == getpid()) return 3;
        if (getuid() != 1000 || geteuid() != 1000 || getgid() != 1001 || getgroups(0, NULL) != 1) return 4;
        char cwd[64];
        if (!getcwd(cwd, sizeof cwd) || strcmp(cwd, "/proc")) return 5;
        if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return 6;
        return access("/proc/self/fd", R_OK) ? 7 : 0;
    }
    if (!strcmp(argv[1], "session")) return getsid(0) == getpid() && getpgrp() == getpid() ? 0 : 1;
    return 99;
}

static void handler(int signal) { (void)signal; }

int main(int argc, char **argv, char **envp) {
    if (argc > 1) return child(argc, argv, envp);
    char self[PATH_MAX] = {0};
    OK(readlink("/proc/self/exe", self, sizeof self - 1));
    int pipes[2];
    OK(pipe2(pipes, O_CLOEXEC));
    int other = OK(open("/", O_RDONLY));

    char *words[] = {self, "descriptors", "text", NULL};
    struct spawn_args a = s_args(self, words);
    struct spawn_fd listed[] = {{0, 0}, {1, 1}, {2, 2}, {pipes[1], 40}, {other, 7}};
    a.fds = (uintptr_t)listed;
    a.fd_count = 5;
    int fd = OK(s_spawn(&a));
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(s_end(fd), 0);
    char text[8] = {0};
    CHECK_EQ(read(pipes[0], text, 8), 4);
    CHECK_STR(text, "text");

    // By descriptor, with an environment.
    words[1] = "environment";
    words[2] = "";
    char *environment[] = {"A=b", NULL};
    a = s_args(NULL, words);
    a.program = OK(open(self, O_RDONLY | O_CLOEXEC));
    a.envp = (uintptr_t)environment;
    a.namespaces = CLONE_NEWPID; // there it has no parent
    fd = OK(s_spawn(&a));
    CHECK_EQ(s_end(fd), 0);

    // Signals, group, user, directory.
    words[1] = "state";
    a = s_args(self, words);
    h_on_signal(SIGUSR1, SIG_IGN, 0);
    h_on_signal(SIGUSR2, SIG_IGN, 0);
    h_on_signal(SIGHUP, handler, 0);
    uint32_t groups[] = {1002};
    a.flags = SPAWN_SET_MASK | SPAWN_SET_DEFAULTS | SPAWN_SET_GROUP | SPAWN_SET_IDS | SPAWN_NO_NEW_PRIVS;
    a.signal_mask = 1ull << (SIGTERM - 1);
    a.signal_defaults = 1ull << (SIGUSR1 - 1);
    a.uid = 1000;
    a.gid = 1001;
    a.groups = (uintptr_t)groups;
    a.group_count = 1;
    a.cwd = OK(open("/proc", O_RDONLY | O_DIRECTORY));
    fd = OK(s_spawn(&a));
    CHECK_EQ(s_end(fd), 0);
    words[1] = "session";
    a = s_args(self, words);
    a.flags = SPAWN_NEW_SESSION;
    fd = OK(s_spawn(&a));
    CHECK_EQ(s_end(fd), 0);

    // A script, by its interpreter.
    h_scratch();
    h_write_file("script", "#!/bin/sh\nexit 5\n");
    CHECK_ERRNO((a = s_args("script", words), s_spawn(&a)), EACCES);
    OK(chmod("script", 0755));
    fd = OK((a = s_args("script", words), s_spawn(&a)));
    CHECK_EQ(s_end(fd), 5);

    // Nothing is left of what fails.
    CHECK_ERRNO((a = s_args("absent", words), s_spawn(&a)), ENOENT);
    CHECK_ERRNO((a = s_args("/", words), s_spawn(&a)), EACCES);
    h_write_file("empty", "");
    OK(chmod("empty", 0755));
    CHECK_ERRNO((a = s_args("empty", words), s_spawn(&a)), ENOEXEC);
    CHECK_ERRNO((a = s_args(NULL, words), s_spawn(&a)), EINVAL);
    CHECK_ERRNO((a = s_args(self, words), a.program = 0, s_spawn(&a)), EINVAL);
    CHECK_ERRNO((a = s_args(self, words), a.flags = 1 << 20, s_spawn(&a)), EINVAL);
    CHECK_ERRNO((a = s_args(self, words), a.namespaces = CLONE_VM, s_spawn(&a)), EINVAL);
    CHECK_ERRNO((a = s_args(self, words), a.cwd = a.root = 99, s_spawn(&a)), EBADF);
    CHECK_ERRNO((a = s_args(self, words), a.root = pipes[0], s_spawn(&a)), ENOTDIR);
    CHECK_ERRNO((a = s_args(self, words), a.flags = SPAWN_SET_GROUP, a.process_group = 1, s_spawn(&a)), EPERM);
    struct spawn_fd twice[] = {{0, 5}, {1, 5}}, absent[] = {{99, 0}};
    CHECK_ERRNO((a = s_args(self, words), a.fds = (uintptr_t)twice, a.fd_count = 2, s_spawn(&a)), EINVAL);
    CHECK_ERRNO((a = s_args(self, words), a.fds = (uintptr_t)absent, a.fd_count = 1, s_spawn(&a)), EBADF);
    CHECK_ERRNO((a = s_args(self, words), a.fds = (uintptr_t)h_bad, s_spawn(&a)), EFAULT);
    CHECK_ERRNO((a = s_args(h_bad, words), s_spawn(&a)), EFAULT);
    CHECK_ERRNO(syscall(NR_spawn, &a, sizeof a - 8), EINVAL);
    CHECK_ERRNO(syscall(NR_spawn, h_bad, sizeof a), EFAULT);
    struct {
        struct spawn_args args;
        uint64_t more;
    } longer = {s_args(self, words), 1};
    CHECK_ERRNO(syscall(NR_spawn, &longer, sizeof longer), E2BIG);
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO((a = s_args(self, words), a.flags = SPAWN_SET_IDS, s_spawn(&a)), EPERM);
    });
    CHECK_ERRNO(waitpid(-1, NULL, WNOHANG), ECHILD);
    return 0;
}
