// cgroup-v2.rst, Delegation: a cgroup whose directory and cgroup.procs were given to a user is that user's to divide: what is made
// inside is owned by its maker; others are not moved into it by who may not write to what both have in common (EACCES), and the
// limits are not the user's. Modes and owners stay as they were set.
// calls: fchownat fchmodat mkdirat write
#include "cg.h"

static void owned(const char *cgroup, const char *file, unsigned uid, unsigned mode) {
    char path[256];
    struct stat st;
    snprintf(path, sizeof path, CG_ROOT "/%s/%s", cgroup, file);
    OK(stat(path, &st));
    if (st.st_uid != uid || (st.st_mode & 07777) != mode) FAIL("%s: owner %u, mode %o", path, st.st_uid, st.st_mode);
}

static void give(const char *file) {
    char path[256];
    snprintf(path, sizeof path, CG_ROOT "/given/%s", file);
    OK(chown(path, 4711, 4712));
}

int main(void) {
    cg_begin("+pids");
    OK(cg_mkdir("given"));
    OK(cg_mkdir("beside"));
    cg_write("given", "pids.max", "50");
    owned("given", "", 0, 0755);
    give("");
    give("cgroup.procs");
    give("cgroup.subtree_control");
    owned("given", "", 4711, 0755);
    owned("given", "cgroup.procs", 4711, 0644);
    owned("given", "pids.max", 0, 0644);
    OK(chmod(CG_ROOT "/given/cgroup.procs", 0600));
    owned("given", "cgroup.procs", 4711, 0600);
    OK(chmod(CG_ROOT "/given/cgroup.procs", 0644));
    pid_t outside = cg_fork("beside");
    if (outside == 0) for (;;) pause();
    pid_t inside = cg_fork("given");
    if (inside == 0) for (;;) pause();
    pid_t user = cg_fork("given");
    if (user == 0) {
        char number[16];
        h_drop_to(4711);
        CHECK_ERRNO(open(CG_ROOT "/given/pids.max", O_WRONLY), EACCES);
        CHECK_ERRNO(open(CG_ROOT "/given/cgroup.kill", O_WRONLY), EACCES);
        CHECK_ERRNO(cg_mkdir("mine"), EACCES);
        OK(cg_mkdir("given/a"));
        OK(cg_mkdir("given/b"));
        owned("given/a", "", 4711, 0755);
        owned("given/a", "cgroup.procs", 4711, 0644);
        owned("given/a", "cgroup.kill", 4711, 0200);
        CHECK_EQ(cg_try_write("given/a", "cgroup.procs", "0"), 0);
        snprintf(number, sizeof number, "%d", inside);
        CHECK_EQ(cg_try_write("given/b", "cgroup.procs", number), 0);
        CHECK_EQ(cg_try_write("given", "cgroup.subtree_control", "+pids"), 0);
        CHECK_EQ(cg_try_write("given/b", "pids.max", "1"), 0);
        owned("given/b", "pids.max", 4711, 0644);
        // Another's process is not taken in, to be ended there, and one's own is not let out.
        snprintf(number, sizeof number, "%d", outside);
        CHECK_EQ(cg_try_write("given/b", "cgroup.procs", number), EACCES);
        CHECK_ERRNO(open(CG_ROOT "/beside/cgroup.procs", O_WRONLY), EACCES);
        CHECK_EQ(cg_try_write("given/b", "cgroup.kill", "1"), 0);
        _exit(0);
    }
    h_join(user);
    CHECK_EQ(h_wait(inside), SIGKILL);
    CHECK_EQ(waitpid(outside, NULL, WNOHANG), 0);
    h_kill_and_reap(outside);
    cg_remove("given/a");
    cg_remove("given/b");
    cg_remove("given");
    cg_remove("beside");
    return 0;
}
