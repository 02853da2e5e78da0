// kill(2): real or effective id must be the target's real or saved id: EPERM; SIGCONT within the session is always allowed.
// calls: kill setresuid
#include "../harness.h"

static pid_t sleeper(uid_t r, uid_t e, uid_t s) {
    int ready[2];
    OK(pipe(ready));
    pid_t pid = h_fork();
    if (pid == 0) {
        OK(syscall(SYS_setresuid, r, e, s));
        h_signal(ready[1]);
        for (;;) pause();
    }
    h_await(ready[0]);
    OK(close(ready[0]));
    OK(close(ready[1]));
    return pid;
}

int main(void) {
    pid_t real = sleeper(1000, 2000, 2000), saved = sleeper(2000, 2000, 1000), effective = sleeper(2000, 1000, 2000), root = sleeper(0, 0, 0);
    IN_CHILD({
        h_drop_to(1000);
        OK(kill(real, 0));
        OK(kill(saved, 0));
        CHECK_ERRNO(kill(effective, 0), EPERM); // the target's effective id does not count
        CHECK_ERRNO(kill(root, SIGTERM), EPERM);
        OK(kill(root, SIGCONT));
        CHECK_ERRNO(sigqueue(root, SIGTERM, (union sigval){0}), EPERM);
    });
    CHECK_EQ(waitpid(root, NULL, WNOHANG), 0);
    h_kill_and_reap(real), h_kill_and_reap(saved), h_kill_and_reap(effective), h_kill_and_reap(root);
    return 0;
}
