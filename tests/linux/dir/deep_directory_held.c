// rmdir(2), umount2(2): a directory 2,000 deep whose parents are all removed while a process stays at its bottom goes with that
// process; a file system with a tree as deep goes with its last use, all at once.
// calls: mkdirat chdir unlinkat
// timeout: 60
#include "../harness.h"
#include <sys/mount.h>

#define DEPTH 2000

static void descend(void) {
    for (int i = 0; i < DEPTH; i++) {
        OK(mkdir("d", 0755));
        OK(chdir("d"));
        h_write_file("f", "x");
    }
}

int main(void) {
    h_scratch();
    int ready[2], go[2];
    OK(pipe(ready));
    OK(pipe(go));
    for (int i = 0; i < DEPTH; i++) {
        OK(mkdir("d", 0755));
        OK(chdir("d"));
    }
    pid_t child = h_fork();
    if (child == 0) {
        char path[64];
        h_signal(ready[1]);
        h_await(go[0]);
        CHECK_ERRNO(syscall(SYS_getcwd, path, sizeof path), ENOENT);
        CHECK_ERRNO(mkdir("new", 0755), ENOENT);
        CHECK_ERRNO(open("new", O_RDWR | O_CREAT, 0600), ENOENT);
        // The way up is still there.
        OK(chdir(".."));
        CHECK_ERRNO(rmdir("d"), ENOENT);
        _exit(0);
    }
    h_await(ready[0]);
    for (int i = 0; i < DEPTH; i++) {
        OK(chdir(".."));
        OK(rmdir("d"));
    }
    h_signal(go[1]);
    h_join(child);
    OK(mkdir("point", 0755));
    OK(mount("none", "point", "tmpfs", 0, "nr_inodes=0"));
    IN_CHILD({
        OK(chdir("point"));
        descend();
        CHECK_ERRNO(umount2("/proc/self/cwd", 0), EINVAL);
    });
    CHECK_STR(h_read_file("point/d/d/d/f"), "x");
    int fd = OK(open("point/d/d/f", O_RDONLY));
    CHECK_ERRNO(umount2("point", 0), EBUSY);
    OK(umount2("point", MNT_DETACH));
    CHECK_ERRNO(open("point/d", O_RDONLY), ENOENT);
    char byte;
    CHECK_EQ(read(fd, &byte, 1), 1);
    CHECK_EQ(byte, 'x');
    OK(close(fd));
    return 0;
}
