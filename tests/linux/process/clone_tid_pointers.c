// clone(2): CLONE_PARENT_SETTID, CLONE_CHILD_SETTID write the tid; CLONE_CHILD_CLEARTID zeroes it at the end and wakes a futex.
// calls: clone futex set_tid_address
#include "../harness.h"
#include <linux/futex.h>

static volatile int *cleared;

static int child_main(void *arg) {
    volatile int *tids = arg;
    CHECK_EQ(tids[1], syscall(SYS_gettid));
    CHECK_EQ(tids[2], syscall(SYS_gettid));
    return 0;
}

int main(void) {
    static char stack[65536] __attribute__((aligned(16)));
    volatile int *tids = h_shared(4096);
    int flags = CLONE_VM | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD;
    tids[2] = -1;
    // glibc passes one pointer for each; both settid pointers get the same number.
    pid_t pid = OK(clone(child_main, stack + sizeof stack, flags & ~CLONE_CHILD_CLEARTID & ~CLONE_CHILD_SETTID, NULL, &tids[0]) == -1 ? -1 : 0);
    (void)pid;
    CHECK(tids[0] > 0);
    h_wait(tids[0]);
    IN_CHILD({
        cleared = &tids[4];
        tids[4] = 12345;
        CHECK_EQ(syscall(SYS_set_tid_address, cleared), syscall(SYS_gettid));
        _exit(0);
    });
    // An unshared process clears nothing: the address space had one user only (set_tid_address(2)).
    CHECK_EQ(tids[4], 12345);
    pid = OK(clone(child_main, stack + sizeof stack, flags, (void *)tids, &tids[1], NULL, &tids[2]));
    CHECK_EQ(tids[1], pid);
    for (int seen; (seen = tids[2]) != 0;) syscall(SYS_futex, &tids[2], FUTEX_WAIT, seen, NULL, NULL, 0);
    CHECK_EQ(h_wait(pid), 0);
    CHECK_ERRNO(syscall(SYS_futex, &tids[2], FUTEX_WAIT, 1, NULL, NULL, 0), EAGAIN);
    return 0;
}
