// fcntl(2), F_SETOWN, F_GETOWN and their _EX: whom signals of a descriptor are for is named by one's own numbers, and read back by
// whoever asks by theirs: 0 if it does not exist there, or no more; who does not exist cannot be named.
// calls: fcntl clone
#include "../harness.h"

static struct f_owner_ex owner(int fd) {
    struct f_owner_ex o = {-1, -1};
    OK(fcntl(fd, F_GETOWN_EX, &o));
    return o;
}

static pid_t in_own_scope(void) {
    pid_t pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
    if (pid < 0) FAIL("clone: errno %d", errno);
    return pid;
}

int main(void) {
    int ends[2];
    OK(pipe(ends));
    int fd = ends[0];
    CHECK_EQ(fcntl(fd, F_GETOWN), 0);
    CHECK_EQ(owner(fd).pid, 0);
    OK(fcntl(fd, F_SETOWN, getpid()));
    CHECK_EQ(fcntl(fd, F_GETOWN), getpid());
    CHECK_EQ(fcntl(ends[1], F_GETOWN), 0);
    CHECK_EQ(owner(fd).type, F_OWNER_PID);
    CHECK_EQ(owner(fd).pid, getpid());
    OK(fcntl(fd, F_SETOWN, -getpgrp()));
    CHECK_EQ(owner(fd).type, F_OWNER_PGRP);
    CHECK_EQ(owner(fd).pid, getpgrp());
    struct f_owner_ex o = {F_OWNER_TID, getpid()};
    OK(fcntl(fd, F_SETOWN_EX, &o));
    CHECK_EQ(owner(fd).type, F_OWNER_TID);
    CHECK_EQ(owner(fd).pid, getpid());
    CHECK_ERRNO(fcntl(fd, F_SETOWN, 1 << 29), ESRCH);
    CHECK_ERRNO(fcntl(fd, F_SETOWN, INT_MIN), EINVAL);
    o.type = 7;
    CHECK_ERRNO(fcntl(fd, F_SETOWN_EX, &o), EINVAL);
    CHECK_ERRNO(fcntl(fd, F_SETOWN_EX, h_bad), EFAULT);
    CHECK_EQ(owner(fd).pid, getpid()); // as before

    // From inside, the outside does not exist; its own numbers mean its own processes.
    OK(fcntl(fd, F_SETOWN, getpid()));
    pid_t child = in_own_scope();
    if (child == 0) {
        CHECK_EQ(getpid(), 1);
        CHECK_EQ(owner(fd).pid, 0);
        CHECK_ERRNO(fcntl(fd, F_SETOWN, 2), ESRCH);
        CHECK_EQ(owner(fd).type, F_OWNER_PID);
        OK(fcntl(fd, F_SETOWN, 1));
        CHECK_EQ(owner(fd).pid, 1);
        char byte;
        OK(read(ends[0], &byte, 1));
        _exit(0);
    }
    h_until_asleep(child, 0);
    CHECK_EQ(owner(fd).pid, child);
    CHECK_EQ(write(ends[1], "x", 1), 1);
    h_join(child);
    CHECK_EQ(owner(fd).pid, 0); // no more
    OK(fcntl(fd, F_SETOWN, 0));
    CHECK_EQ(fcntl(fd, F_GETOWN), 0);
    return 0;
}
