// cgroup-v2.rst, memory.max: who goes beyond is ended inside the cgroup that is full, and nobody outside is.
// calls: mkdirat, write, mmap
// timeout: 120
// budget: memory:80M
#include "cg.h"

static void touch(size_t bytes) {
    char *m = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(m != MAP_FAILED);
    for (size_t i = 0; i < bytes; i += PAGE) m[i] = 1;
}

int main(void) {
    cg_begin("+memory");
    OK(cg_mkdir("m"));
    cg_write("m", "memory.max", "32M");
    if (cg_has("m", "memory.swap.max")) cg_write("m", "memory.swap.max", "0");
    // What fits.
    pid_t pid = cg_fork("m");
    if (pid == 0) {
        touch(16 << 20);
        CHECK(cg_number("m", "memory.current") >= 16 << 20);
        _exit(0);
    }
    CHECK_EQ(h_wait(pid), 0);
    CHECK(cg_number("m", "memory.peak") >= 16 << 20);
    CHECK_EQ(cg_field("m", "memory.events", "oom_kill"), 0);
    // What does not: the large one ends, the small one beside it goes on, and so does this one, which is larger.
    touch(64 << 20);
    int *stop = h_shared(PAGE);
    pid_t small = cg_fork("m");
    if (small == 0) {
        touch(1 << 20);
        while (!*(volatile int *)stop) h_sleep_ms(1);
        _exit(0);
    }
    pid = cg_fork("m");
    if (pid == 0) {
        touch(64 << 20);
        _exit(0);
    }
    CHECK_EQ(h_wait(pid), SIGKILL);
    CHECK_EQ(cg_field("m", "memory.events", "oom_kill"), 1);
    CHECK(cg_field("m", "memory.events", "max") >= 1);
    CHECK_EQ(cg_field("m", "cgroup.events", "populated"), 1);
    *stop = 1;
    CHECK_EQ(h_wait(small), 0);
    // Below: the limit above holds.
    cg_write("m", "cgroup.subtree_control", "+memory");
    OK(cg_mkdir("m/n"));
    pid = cg_fork("m/n");
    if (pid == 0) {
        touch(64 << 20);
        _exit(0);
    }
    CHECK_EQ(h_wait(pid), SIGKILL);
    CHECK_EQ(cg_field("m", "memory.events", "oom_kill"), 2);
    CHECK_EQ(cg_field("m/n", "memory.events", "oom_kill"), 1);
    // The limit is the inner one's; above it counts too.
    long before = cg_field("m", "memory.events", "max");
    cg_write("m/n", "memory.max", "16M");
    if (cg_has("m/n", "memory.swap.max")) cg_write("m/n", "memory.swap.max", "0");
    pid = cg_fork("m/n");
    if (pid == 0) {
        touch(24 << 20);
        _exit(0);
    }
    CHECK_EQ(h_wait(pid), SIGKILL);
    CHECK(cg_field("m/n", "memory.events", "max") >= 1 && cg_field("m", "memory.events", "max") > before);
    // memory.oom.group: who is in the cgroup of one that has to end ends with it; who is beside it does not.
    CHECK_EQ(cg_number("m/n", "memory.oom.group"), 0);
    CHECK_EQ(cg_try_write("m/n", "memory.oom.group", "2"), EINVAL);
    cg_write("m/n", "memory.oom.group", "1");
    CHECK_EQ(cg_number("m/n", "memory.oom.group"), 1);
    CHECK_EQ(cg_try_write("m/n", "memory.oom.group", "2"), EINVAL);
    CHECK_EQ(cg_number("m/n", "memory.oom.group"), 1);
    OK(cg_mkdir("m/o"));
    pid_t with = cg_fork("m/n");
    if (with == 0) for (;;) pause();
    pid_t beside = cg_fork("m/o");
    if (beside == 0) for (;;) pause();
    pid = cg_fork("m/n");
    if (pid == 0) {
        touch(24 << 20);
        _exit(0);
    }
    CHECK_EQ(h_wait(pid), SIGKILL);
    CHECK_EQ(h_wait(with), SIGKILL);
    CHECK_EQ(cg_field("m/n", "memory.events", "oom_group_kill"), 1);
    CHECK_EQ(waitpid(beside, NULL, WNOHANG), 0);
    h_kill_and_reap(beside);
    cg_remove("m/o");
    // A cgroup that gives its controllers to children has no processes of its own.
    pid = h_fork();
    if (pid == 0) _exit(cg_try_write("m", "cgroup.procs", "0") == EBUSY ? 0 : 1);
    CHECK_EQ(h_wait(pid), 0);
    cg_remove("m/n");
    cg_remove("m");
    return 0;
}
