// cgroup-v2.rst, cpu.max: what is inside and below gets so much time in each period and no more, on all processors
// together; a kill is not held up; max takes the cap away.
// calls: write, kill
// timeout: 60
#include "fair.h"

enum { MS = 1500 };

static pid_t hog_in(const char *cgroup) {
    pid_t pid = cg_fork(cgroup);
    if (pid != 0) return pid;
    for (;;) __asm__ volatile("");
}

// Hundredths of a processor that they use.
static int64_t use(const pid_t *pids, int count) {
    int64_t begun = h_now_ns(CLOCK_MONOTONIC), before = sum_of(pids, count);
    h_sleep_ms(MS);
    return (sum_of(pids, count) - before) * 100 / (h_now_ns(CLOCK_MONOTONIC) - begun);
}

// A host that takes a hart away lets it look late: what it ran until then is paid back in later periods, of which some
// come after the end of measuring. Without a cap it would be 100 % of each processor.
static int64_t off(int exact) { return sysconf(_SC_NPROCESSORS_ONLN) == 1 ? exact : 15; }

static void check_use(const pid_t *pids, int count, int64_t want, int64_t off) {
    int64_t got = use(pids, count);
    if (got < want - off || got > want + off) FAIL("%d processes: %lld %% of %lld", count, (long long)got, (long long)want);
}

int main(void) {
    pid_t pids[3];
    cg_begin("+cpu");
    OK(cg_mkdir("c"));
    CHECK_STR(cg_read("c", "cpu.max"), "max 100000\n");
    cg_write("c", "cpu.max", "20000 100000");
    CHECK_STR(cg_read("c", "cpu.max"), "20000 100000\n");
    pids[0] = hog_in("c");
    h_sleep_ms(150);
    check_use(pids, 1, 20, off(2));
    pids[1] = hog_in("c");
    pids[2] = hog_in("c");
    h_sleep_ms(250);
    check_use(pids, 3, 20, off(3));
    // One that waits for its time ends when it is killed.
    h_kill_and_reap(pids[2]);
    // A cap is for what runs already, too, and goes again.
    cg_write("c", "cpu.max", "max");
    h_sleep_ms(150);
    int64_t got = use(pids, 1) + use(pids + 1, 1);
    if (got < 80) FAIL("without a cap: %lld %%", (long long)got);
    cg_write("c", "cpu.max", "50000");
    h_sleep_ms(250);
    check_use(pids, 2, 50, off(4));
    for (int i = 0; i < 2; i++) h_kill_and_reap(pids[i]);
    CHECK_EQ(cg_try_write("c", "cpu.max", "500 100000"), EINVAL);
    cg_remove("c");
    cg_write(".", "cgroup.subtree_control", "-cpu");
    return 0;
}
