// setrlimit(2), RLIMIT_NPROC: fork beyond it is EAGAIN for an unprivileged user, and works again after a child was reaped; root is exempt.
// calls: prlimit64
#include "../harness.h"

int main(void) {
    struct rlimit limit = {4, 4};
    OK(setrlimit(RLIMIT_NPROC, &limit));
    IN_CHILD(IN_CHILD({})); // as root
    IN_CHILD({
        h_drop_to(12345);
        pid_t pids[8];
        int count = 0, ends[2];
        OK(pipe(ends));
        for (; count < 8; count++) {
            pids[count] = fork();
            if (pids[count] < 0) break;
            if (pids[count] == 0) {
                char byte;
                OK(close(ends[1]));
                _exit(read(ends[0], &byte, 1));
            }
        }
        CHECK_EQ(errno, EAGAIN);
        CHECK_EQ(count, 3);
        h_kill_and_reap(pids[0]);
        pids[0] = fork();
        CHECK(pids[0] >= 0);
        if (pids[0] == 0) _exit(0);
        CHECK_ERRNO(fork(), EAGAIN); // also while the new one is a zombie
        OK(close(ends[1]));
        for (int i = 0; i < 3; i++) h_join(pids[i]);
    });
    return 0;
}
