// setns(2): a descriptor of a process leads into those of its namespaces that are named, all or none; user_namespaces(7): the ids of
// the first one are what they are; mount(2): a propagation type is changed alone.
// calls: setns unshare pidfd_open mount
#include "../harness.h"
#include <sys/mount.h>

static const char *const kinds[] = {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"};

static void link_of(pid_t pid, const char *kind, char to[64]) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, kind);
    memset(to, 0, 64);
    OK(readlink(path, to, 63));
}

static int same(pid_t a, pid_t b, const char *kind) {
    char one[64], other[64];
    link_of(a, kind, one);
    link_of(b, kind, other);
    return !strcmp(one, other);
}

static void in_there(int pidfd, pid_t other) {
    pid_t me = getpid();
    char name[65] = {0};
    CHECK_ERRNO(setns(pidfd, 0), EINVAL);
    CHECK_ERRNO(setns(pidfd, CLONE_NEWUTS | CLONE_FS), EINVAL);
    // One's own user namespace is not entered anew, and nothing else with it.
    CHECK_ERRNO(setns(pidfd, CLONE_NEWUTS | CLONE_NEWUSER), EINVAL);
    CHECK(!same(me, other, "uts"));
    OK(setns(pidfd, CLONE_NEWUTS | CLONE_NEWNS));
    OK(gethostname(name, 64));
    CHECK_STR(name, "inside");
    CHECK(same(me, other, "uts") && same(me, other, "mnt") && !same(me, other, "ipc") && !same(me, other, "net"));
    OK(setns(pidfd, CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP | CLONE_NEWPID));
    for (int i = 0; i < 7; i++) CHECK(same(me, other, kinds[i]));
    // Root and current directory are the root there.
    char cwd[PATH_MAX];
    CHECK_STR(getcwd(cwd, sizeof cwd), "/");
    IN_CHILD(h_drop_to(1234); CHECK_ERRNO(setns(pidfd, CLONE_NEWUTS), EPERM));
}

int main(void) {
    h_scratch();
    int ready[2], done[2];
    OK(pipe(ready));
    OK(pipe(done));
    pid_t other = h_fork();
    if (other == 0) {
        OK(unshare(CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP));
        OK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
        OK(sethostname("inside", 6));
        h_signal(ready[1]);
        h_await(done[0]);
        _exit(0);
    }
    h_await(ready[0]);
    int pidfd = OK(syscall(SYS_pidfd_open, other, 0));
    IN_CHILD(in_there(pidfd, other));
    int pipes[2];
    OK(pipe(pipes));
    CHECK_ERRNO(setns(pipes[0], CLONE_NEWUTS), EINVAL);
    CHECK_ERRNO(setns(-1, CLONE_NEWUTS), EBADF);
    h_signal(done[1]);
    h_join(other);
    CHECK_ERRNO(setns(pidfd, CLONE_NEWUTS), ESRCH);
    // Ids.
    CHECK_STR(h_read_file("/proc/self/uid_map"), "         0          0 4294967295\n");
    CHECK_STR(h_read_file("/proc/self/gid_map"), "         0          0 4294967295\n");
    CHECK_STR(h_read_file("/proc/self/setgroups"), "allow\n");
    int map = OK(open("/proc/self/uid_map", O_WRONLY));
    CHECK_ERRNO(write(map, "0 0 1\n", 6), EPERM);
    // Propagation.
    IN_CHILD({
        OK(unshare(CLONE_NEWNS));
        OK(mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL));
        OK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE | MS_SILENT, NULL));
        CHECK_ERRNO(mount("none", "/", NULL, MS_PRIVATE | MS_SLAVE, NULL), EINVAL);
        CHECK_ERRNO(mount("none", "/", NULL, MS_PRIVATE | MS_RDONLY, NULL), EINVAL);
        OK(mkdir("place", 0755));
        CHECK_ERRNO(mount("none", "place", NULL, MS_PRIVATE, NULL), EINVAL); // nothing is mounted there
    });
    return 0;
}
