// cgroup-v2.rst, cpu.stat: the processor time of all that is and was inside and below; it never shrinks, and stays where it was
// used when a process moves on; periods of a cap.
// calls: write read
// timeout: 60
#include "fair.h"

static int64_t usage(const char *cgroup) { return cg_field(cgroup, "cpu.stat", "usage_usec"); }

// Uses `ms` of processor time.
static void work(int ms) {
    int64_t until = h_now_ns(CLOCK_PROCESS_CPUTIME_ID) + ms * 1000000ll;
    while (h_now_ns(CLOCK_PROCESS_CPUTIME_ID) < until) {}
}

static void run_in(const char *cgroup, int ms) {
    pid_t pid = cg_fork(cgroup);
    if (pid == 0) {
        work(ms);
        _exit(0);
    }
    CHECK_EQ(h_wait(pid), 0);
}

int main(void) {
    cg_begin("+cpu");
    CHECK(usage(".") > 0);
    OK(cg_mkdir("s"));
    CHECK_EQ(usage("s"), 0);
    CHECK_EQ(cg_field("s", "cpu.stat", "nr_periods"), 0);
    CHECK_EQ(cg_try_write("s", "cpu.stat", "0"), EINVAL);
    // Of the dead, and of their threads and children.
    run_in("s", 50);
    int64_t first = usage("s");
    CHECK(first >= 50000 && first < 500000);
    int64_t user = cg_field("s", "cpu.stat", "user_usec"), system = cg_field("s", "cpu.stat", "system_usec");
    CHECK(user + system >= first - 2 && user + system <= first + 2);
    // Of who runs.
    pid_t pid = cg_fork("s");
    if (pid == 0) for (;;) __asm__ volatile("");
    while (cpu_of(pid) < 60000000) h_sleep_ms(5);
    int64_t second = usage("s");
    CHECK(second >= first + 50000);
    // Who moves on leaves what it used.
    OK(cg_mkdir("t"));
    char text[16];
    snprintf(text, sizeof text, "%d", pid);
    cg_write("t", "cgroup.procs", text);
    h_sleep_ms(20);
    int64_t left = usage("s"), before = usage("t");
    CHECK(left >= second);
    while (usage("t") < before + 40000) h_sleep_ms(5);
    CHECK(usage("t") < second);
    h_kill_and_reap(pid);
    CHECK_EQ(usage("s"), left);
    before = usage("t");
    CHECK(before >= 40000);
    // Below counts above, also when it is gone.
    cg_write("t", "cgroup.subtree_control", "+cpu");
    OK(cg_mkdir("t/u"));
    run_in("t/u", 30);
    CHECK(usage("t/u") >= 30000);
    CHECK(usage("t") >= before + 30000);
    before = usage("t");
    cg_remove("t/u");
    CHECK(usage("t") >= before);
    cg_write("t", "cgroup.subtree_control", "-cpu");
    // A cap: in nearly each period it waits for more than half of it.
    cg_write("t", "cpu.max", "20000 100000");
    pid = cg_fork("t");
    if (pid == 0) for (;;) __asm__ volatile("");
    while (cg_field("t", "cpu.stat", "nr_throttled") < 4) h_sleep_ms(20);
    CHECK(cg_field("t", "cpu.stat", "nr_periods") >= 4);
    CHECK(cg_field("t", "cpu.stat", "throttled_usec") >= 3 * 50000);
    h_kill_and_reap(pid);
    cg_remove("s");
    cg_remove("t");
    cg_write(".", "cgroup.subtree_control", "-cpu");
    CHECK(!cg_has("s", "cpu.stat"));
    return 0;
}
