// futex(2), FUTEX_REQUEUE and FUTEX_CMP_REQUEUE: wake some, move the others to a second word; EAGAIN when the value differs.
// calls: futex
#include "../harness.h"
#include <linux/futex.h>

static long futex(int *word, int op, int value, long value2, int *word2, int value3) { return syscall(SYS_futex, word, op, value, value2, word2, value3); }

static void sleepers(int *word, pid_t *pids, int count) {
    for (int i = 0; i < count; i++)
        if ((pids[i] = h_fork()) == 0) {
            OK(futex(word, FUTEX_WAIT, 0, 0, NULL, 0));
            _exit(0);
        }
    for (int i = 0; i < count; i++) h_until_asleep(pids[i], 0);
}

int main(void) {
    int *a = h_shared(4096), *b = a + 8;
    pid_t pids[5];
    sleepers(a, pids, 5);
    CHECK_ERRNO(futex(a, FUTEX_CMP_REQUEUE, 1, INT_MAX, b, 1), EAGAIN);
    CHECK_EQ(futex(a, FUTEX_CMP_REQUEUE, 1, 3, b, 0), 4); // woken and moved
    CHECK_EQ(futex(a, FUTEX_WAKE, 9, 0, NULL, 0), 1);
    CHECK_EQ(futex(b, FUTEX_WAKE, 1, 0, NULL, 0), 1);
    // The man page says that the old form returns the woken only; Linux counts the moved too.
    CHECK_EQ(futex(b, FUTEX_REQUEUE, 0, 9, a, 0), 2);
    CHECK_EQ(futex(a, FUTEX_WAKE, 9, 0, NULL, 0), 2);
    for (int i = 0; i < 5; i++) h_join(pids[i]);
    CHECK_ERRNO(futex(a, FUTEX_CMP_REQUEUE, -1, 1, b, 0), EINVAL);
    CHECK_ERRNO(futex(a, FUTEX_CMP_REQUEUE, 1, 1, h_bad, 0), EFAULT);
    return 0;
}
