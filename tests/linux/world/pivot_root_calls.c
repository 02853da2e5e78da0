// pivot_root(2): another mount becomes the root and the old one goes to a place below; whoever had the old root has the new one; errors.
// calls: pivot_root unshare chroot umount2
#include "../harness.h"
#include <sys/mount.h>

static int pivot(const char *new, const char *old) { return syscall(SYS_pivot_root, new, old); }

static ino_t mounts(void) {
    struct stat st;
    OK(stat("/proc/self/ns/mnt", &st));
    return st.st_ino;
}

int main(void) {
    ino_t outer = mounts();
    h_scratch();
    pid_t pid = h_fork();
    if (pid == 0) {
        OK(unshare(CLONE_NEWNS));
        CHECK(mounts() != outer);
        OK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
        // The file system of boot cannot be moved, so that another one is the root first.
        OK(mkdir("root", 0755));
        OK(mount("none", "root", "tmpfs", 0, NULL));
        OK(mkdir("root/new", 0755));
        OK(mkdir("root/plain", 0755));
        OK(chroot("root"));
        OK(chdir("/"));
        OK(mount("none", "/new", "tmpfs", 0, NULL));
        OK(mkdir("/new/old", 0755));
        h_write_file("/new/file", "new");
        h_write_file("/mark", "old");
        CHECK_ERRNO(pivot("/plain", "/plain"), EBUSY);
        CHECK_ERRNO(pivot("/new", "/plain"), EBUSY);
        CHECK_ERRNO(pivot("/new/old", "/new/old"), EINVAL); // no mount
        CHECK_ERRNO(pivot("/new", "/absent"), ENOENT);
        CHECK_ERRNO(pivot("/new", "/new/file"), ENOTDIR);
        IN_CHILD({
            h_drop_to(1000);
            CHECK_ERRNO(pivot("/new", "/new/old"), EPERM);
        });
        int pipes[2], back[2];
        OK(pipe(pipes));
        OK(pipe(back));
        pid_t other = h_fork();
        if (other == 0) { // shares the mounts and has the same root
            h_await(pipes[0]);
            CHECK_STR(h_read_file("/file"), "new");
            CHECK_STR(h_read_file("file"), "new");
            h_signal(back[1]);
            _exit(0);
        }
        OK(pivot("/new", "/new/old"));
        CHECK_STR(h_read_file("/file"), "new");
        CHECK_STR(h_read_file("/old/mark"), "old");
        char path[PATH_MAX];
        CHECK_STR(getcwd(path, sizeof path), "/");
        h_signal(pipes[1]);
        h_await(back[0]);
        h_join(other);
        OK(umount2("/old", MNT_DETACH));
        CHECK_ERRNO(access("/old/mark", F_OK), ENOENT);
        CHECK_STR(h_read_file("/../../file"), "new");
        _exit(0);
    }
    h_join(pid);
    return 0;
}
