// setsid(2), getsid(2): a new session and group led by the caller, without a terminal; EPERM for a group leader; getsid of others.
// calls: setsid getsid getpgid
#include "../harness.h"

int main(void) {
    int ready[2];
    pid_t session = OK(getsid(0));
    CHECK(session > 0);
    CHECK_EQ(getsid(getpid()), session);
    OK(pipe(ready));
    pid_t child = h_fork();
    if (child == 0) {
        CHECK_EQ(getsid(0), session);
        CHECK_EQ(setsid(), getpid());
        CHECK_EQ(getsid(0), getpid());
        CHECK_EQ(getpgrp(), getpid());
        CHECK_ERRNO(setsid(), EPERM);
        CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
        h_signal(ready[1]);
        for (;;) pause();
    }
    h_await(ready[0]);
    CHECK_EQ(getsid(child), child);
    CHECK_EQ(getpgid(child), child);
    h_kill_and_reap(child);
    CHECK_ERRNO(getsid(child), ESRCH);
    child = h_fork();
    if (child == 0) {
        OK(setpgid(0, 0));
        CHECK_ERRNO(setsid(), EPERM);
        _exit(0);
    }
    h_join(child);
    return 0;
}
