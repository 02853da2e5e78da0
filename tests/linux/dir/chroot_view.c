// chroot(2): changes what "/" and absolute symlinks mean for the process and its children; EPERM without privilege, ENOTDIR.
// calls: chroot
#include "../harness.h"

int main(void) {
    h_scratch();
    OK(chmod(h_dir, 0755));
    OK(mkdir("new", 0755));
    h_write_file("new/inside", "yes");
    h_write_file("file", "");
    OK(symlink("/inside", "new/link"));
    CHECK_ERRNO(chroot("file"), ENOTDIR);
    CHECK_ERRNO(chroot("absent"), ENOENT);
    IN_CHILD({
        OK(chroot("new"));
        OK(chdir("/"));
        CHECK_STR(h_read_file("/inside"), "yes");
        CHECK_STR(h_read_file("/link"), "yes");
        CHECK_STR(h_read_file("../../inside"), "yes");
        CHECK_ERRNO(open("/proc", O_RDONLY), ENOENT);
    });
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(chroot("new"), EPERM);
    });
    return 0;
}
