// cgroup-v2.rst: directories are made and removed, controllers show their files where the parent enables them, and texts
// are taken as they may be written.
// calls: mkdirat, unlinkat, mount, write
#include "cg.h"

static void tree(void) {
    OK(cg_mkdir("t"));
    CHECK_ERRNO(cg_mkdir("t"), EEXIST);
    CHECK(cg_has("t", "cgroup.procs") && cg_has("t", "pids.max") && cg_has("t", "memory.max") && cg_has("t", "cpu.weight"));
    CHECK(!cg_has(".", "pids.max") && !cg_has(".", "cgroup.kill") && cg_has(".", "cgroup.procs"));
    OK(cg_mkdir("t/a"));
    CHECK(!cg_has("t/a", "pids.max"));
    CHECK(strcmp(cg_read("t/a", "cgroup.controllers"), "") == 0);
    cg_write("t", "cgroup.subtree_control", "+pids");
    CHECK(strcmp(cg_read("t", "cgroup.subtree_control"), "pids\n") == 0);
    CHECK(cg_has("t/a", "pids.max") && !cg_has("t/a", "memory.max"));
    CHECK_EQ(cg_try_write("t/a", "cgroup.subtree_control", "+memory"), ENOENT);
    CHECK_EQ(cg_try_write("t/a", "cgroup.subtree_control", "+nothing"), EINVAL);
    CHECK_EQ(cg_try_write("t/a", "cgroup.subtree_control", "pids"), EINVAL);
    cg_write("t/a", "cgroup.subtree_control", "+pids");
    CHECK_EQ(cg_try_write("t", "cgroup.subtree_control", "-pids"), EBUSY);
    cg_write("t/a", "cgroup.subtree_control", "-pids");
    cg_write("t", "cgroup.subtree_control", "-pids");
    CHECK(!cg_has("t/a", "pids.max"));
    CHECK_EQ(cg_field("t", "cgroup.stat", "nr_descendants"), 1);
    CHECK_ERRNO(cg_rmdir("t"), EBUSY);
    CHECK_ERRNO(cg_rmdir("t/b"), ENOENT);
    CHECK_ERRNO(cg_rmdir("t/cgroup.procs"), ENOTDIR);
    cg_remove("t/a");
}

static void values(void) {
    CHECK(strcmp(cg_read("t", "cgroup.type"), "domain\n") == 0);
    CHECK(strcmp(cg_read("t", "memory.max"), "max\n") == 0);
    cg_write("t", "memory.max", "10M\n");
    CHECK_EQ(cg_number("t", "memory.max"), 10 << 20);
    cg_write("t", "memory.max", "1000000");
    CHECK_EQ(cg_number("t", "memory.max"), 1000000 / PAGE * PAGE);
    CHECK_EQ(cg_try_write("t", "memory.max", "many"), EINVAL);
    cg_write("t", "memory.max", "max");
    CHECK(strcmp(cg_read("t", "pids.max"), "max\n") == 0);
    cg_write("t", "pids.max", "7");
    CHECK_EQ(cg_number("t", "pids.max"), 7);
    CHECK_EQ(cg_try_write("t", "pids.max", "-1"), EINVAL);
    CHECK_EQ(cg_try_write("t", "pids.max", "x"), EINVAL);
    cg_write("t", "pids.max", "max");
    CHECK_EQ(cg_number("t", "pids.current"), 0);
    CHECK_EQ(cg_number("t", "cpu.weight"), 100);
    cg_write("t", "cpu.weight", "1");
    cg_write("t", "cpu.weight", "10000");
    CHECK_EQ(cg_number("t", "cpu.weight"), 10000);
    CHECK_EQ(cg_try_write("t", "cpu.weight", "0"), ERANGE);
    CHECK_EQ(cg_try_write("t", "cpu.weight", "10001"), ERANGE);
    CHECK(strcmp(cg_read("t", "cpu.max"), "max 100000\n") == 0);
    cg_write("t", "cpu.max", "50000");
    CHECK(strcmp(cg_read("t", "cpu.max"), "50000 100000\n") == 0);
    cg_write("t", "cpu.max", "max 200000");
    CHECK(strcmp(cg_read("t", "cpu.max"), "max 200000\n") == 0);
    CHECK_EQ(cg_try_write("t", "cpu.max", "1"), EINVAL);
    CHECK_EQ(cg_try_write("t", "cpu.max", "max 10"), EINVAL);
    CHECK_EQ(cg_try_write("t", "cgroup.kill", "2"), ERANGE);
}

int main(void) {
    cg_begin("+cpu +memory +pids");
    tree();
    values();
    // An open file of a cgroup that is gone.
    int fd = OK(open(CG_ROOT "/t/cgroup.procs", O_RDONLY));
    cg_remove("t");
    char c;
    CHECK_ERRNO(read(fd, &c, 1), ENODEV);
    OK(close(fd));
    CHECK(!cg_has("t", "cgroup.procs"));
    return 0;
}
