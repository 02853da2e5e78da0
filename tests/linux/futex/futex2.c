// futex_wake, futex_wait, futex_requeue (the kernel's include/uapi/linux/futex.h, FUTEX2_*): masks, absolute time-outs, moving, bad arguments.
// calls: futex_wake futex_wait futex_requeue
#include "../harness.h"

#define WAKE 454
#define WAIT 455
#define REQUEUE 456
#define SIZE_U32 2
#define SIZE_U64 3

struct waiter {
    uint64_t value;
    uint64_t word;
    uint32_t flags, reserved;
};

static long wait_on(int *word, long value, long mask, int flags, struct timespec *until, int clock) {
    return syscall(WAIT, word, value, mask, flags, until, clock);
}

static long wake(int *word, long mask, int count, int flags) { return syscall(WAKE, word, mask, count, flags); }

static void sleepers(int *word, pid_t *pids, int count) {
    for (int i = 0; i < count; i++)
        if ((pids[i] = h_fork()) == 0) {
            OK(wait_on(word, 0, 1 << i, SIZE_U32, NULL, 0));
            _exit(0);
        }
    for (int i = 0; i < count; i++) h_until_asleep(pids[i], 0);
}

static void time_out(int *word, clockid_t clock) {
    int64_t at = h_now_ns(clock) + 15000000;
    struct timespec until = {at / 1000000000, at % 1000000000};
    CHECK_ERRNO(wait_on(word, 0, 1, SIZE_U32, &until, clock), ETIMEDOUT);
    CHECK(h_now_ns(clock) >= at);
}

int main(void) {
    int *a = h_shared(4096), *b = a + 8;
    pid_t pids[4];
    time_out(a, CLOCK_MONOTONIC);
    time_out(a, CLOCK_REALTIME);
    sleepers(a, pids, 4);
    CHECK_EQ(wake(a, 2, 9, SIZE_U32), 1);
    h_join(pids[1]);
    struct waiter pair[2] = {{1, (uintptr_t)a, SIZE_U32, 0}, {0, (uintptr_t)b, SIZE_U32, 0}};
    CHECK_ERRNO(syscall(REQUEUE, pair, 0, 1, 9), EAGAIN);
    pair[0].value = 0;
    CHECK_EQ(syscall(REQUEUE, pair, 0, 1, 9), 3); // woken and moved
    CHECK_EQ(wake(a, 15, 9, SIZE_U32), 0);
    CHECK_EQ(wake(b, 15, 9, SIZE_U32), 2);
    h_join(pids[0]);
    h_join(pids[2]);
    h_join(pids[3]);

    CHECK_ERRNO(wait_on(a, 1, 1, SIZE_U32, NULL, 0), EAGAIN);
    CHECK_ERRNO(wait_on(a, 0, 0, SIZE_U32, NULL, 0), EINVAL);
    CHECK_ERRNO(wait_on(a, 0, 1, SIZE_U64, NULL, 0), EINVAL);
    CHECK_ERRNO(wait_on(a, 1L << 32, 1, SIZE_U32, NULL, 0), EINVAL);
    CHECK_ERRNO(wait_on(h_bad, 0, 1, SIZE_U32, NULL, 0), EFAULT);
    CHECK_ERRNO(wake(a, 0, 1, SIZE_U32), EINVAL);
    CHECK_ERRNO(wake(a, 1, 1, SIZE_U64), EINVAL);
    CHECK_ERRNO(syscall(REQUEUE, pair, 1, 1, 1), EINVAL);
    CHECK_ERRNO(syscall(REQUEUE, h_bad, 0, 1, 1), EFAULT);
    pair[1].reserved = 1;
    CHECK_ERRNO(syscall(REQUEUE, pair, 0, 1, 1), EINVAL);
    return 0;
}
