// cgroup_namespaces(7): the own cgroup is the root in /proc/PID/cgroup and in a cgroup2 that is mounted there; what lies outside is
// shown from there, and nobody is moved out. In a pid namespace cgroup.procs has its numbers, and 0 for who is not in it.
// calls: unshare setns mount clone
// budget: none
#include "cg.h"

static void of(const char *who, const char *want) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/cgroup", who);
    const char *line = strstr(h_read_file(path), "0::");
    CHECK(line);
    CHECK_STR(line + 3, want);
}

static void inside(int outside) {
    of("self", "/\n");
    OK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
    OK(mkdir("cg", 0755));
    OK(mount("cgroup", "cg", "cgroup2", 0, NULL));
    // Its root is a directory with a parent, whose files are all there.
    CHECK(access("cg/cgroup.type", F_OK) == 0 && access("cg/below", F_OK) == 0 && access("cg/cgns", F_OK) == -1);
    char want[32], name[16];
    snprintf(want, sizeof want, "%d\n", getpid());
    CHECK_STR(h_read_file("cg/cgroup.procs"), want);
    snprintf(name, sizeof name, "%d", outside);
    of(name, "/../sibling\n");
    h_write_file("cg/below/cgroup.procs", "0");
    of("self", "/below\n");
    h_write_file("cg/cgroup.procs", "0");
    OK(umount("cg"));
    OK(rmdir("cg"));
}

int main(void) {
    h_scratch();
    OK(mkdir(CG_ROOT "/cgns", 0755));
    OK(mkdir(CG_ROOT "/cgns/below", 0755));
    OK(mkdir(CG_ROOT "/sibling", 0755));
    int ready[2], done[2];
    OK(pipe(ready));
    OK(pipe(done));
    pid_t outside = h_fork();
    if (outside == 0)
        for (;;) pause();
    char number[16], link[64] = {0}, other[64] = {0};
    snprintf(number, sizeof number, "%d", outside);
    cg_write("sibling", "cgroup.procs", number);
    of(number, "/sibling\n");
    pid_t child = h_fork();
    if (child == 0) {
        cg_write("cgns", "cgroup.procs", "0");
        of("self", "/cgns\n");
        OK(unshare(CLONE_NEWCGROUP | CLONE_NEWNS));
        inside(outside);
        h_signal(ready[1]);
        h_await(done[0]);
        _exit(0);
    }
    h_await(ready[0]);
    snprintf(number, sizeof number, "%d", child);
    of(number, "/cgns\n");
    // Another one's namespace is another, and can be entered: one's cgroup stays where it is.
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/cgroup", child);
    OK(readlink(path, link, sizeof link - 1));
    OK(readlink("/proc/self/ns/cgroup", other, sizeof other - 1));
    CHECK(!strncmp(link, "cgroup:[", 8) && strcmp(link, other));
    IN_CHILD({
        int ns = OK(open(path, O_RDONLY | O_CLOEXEC));
        CHECK_ERRNO(setns(ns, CLONE_NEWUTS), EINVAL);
        OK(setns(ns, CLONE_NEWCGROUP));
        of("self", "/..\n");
        of(number, "/\n");
    });
    h_signal(done[1]);
    h_join(child);
    // Who is not in the reader's pid namespace has no number there.
    pid_t scope = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
    CHECK(scope >= 0);
    if (scope == 0) {
        cg_write("sibling", "cgroup.procs", "0");
        const char *text = cg_read("sibling", "cgroup.procs");
        CHECK(!strcmp(text, "0\n1\n") || !strcmp(text, "1\n0\n"));
        _exit(0);
    }
    h_join(scope);
    h_kill_and_reap(outside);
    OK(rmdir(CG_ROOT "/cgns/below"));
    OK(rmdir(CG_ROOT "/cgns"));
    OK(rmdir(CG_ROOT "/sibling"));
    return 0;
}
