// inotify(7): unmounting a file system ends what is watched on it (IN_UNMOUNT, IN_IGNORED).
// calls: inotify_init1 inotify_add_watch umount2
#include "watch.h"
#include <sys/mount.h>

int main(void) {
    if (geteuid() != 0) h_skip("needs to mount");
    h_scratch();
    OK(mkdir("m", 0755));
    OK(mount("none", "m", "tmpfs", 0, NULL));
    h_write_file("m/f", "f");
    int fd = OK(inotify_init1(IN_NONBLOCK));
    CHECK_EQ(inotify_add_watch(fd, "m/f", IN_OPEN), 1);
    OK(umount("m"));
    W_CHECK(fd, "1:UNMOUNT 1:IGNORED ");
    CHECK_ERRNO(inotify_rm_watch(fd, 1), EINVAL);
    OK(mount("none", "m", "tmpfs", 0, NULL));
    OK(inotify_add_watch(fd, "m", IN_ALL_EVENTS));
    OK(close(fd));
    OK(umount("m"));
    return 0;
}
