// futex(2), FUTEX_WAKE_OP: changes the second word, wakes on the first, and on the second if the comparison of its old value holds.
// calls: futex
#include "../harness.h"
#include <linux/futex.h>

static long wake_op(int *a, int *b, int op) { return syscall(SYS_futex, a, FUTEX_WAKE_OP, 9, 9, b, op); }

static pid_t sleeper(int *word) {
    pid_t pid = h_fork();
    if (pid == 0) {
        OK(syscall(SYS_futex, word, FUTEX_WAIT, *word, NULL, NULL, 0));
        _exit(0);
    }
    h_until_asleep(pid, 0);
    return pid;
}

int main(void) {
    int *a = h_shared(4096), *b = a + 8;
    *b = 5;
    CHECK_EQ(wake_op(a, b, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 5)), 0);
    CHECK_EQ(*b, 8);
    CHECK_EQ(wake_op(a, b, FUTEX_OP(FUTEX_OP_OR, 0x70, FUTEX_OP_CMP_EQ, 0)), 0);
    CHECK_EQ(*b, 0x78);
    CHECK_EQ(wake_op(a, b, FUTEX_OP(FUTEX_OP_ANDN, 0x70, FUTEX_OP_CMP_EQ, 0)), 0);
    CHECK_EQ(*b, 8);
    CHECK_EQ(wake_op(a, b, FUTEX_OP(FUTEX_OP_XOR, 9, FUTEX_OP_CMP_EQ, 0)), 0);
    CHECK_EQ(*b, 1);
    CHECK_EQ(wake_op(a, b, FUTEX_OP((FUTEX_OP_SET | FUTEX_OP_OPARG_SHIFT), 4, FUTEX_OP_CMP_EQ, 0)), 0);
    CHECK_EQ(*b, 16);
    pid_t one = sleeper(a), two = sleeper(b);
    CHECK_EQ(wake_op(a, b, FUTEX_OP(FUTEX_OP_SET, 0, FUTEX_OP_CMP_GT, 20)), 1); // 16 is not above 20
    h_join(one);
    one = sleeper(a);
    CHECK_EQ(*b, 0);
    CHECK_EQ(wake_op(a, b, FUTEX_OP(FUTEX_OP_SET, 1, FUTEX_OP_CMP_LE, 0)), 2);
    h_join(one);
    h_join(two);
    CHECK_ERRNO(wake_op(a, b, FUTEX_OP(6, 1, FUTEX_OP_CMP_EQ, 0)), ENOSYS);
    CHECK_ERRNO(wake_op(a, h_bad, FUTEX_OP(FUTEX_OP_SET, 1, FUTEX_OP_CMP_EQ, 0)), EFAULT);
    return 0;
}
