// mount(2), umount2(2): a mount hides the directory until it is taken away; EBUSY in use, MNT_DETACH, read-only; EPERM, ENODEV, EINVAL.
// calls: mount umount2
#include "../harness.h"
#include <sys/mount.h>

int main(void) {
    h_scratch();
    OK(chmod(h_dir, 0755));
    OK(mkdir("point", 0755));
    h_write_file("point/below", "hidden");
    OK(mount("none", "point", "tmpfs", 0, "size=1m,mode=0711"));
    struct stat outer, inner;
    OK(stat(".", &outer));
    OK(stat("point", &inner));
    CHECK(outer.st_dev != inner.st_dev);
    CHECK_EQ(inner.st_mode, S_IFDIR | 0711);
    CHECK_ERRNO(open("point/below", O_RDONLY), ENOENT);
    h_write_file("point/above", "visible");
    OK(stat("point/..", &inner)); // ".." leaves the mount
    CHECK_EQ(inner.st_ino, outer.st_ino);
    CHECK_ERRNO(rename("point/above", "above"), EXDEV);
    CHECK_ERRNO(link("point/above", "above"), EXDEV);
    CHECK_ERRNO(rmdir("point"), EBUSY);
    int fd = OK(open("point/above", O_RDONLY));
    CHECK_ERRNO(umount2("point", 0), EBUSY);
    OK(close(fd));
    OK(umount2("point", 0));
    CHECK_STR(h_read_file("point/below"), "hidden");
    OK(mount("none", "point", "tmpfs", MS_RDONLY, NULL));
    CHECK_ERRNO(open("point/new", O_RDWR | O_CREAT, 0600), EROFS);
    CHECK_ERRNO(mkdir("point/new", 0700), EROFS);
    fd = OK(open("point", O_RDONLY));
    OK(umount2("point", MNT_DETACH)); // gone from the tree at once, though in use
    CHECK_STR(h_read_file("point/below"), "hidden");
    OK(close(fd));
    CHECK_ERRNO(umount2("point", 0), EINVAL);
    CHECK_ERRNO(mount("none", "absent", "tmpfs", 0, NULL), ENOENT);
    CHECK_ERRNO(mount("none", "point", "no-such-fs", 0, NULL), ENODEV);
    CHECK_ERRNO(mount("none", "point/below", "tmpfs", 0, NULL), ENOTDIR);
    OK(mkdir("plain", 0755));
    OK(mount("none", "point", "tmpfs", 0, NULL));
    CHECK_ERRNO(rename("point", "moved"), EBUSY); // a mount point stays, under its name
    CHECK_ERRNO(rename("plain", "point"), EBUSY);
    CHECK_ERRNO(rename("point", "plain"), EBUSY);
    CHECK_ERRNO(rmdir("point"), EBUSY);
    OK(umount2("point", 0));
    OK(rename("point", "moved"));
    OK(rename("moved", "point"));
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(mount("none", "point", "tmpfs", 0, NULL), EPERM);
        CHECK_ERRNO(umount2("point", 0), EPERM);
    });
    return 0;
}
