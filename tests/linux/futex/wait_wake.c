// futex(2), FUTEX_WAIT and FUTEX_WAKE: the number woken, EAGAIN on another value, time-outs never too early, EINVAL, EFAULT.
// calls: futex
#include "../harness.h"
#include <linux/futex.h>

static int futex(int *word, int op, int value, void *time) { return syscall(SYS_futex, word, op, value, time, NULL, 0); }

int main(void) {
    int *word = h_shared(4096), woken = 0;
    pid_t pids[3];
    for (int i = 0; i < 3; i++)
        if ((pids[i] = h_fork()) == 0) {
            OK(futex(word, FUTEX_WAIT, 0, NULL));
            _exit(0);
        }
    for (int i = 0; i < 3; i++) h_until_asleep(pids[i], 0);
    CHECK_EQ(futex(word + 1, FUTEX_WAKE, 9, NULL), 0);
    while (woken < 1) woken += OK(futex(word, FUTEX_WAKE, 1, NULL));
    CHECK_EQ(woken, 1);
    while (woken < 3) woken += OK(futex(word, FUTEX_WAKE, INT_MAX, NULL));
    CHECK_EQ(woken, 3);
    for (int i = 0; i < 3; i++) h_join(pids[i]);
    CHECK_ERRNO(futex(word, FUTEX_WAIT, 1, NULL), EAGAIN);
    struct timespec time = {0, 20000000}, bad = {0, 1000000000};
    int64_t start = h_now_ns(CLOCK_MONOTONIC);
    CHECK_ERRNO(futex(word, FUTEX_WAIT_PRIVATE, 0, &time), ETIMEDOUT);
    CHECK(h_now_ns(CLOCK_MONOTONIC) - start >= 20000000);
    CHECK_ERRNO(futex(word, FUTEX_WAIT, 0, &bad), EINVAL);
    CHECK_ERRNO(futex((int *)((char *)word + 1), FUTEX_WAIT, 0, NULL), EINVAL);
    CHECK_ERRNO(futex(h_bad, FUTEX_WAIT, 0, NULL), EFAULT);
    CHECK_ERRNO(futex(word, 99, 0, NULL), ENOSYS);
    return 0;
}
