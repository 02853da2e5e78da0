// A budget without a descriptor left (fds.max): dup3 onto a number in use goes on, as it needs no more; onto a free one it is EMFILE.
// calls: dup3 fcntl
// only: rvos
#include "cg.h"

static void inside(void) {
    int last = -1, fd;
    while ((fd = dup(0)) >= 0) last = fd;
    CHECK_EQ(errno, EMFILE);
    CHECK(last > 3 && last < 12);
    CHECK_ERRNO(dup3(0, 50, 0), EMFILE);
    CHECK_ERRNO(dup3(0, 1 << 30, 0), EBADF);
    int pipes[2];
    OK(close(last));
    OK(close(last - 1));
    OK(pipe(pipes));
    CHECK_ERRNO(dup(0), EMFILE);
    CHECK_EQ(fcntl(last - 2, F_GETFD), 0);
    CHECK_EQ(dup3(pipes[1], last - 2, O_CLOEXEC), last - 2);
    CHECK_EQ(fcntl(last - 2, F_GETFD), FD_CLOEXEC);
    // What was replaced is closed, and what replaced it is the same description.
    OK(close(pipes[1]));
    h_signal(last - 2);
    h_await(pipes[0]);
    CHECK_EQ(dup3(0, last - 2, 0), last - 2);
    char byte;
    CHECK_EQ(read(pipes[0], &byte, 1), 0);
}

int main(void) {
    OK(mkdir(CG_ROOT "/full", 0755));
    int was_on = strstr(cg_read("", "cgroup.subtree_control"), "fds") != NULL;
    cg_write("", "cgroup.subtree_control", "+fds");
    IN_CHILD({
        cg_write("full", "cgroup.procs", "0");
        // The table of a child is paid for here.
        IN_CHILD({
            cg_write("full", "fds.max", "12");
            inside();
        });
    });
    OK(rmdir(CG_ROOT "/full"));
    if (!was_on) cg_write("", "cgroup.subtree_control", "-fds");
    return 0;
}
