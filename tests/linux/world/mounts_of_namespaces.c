// mount(2), namespaces(7): the file of a namespace can be bound, but that of a mount namespace only into an older one, so that none
// keeps itself; and a copy of a mount namespace has no such mount, whatever it is of.
// calls: mount unshare setns
#include "../harness.h"
#include <sys/mount.h>
#include <sys/statfs.h>

enum { NSFS = 0x6e736673 };

static void own_mounts(void) {
    OK(unshare(CLONE_NEWNS));
    OK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
}

static int is_namespace(const char *path) {
    struct statfs s;
    OK(statfs(path, &s));
    return s.f_type == NSFS;
}

static int bind_to(const char *from, const char *to) { return mount(from, to, NULL, MS_BIND, NULL); }

int main(void) {
    char path[64];
    int up[2], down[2];
    if (geteuid() != 0) h_skip("needs root");
    h_scratch();
    h_write_file("file", "");
    h_write_file("other", "");
    pid_t owner = h_fork();
    if (owner == 0) {
        own_mounts();
        // Its own, and one of another kind.
        CHECK_ERRNO(bind_to("/proc/self/ns/mnt", "file"), EINVAL);
        OK(bind_to("/proc/self/ns/uts", "other"));
        CHECK(is_namespace("other") && !is_namespace("file"));
        // One that is younger; it cannot have this one.
        OK(pipe(up)), OK(pipe(down));
        pid_t young = h_fork();
        if (young == 0) {
            own_mounts();
            CHECK(is_namespace("other"));
            snprintf(path, sizeof path, "/proc/%d/ns/mnt", getppid());
            CHECK_ERRNO(bind_to(path, "file"), EINVAL);
            h_signal(up[1]);
            h_await(down[0]);
            _exit(0);
        }
        h_await(up[0]);
        snprintf(path, sizeof path, "/proc/%d/ns/mnt", young);
        OK(bind_to(path, "file"));
        CHECK(is_namespace("file"));
        h_signal(down[1]);
        h_join(young);
        // It lives by the mount alone, and can be entered.
        IN_CHILD({
            int ns = OK(open("file", O_RDONLY));
            OK(setns(ns, CLONE_NEWNS));
            OK(chdir(h_dir));
            CHECK(!is_namespace("file"));
        });
        // A third one does not get it.
        IN_CHILD({
            OK(unshare(CLONE_NEWNS));
            CHECK(is_namespace("other") && !is_namespace("file"));
        });
        CHECK(is_namespace("file"));
        _exit(0);
    }
    h_join(owner);
    CHECK(!is_namespace("file") && !is_namespace("other"));
    return 0;
}
