// set_robust_list(2), robust_futexes: a holder that dies leaves FUTEX_OWNER_DIED and one woken waiter; in a thread, in a process, at exec.
// calls: set_robust_list get_robust_list
#include "../harness.h"
#include <linux/futex.h>

struct robust_lock {
    struct robust_list list;
    int word;
};

static struct robust_lock *lock;
static struct robust_list_head head;

static void hold(void) {
    head = (struct robust_list_head){.list.next = &lock->list, .futex_offset = offsetof(struct robust_lock, word)};
    lock->list.next = &head.list;
    OK(syscall(SYS_set_robust_list, &head, sizeof head));
    lock->word = syscall(SYS_gettid);
}

static void *thread_main(void *arg) {
    hold();
    syscall(SYS_exit, 0); // the thread alone, without pthread's own clean-up
    return arg;
}

static void wait_for_death(void) {
    int seen;
    while (!((seen = *(volatile int *)&lock->word) & FUTEX_OWNER_DIED))
        syscall(SYS_futex, &lock->word, FUTEX_WAIT, seen, &(struct timespec){0, 50000000}, NULL, 0);
    CHECK_EQ(lock->word & FUTEX_TID_MASK, 0);
    lock->word = 0;
}

int main(int argc, char **argv) {
    if (argc > 1) return 0;
    lock = h_shared(4096);
    pid_t child = h_fork();
    if (child == 0) hold(), raise(SIGKILL);
    wait_for_death();
    CHECK_EQ(h_wait(child), SIGKILL);
    child = h_fork();
    if (child == 0) hold(), execl("/proc/self/exe", "self", "x", NULL), _exit(1);
    wait_for_death();
    h_join(child);
    child = h_fork();
    if (child == 0) {
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, thread_main, NULL), 0);
        wait_for_death();
        _exit(0);
    }
    h_join(child);
    struct robust_list_head *got = NULL;
    size_t length = 0;
    OK(syscall(SYS_set_robust_list, &head, sizeof head));
    OK(syscall(SYS_get_robust_list, 0, &got, &length));
    CHECK(got == &head);
    CHECK_EQ(length, sizeof head);
    CHECK_ERRNO(syscall(SYS_set_robust_list, &head, 5), EINVAL);
    CHECK_ERRNO(syscall(SYS_get_robust_list, 1 << 30, &got, &length), ESRCH);
    return 0;
}
