// futex(2), FUTEX_WAIT_BITSET: absolute time-outs on either clock, only matching bits wake, an empty set is EINVAL.
// calls: futex
#include "../harness.h"
#include <linux/futex.h>

static int futex(int *word, int op, int value, struct timespec *time, unsigned bits) { return syscall(SYS_futex, word, op, value, time, NULL, bits); }

static void absolute(int *word, clockid_t clock, int flag) {
    int64_t at = h_now_ns(clock) + 15000000;
    struct timespec time = {at / 1000000000, at % 1000000000};
    CHECK_ERRNO(futex(word, FUTEX_WAIT_BITSET | flag, 0, &time, ~0U), ETIMEDOUT);
    CHECK(h_now_ns(clock) >= at);
    CHECK_ERRNO(futex(word, FUTEX_WAIT_BITSET | flag, 0, &time, ~0U), ETIMEDOUT); // already past
}

int main(void) {
    int *word = h_shared(4096);
    absolute(word, CLOCK_MONOTONIC, 0);
    absolute(word, CLOCK_REALTIME, FUTEX_CLOCK_REALTIME);
    pid_t pids[2];
    for (int i = 0; i < 2; i++)
        if ((pids[i] = h_fork()) == 0) {
            OK(futex(word, FUTEX_WAIT_BITSET, 0, NULL, 1U << i));
            _exit(0);
        }
    for (int i = 0; i < 2; i++) h_until_asleep(pids[i], 0);
    CHECK_EQ(futex(word, FUTEX_WAKE_BITSET, 9, NULL, 4), 0);
    CHECK_EQ(futex(word, FUTEX_WAKE_BITSET, 9, NULL, 2), 1);
    h_join(pids[1]);
    CHECK_EQ(waitpid(pids[0], NULL, WNOHANG), 0);
    CHECK_EQ(futex(word, FUTEX_WAKE, 9, NULL, 0), 1); // a plain wake matches all
    h_join(pids[0]);
    CHECK_ERRNO(futex(word, FUTEX_WAIT_BITSET, 0, NULL, 0), EINVAL);
    CHECK_ERRNO(futex(word, FUTEX_WAKE_BITSET, 1, NULL, 0), EINVAL);
    return 0;
}
