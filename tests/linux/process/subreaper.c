// prctl(2), PR_SET_CHILD_SUBREAPER: orphans below come to the nearest living subreaper, which waits for them; not inherited by fork.
// calls: prctl wait4
#include "../harness.h"

int main(void) {
    int flag = -1, ends[2];
    OK(pipe(ends));
    OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
    OK(prctl(PR_GET_CHILD_SUBREAPER, &flag));
    CHECK_EQ(flag, 1);
    pid_t reaper = getpid(), child = h_fork();
    if (child == 0) {
        OK(prctl(PR_GET_CHILD_SUBREAPER, &flag));
        CHECK_EQ(flag, 0);
        pid_t orphan = fork();
        if (orphan == 0) {
            while (getppid() != reaper) h_sleep_ms(1);
            _exit(55);
        }
        CHECK_EQ(write(ends[1], &orphan, sizeof orphan), sizeof orphan);
        _exit(0);
    }
    h_join(child);
    pid_t orphan;
    CHECK_EQ(read(ends[0], &orphan, sizeof orphan), sizeof orphan);
    CHECK_EQ(h_wait(orphan), 55 << 8);
    CHECK_ERRNO(prctl(PR_GET_CHILD_SUBREAPER, h_bad), EFAULT);
    OK(prctl(PR_SET_CHILD_SUBREAPER, 0));
    OK(prctl(PR_GET_CHILD_SUBREAPER, &flag));
    CHECK_EQ(flag, 0);
    return 0;
}
