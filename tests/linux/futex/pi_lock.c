// futex(2), priority-inheriting locks: LOCK_PI waits and becomes owner, TRYLOCK_PI is EAGAIN, EDEADLK for the owner, EPERM to unlock others', ESRCH.
// calls: futex
#include "../harness.h"
#include <linux/futex.h>

static int futex(int *word, int op, void *time) { return syscall(SYS_futex, word, op, 0, time, NULL, 0); }

int main(void) {
    int *word = h_shared(4096), ready[2];
    OK(pipe(ready));
    OK(futex(word, FUTEX_LOCK_PI, NULL));
    CHECK_EQ(*word & FUTEX_TID_MASK, syscall(SYS_gettid));
    CHECK_ERRNO(futex(word, FUTEX_LOCK_PI, NULL), EDEADLK);
    pid_t child = h_fork();
    if (child == 0) {
        CHECK_ERRNO(futex(word, FUTEX_TRYLOCK_PI, NULL), EAGAIN);
        CHECK_ERRNO(futex(word, FUTEX_UNLOCK_PI, NULL), EPERM);
        struct timespec past = {1, 0};
        CHECK_ERRNO(futex(word, FUTEX_LOCK_PI, &past), ETIMEDOUT);
        h_signal(ready[1]);
        OK(futex(word, FUTEX_LOCK_PI, NULL));
        CHECK_EQ(*word & FUTEX_TID_MASK, syscall(SYS_gettid));
        OK(futex(word, FUTEX_UNLOCK_PI, NULL));
        _exit(0);
    }
    h_await(ready[0]);
    h_until_asleep(child, 0);
    CHECK(*word & FUTEX_WAITERS);
    OK(futex(word, FUTEX_UNLOCK_PI, NULL));
    h_join(child);
    while (*(volatile int *)word != 0) sched_yield();
    *word = 1 << 28; // no such thread
    CHECK_ERRNO(futex(word, FUTEX_LOCK_PI, NULL), ESRCH);
    return 0;
}
