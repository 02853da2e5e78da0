// sched_yield(2), sched(7): runnable threads on one hart all make progress, with and without yielding; nobody starves beside one that spins.
// calls: sched_setaffinity sched_yield
#include "../harness.h"

static volatile long *turns;

int main(void) {
    turns = h_shared(4096);
    pid_t pids[4];
    cpu_set_t set;
    OK(sched_getaffinity(0, sizeof set, &set));
    int hart = 0;
    while (!CPU_ISSET(hart, &set)) hart++;
    CPU_ZERO(&set);
    CPU_SET(hart, &set);
    for (int i = 0; i < 4; i++)
        if ((pids[i] = h_fork()) == 0) {
            OK(sched_setaffinity(0, sizeof set, &set));
            CHECK_EQ(sched_getcpu(), hart);
            for (;;) {
                turns[i * 16]++;
                if (i % 2) OK(sched_yield());
            }
        }
    for (int i = 0; i < 4; i++)
        for (long before = turns[i * 16]; turns[i * 16] < before + 30;) {
            CHECK_EQ(waitpid(pids[i], NULL, WNOHANG), 0);
            h_sleep_ms(2);
        }
    for (int i = 0; i < 4; i++) h_kill_and_reap(pids[i]);
    // Two that do nothing but yield take turns.
    volatile long *last = turns + 100, *changes = turns + 116, *all = turns + 132;
    for (int i = 0; i < 2; i++)
        if ((pids[i] = h_fork()) == 0) {
            OK(sched_setaffinity(0, sizeof set, &set));
            for (;; sched_yield()) {
                ++*all;
                if (*last == i) continue;
                *last = i;
                ++*changes;
            }
        }
    while (*all < 20000) h_sleep_ms(2);
    for (int i = 0; i < 2; i++) h_kill_and_reap(pids[i]);
    if (*changes < *all / 20) FAIL("%ld changes in %ld turns", *changes, *all);
    CHECK_ERRNO(sched_setaffinity(pids[0], sizeof set, &set), ESRCH);
    return 0;
}
