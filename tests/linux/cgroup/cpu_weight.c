// cgroup-v2.rst, cpu.weight: siblings share the processor by weight, however many processes or cgroups each of them has
// inside; sched(7): processes beside each other by nice value.
// calls: write, setpriority, sched_setaffinity
// timeout: 60
#include "fair.h"

enum { MS = 900 };

// What the first and the rest got of a while in which all ran.
static void measure(const pid_t *pids, int count, int first, int64_t want, int percent) {
    int64_t a = sum_of(pids, first), b = sum_of(pids + first, count - first);
    h_sleep_ms(MS);
    a = sum_of(pids, first) - a;
    b = sum_of(pids + first, count - first) - b;
    check_ratio(b, a, want, percent);
}

static pid_t hog_in(const char *cgroup) {
    pid_t pid = cg_fork(cgroup);
    if (pid != 0) return pid;
    for (;;) __asm__ volatile("");
}

int main(void) {
    cg_begin("+cpu");
    one_cpu();
    pid_t pids[9];
    pids[0] = hog(5);
    pids[1] = hog(0);
    h_sleep_ms(50);
    measure(pids, 2, 1, 3057, percent_off());
    for (int i = 0; i < 2; i++) h_kill_and_reap(pids[i]);

    OK(cg_mkdir("a"));
    OK(cg_mkdir("b"));
    CHECK_EQ(cg_number("a", "cpu.weight"), 100);
    pids[0] = hog_in("a");
    for (int i = 1; i < 9; i++) pids[i] = hog_in("b");
    h_sleep_ms(50);
    measure(pids, 9, 1, 1000, percent_off());
    cg_write("b", "cpu.weight", "300");
    measure(pids, 9, 1, 3000, percent_off());
    for (int i = 0; i < 9; i++) h_kill_and_reap(pids[i]);

    // Making more cgroups inside gains nothing.
    cg_write("b", "cpu.weight", "100");
    cg_write("b", "cgroup.subtree_control", "+cpu");
    pids[0] = hog_in("a");
    for (int i = 1; i < 5; i++) {
        char name[8];
        snprintf(name, sizeof name, "b/%d", i);
        OK(cg_mkdir(name));
        pids[i] = hog_in(name);
    }
    h_sleep_ms(50);
    measure(pids, 5, 1, 1000, percent_off());
    for (int i = 0; i < 5; i++) h_kill_and_reap(pids[i]);
    for (int i = 1; i < 5; i++) {
        char name[8];
        snprintf(name, sizeof name, "b/%d", i);
        cg_remove(name);
    }
    cg_write("b", "cgroup.subtree_control", "-cpu");
    CHECK_EQ(cg_try_write("a", "cpu.weight", "0"), ERANGE);
    CHECK_EQ(cg_try_write("a", "cpu.weight", "10001"), ERANGE);
    cg_remove("a");
    cg_remove("b");
    cg_write(".", "cgroup.subtree_control", "-cpu");
    return 0;
}
