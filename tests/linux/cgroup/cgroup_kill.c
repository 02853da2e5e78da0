// cgroup-v2.rst: cgroup.kill ends all that is inside and below, also who forks meanwhile; cgroup.events says when nobody is
// left, and poll(2) tells.
// calls: write, ppoll, clone
#include "cg.h"

static void forks(void) {
    for (;;) {
        pid_t pid = fork();
        if (pid == 0) _exit(0);
        if (pid > 0) waitpid(pid, NULL, 0);
    }
}

int main(void) {
    cg_begin("+pids");
    OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
    OK(cg_mkdir("k"));
    OK(cg_mkdir("k/below"));
    pid_t inside[4];
    for (int i = 0; i < 4; i++) {
        inside[i] = cg_fork(i % 2 ? "k" : "k/below");
        if (inside[i] == 0) {
            signal(SIGTERM, SIG_IGN);
            if (i >= 2) forks();
            for (;;) pause();
        }
    }
    // All are there.
    for (int i = 0; i < 2000; i++) {
        char text[4096];
        strcpy(text, cg_read("k", "cgroup.procs"));
        const char *below = cg_read("k/below", "cgroup.procs");
        int seen = 0;
        for (int j = 0; j < 4; j++) {
            char want[16];
            snprintf(want, sizeof want, "%d\n", inside[j]);
            seen += strstr(j % 2 ? text : below, want) != NULL;
        }
        if (seen == 4) break;
        CHECK(i < 1999);
        h_sleep_ms(1);
    }
    CHECK_EQ(cg_field("k", "cgroup.events", "populated"), 1);
    CHECK_ERRNO(cg_rmdir("k/below"), EBUSY);
    int fd = OK(open(CG_ROOT "/k/cgroup.events", O_RDONLY));
    char text[64];
    CHECK(OK(read(fd, text, sizeof text)) > 0);
    cg_write("k", "cgroup.kill", "1");
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLPRI};
        CHECK_EQ(poll(&p, 1, 10000), 1);
        CHECK(p.revents & POLLPRI);
        ssize_t n = OK(pread(fd, text, sizeof text - 1, 0));
        text[n] = 0;
        if (strstr(text, "populated 0")) break;
    }
    OK(close(fd));
    for (int i = 0; i < 4; i++) {
        int status;
        CHECK_EQ(waitpid(inside[i], &status, 0), inside[i]);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
    // Children of who forked.
    while (waitpid(-1, NULL, 0) > 0) {}
    CHECK_EQ(strlen(cg_read("k", "cgroup.procs")), 0);
    cg_remove("k/below");
    cg_remove("k");
    return 0;
}
