// futex_wait, futex_wake, futex_requeue, futex_waitv (kernel documentation, userspace-api/futex2): sizes and scopes in flags, masks, several words.
// calls: futex_wait futex_wake futex_requeue futex_waitv
#include "../harness.h"
#include <linux/futex.h>

enum { WAITV = 449, WAKE = 454, WAIT = 455, REQUEUE = 456, U32 = 2, PRIVATE = 128 };

struct waiter {
    uint64_t value, address;
    uint32_t flags, reserved;
};

static long wake(int *word, unsigned long mask, int count, unsigned flags) { return syscall(WAKE, word, mask, count, flags); }
static long await(int *word, unsigned long value, unsigned long mask, unsigned flags, struct timespec *time, int clock) {
    return syscall(WAIT, word, value, mask, flags, time, clock);
}

static pid_t sleeper(int *word, unsigned long mask) {
    pid_t pid = h_fork();
    if (pid == 0) {
        OK(await(word, 0, mask, U32, NULL, 0));
        _exit(0);
    }
    h_until_asleep(pid, 0);
    return pid;
}

static struct timespec after_ms(clockid_t clock, int ms) {
    int64_t at = h_now_ns(clock) + ms * 1000000LL;
    return (struct timespec){at / 1000000000, at % 1000000000};
}

static void several(int *a, int *b) {
    struct waiter both[2] = {{0, (uintptr_t)a, U32, 0}, {0, (uintptr_t)b, U32, 0}};
    for (int i = 0; i < 2; i++) {
        pid_t pid = h_fork();
        if (pid == 0) {
            CHECK_EQ(syscall(WAITV, both, 2, 0, NULL, 0), i);
            _exit(0);
        }
        h_until_asleep(pid, 0);
        CHECK_EQ(syscall(SYS_futex, i ? b : a, FUTEX_WAKE, 9, NULL, NULL, 0), 1);
        h_join(pid);
        CHECK_EQ(syscall(SYS_futex, i ? a : b, FUTEX_WAKE, 9, NULL, NULL, 0), 0);
    }
    struct timespec soon = after_ms(CLOCK_MONOTONIC, 10);
    CHECK_ERRNO(syscall(WAITV, both, 2, 0, &soon, CLOCK_MONOTONIC), ETIMEDOUT);
    soon = after_ms(CLOCK_REALTIME, 10);
    CHECK_ERRNO(syscall(WAITV, both, 2, 0, &soon, CLOCK_REALTIME), ETIMEDOUT);
    CHECK_ERRNO(syscall(WAITV, both, 2, 0, &soon, CLOCK_BOOTTIME), EINVAL);
    CHECK_ERRNO(syscall(WAITV, both, 0, 0, NULL, 0), EINVAL);
    CHECK_ERRNO(syscall(WAITV, both, 129, 0, NULL, 0), EINVAL);
    CHECK_ERRNO(syscall(WAITV, both, 2, 1, NULL, 0), EINVAL);
    CHECK_ERRNO(syscall(WAITV, h_bad, 2, 0, NULL, 0), EFAULT);
    both[1].value = 1;
    CHECK_ERRNO(syscall(WAITV, both, 2, 0, NULL, 0), EAGAIN);
    both[1].reserved = 1;
    CHECK_ERRNO(syscall(WAITV, both, 2, 0, NULL, 0), EINVAL);
    both[1].reserved = 0, both[1].flags = 0; // not 32 bits
    CHECK_ERRNO(syscall(WAITV, both, 2, 0, NULL, 0), EINVAL);
    both[1].flags = U32, both[1].address++;
    CHECK_ERRNO(syscall(WAITV, both, 2, 0, NULL, 0), EINVAL);
}

static void requeued(int *a, int *b) {
    struct waiter pair[2] = {{0, (uintptr_t)a, U32, 0}, {0, (uintptr_t)b, U32, 0}};
    pid_t pids[3];
    for (int i = 0; i < 3; i++) pids[i] = sleeper(a, 1);
    pair[0].value = 7;
    CHECK_ERRNO(syscall(REQUEUE, pair, 0, 1, 9), EAGAIN);
    pair[0].value = 0;
    CHECK_EQ(syscall(REQUEUE, pair, 0, 1, 1), 2); // woken and moved
    CHECK_EQ(wake(a, ~0U, 9, U32), 1);
    CHECK_EQ(wake(b, ~0U, 9, U32), 1);
    for (int i = 0; i < 3; i++) h_join(pids[i]);
    CHECK_ERRNO(syscall(REQUEUE, pair, 1, 1, 1), EINVAL);
    CHECK_ERRNO(syscall(REQUEUE, pair, 0, -1, 1), EINVAL);
    CHECK_ERRNO(syscall(REQUEUE, NULL, 0, 1, 1), EINVAL);
    pair[1].flags = 0;
    CHECK_ERRNO(syscall(REQUEUE, pair, 0, 1, 1), EINVAL);
}

int main(void) {
    int *a = h_shared(4096), *b = a + 8;
    if (wake(a, ~0U, 1, U32) == -1 && errno == ENOSYS) h_skip("this kernel has no futex_wake");
    pid_t one = sleeper(a, 1), two = sleeper(a, 2);
    CHECK_EQ(wake(a, 4, 9, U32), 0);
    CHECK_EQ(wake(a, 2, 9, U32), 1);
    h_join(two);
    CHECK_EQ(wake(a, 2, 9, U32), 0);
    CHECK_EQ(wake(a, ~0U, 9, U32), 1);
    h_join(one);
    CHECK_ERRNO(wake(a, 0, 1, U32), EINVAL);
    CHECK_ERRNO(wake(a, 1UL << 32, 1, U32), EINVAL);
    CHECK_ERRNO(wake(a, 1, 1, 0), EINVAL);
    CHECK_ERRNO(wake(a, 1, 1, U32 | 1 << 20), EINVAL);
    CHECK_ERRNO(wake((int *)((char *)a + 1), 1, 1, U32), EINVAL);
    CHECK_ERRNO(await(a, 1, 1, U32, NULL, 0), EAGAIN);
    CHECK_ERRNO(await(a, 0, 0, U32, NULL, 0), EINVAL);
    CHECK_ERRNO(await(a, 1UL << 32, 1, U32, NULL, 0), EINVAL);
    CHECK_ERRNO(await(h_bad, 0, 1, U32, NULL, 0), EFAULT);
    struct timespec soon = after_ms(CLOCK_MONOTONIC, 15);
    int64_t at = soon.tv_sec * 1000000000LL + soon.tv_nsec;
    CHECK_ERRNO(await(a, 0, 1, U32 | PRIVATE, &soon, CLOCK_MONOTONIC), ETIMEDOUT);
    CHECK(h_now_ns(CLOCK_MONOTONIC) >= at);
    CHECK_ERRNO(await(a, 0, 1, U32, &soon, CLOCK_BOOTTIME), EINVAL);
    several(a, b);
    requeued(a, b);
    return 0;
}
