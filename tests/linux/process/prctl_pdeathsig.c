// prctl(2), PR_SET_PDEATHSIG: the child gets the signal when its parent ends; cleared by fork; EINVAL for a bad signal.
// calls: prctl
#include "../harness.h"

int main(void) {
    int ends[2], signal_number = -1;
    OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
    OK(pipe(ends));
    pid_t child = h_fork();
    if (child == 0) {
        pid_t orphan = fork();
        if (orphan == 0) {
            int own = -1;
            OK(prctl(PR_GET_PDEATHSIG, &own));
            CHECK_EQ(own, 0);
            OK(prctl(PR_SET_PDEATHSIG, SIGUSR1));
            OK(prctl(PR_GET_PDEATHSIG, &own));
            CHECK_EQ(own, SIGUSR1);
            pid_t self = getpid();
            CHECK_EQ(write(ends[1], &self, sizeof self), sizeof self);
            h_sleep_ms(15000);
            _exit(1);
        }
        h_until_asleep(orphan, 0);
        h_sleep_ms(20); // from the write to the sleep
        _exit(0);
    }
    pid_t orphan;
    CHECK_EQ(read(ends[0], &orphan, sizeof orphan), sizeof orphan);
    h_join(child);
    CHECK_EQ(h_wait(orphan), SIGUSR1);
    CHECK_ERRNO(prctl(PR_SET_PDEATHSIG, 100), EINVAL);
    OK(prctl(PR_GET_PDEATHSIG, &signal_number));
    CHECK_EQ(signal_number, 0);
    return 0;
}
