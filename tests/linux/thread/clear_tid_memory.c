// set_tid_address(2), clone(2) CLONE_CHILD_CLEARTID: the word is cleared and its waiter woken although the page must be copied first and memory for that is refused once.
// calls: clone futex
#include "../harness.h"
#include <linux/futex.h>

// Makes the n-th allocation for the caller fail (rvOS, checked builds); elsewhere nothing is refused.
#define FAIL_ALLOC 0x1ff1

static int end(void *arg) {
    (void)arg;
    syscall(FAIL_ALLOC, 1);
    syscall(SYS_exit, 0);
    return 0;
}

int main(void) {
    volatile int *word = h_pages(1);
    CHECK_ERRNO(syscall(SYS_futex, word, FUTEX_WAIT, 1, NULL, NULL, 0), EAGAIN);
    char *stack = h_pages(16);
    for (int round = 0; round < 3; round++) {
        *word = 1;
        pid_t holder = h_fork(); // shares the page, so that a write to it needs memory
        if (holder == 0) {
            for (;;) pause();
        }
        int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;
        OK(clone(end, stack + 16 * PAGE, flags, NULL, NULL, NULL, word));
        while (*word == 1) syscall(SYS_futex, word, FUTEX_WAIT, 1, NULL, NULL, 0);
        CHECK_EQ(*word, 0);
        h_kill_and_reap(holder);
    }
    return 0;
}
