// namespaces(7): /proc/PID/ns has a link for each kind, the same for who shares it; unshare(2) and clone(2) make exactly the named ones new.
// calls: unshare clone readlinkat
#include "../harness.h"

static const char *const names[] = {"ipc", "mnt", "net", "pid", "pid_for_children", "uts"};
static char links[6][64];

static void look(const char *who, char to[6][64]) {
    for (int i = 0; i < 6; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%s/ns/%s", who, names[i]);
        memset(to[i], 0, 64);
        OK(readlink(path, to[i], 63));
    }
}

static void check(long flags, unsigned changed) {
    IN_CHILD({
        char now[6][64];
        OK(unshare(flags));
        // What was not named is the same, and what was named is not.
        char name[16];
        snprintf(name, sizeof name, "%d", getpid());
        for (int i = 0; i < 6; i++) {
            char path[64];
            if (i == 4) continue; // is empty until the scope has a process
            snprintf(path, sizeof path, "/proc/%s/ns/%s", name, names[i]);
            memset(now[i], 0, 64);
            OK(readlink(path, now[i], 63));
            if ((strcmp(now[i], links[i]) != 0) != (changed >> i & 1)) FAIL("%lx: %s was %s, is %s", flags, names[i], links[i], now[i]);
        }
    });
}

int main(void) {
    look("self", links);
    CHECK_EQ(strncmp(links[3], "pid:[", 5), 0);
    CHECK_STR(links[3], links[4]);
    IN_CHILD({
        char mine[6][64];
        look("self", mine);
        CHECK_EQ(memcmp(mine, links, sizeof mine), 0);
    });
    check(CLONE_NEWUTS, 1 << 5);
    check(CLONE_NEWIPC, 1 << 0);
    check(CLONE_NEWNS, 1 << 1);
    check(CLONE_NEWNET, 1 << 2);
    check(CLONE_NEWPID, 0); // for children alone
    check(CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID, 0x27);
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUTS | CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
    CHECK(pid >= 0);
    if (pid == 0)
        for (;;) pause();
    char name[16], theirs[6][64];
    snprintf(name, sizeof name, "%d", pid);
    look(name, theirs);
    for (int i = 0; i < 6; i++) CHECK_EQ(strcmp(theirs[i], links[i]) != 0, i >= 3);
    CHECK_STR(theirs[3], theirs[4]);
    h_kill_and_reap(pid);
    CHECK_ERRNO(syscall(SYS_clone, CLONE_NEWNS | CLONE_FS | SIGCHLD, 0, 0, 0, 0), EINVAL);
    CHECK_ERRNO(unshare(0x1), EINVAL);
    CHECK_ERRNO(readlink("/proc/self/ns/none", name, 16), ENOENT);
    return 0;
}
