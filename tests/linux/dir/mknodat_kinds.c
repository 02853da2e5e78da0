// mknod(2): regular files and FIFOs for anyone, EEXIST, EINVAL for a directory, EPERM for a device without privilege.
// calls: mknodat newfstatat
#include "../harness.h"

int main(void) {
    h_scratch();
    OK(chmod(h_dir, 0777));
    umask(0);
    OK(mknodat(AT_FDCWD, "fifo", S_IFIFO | 0620, 0));
    OK(mknodat(AT_FDCWD, "file", 0644, 0));
    struct stat st;
    OK(stat("fifo", &st));
    CHECK_EQ(st.st_mode, S_IFIFO | 0620);
    OK(stat("file", &st));
    CHECK_EQ(st.st_mode, S_IFREG | 0644);
    CHECK_ERRNO(mknodat(AT_FDCWD, "fifo", S_IFIFO | 0600, 0), EEXIST);
    CHECK_ERRNO(mknodat(AT_FDCWD, "dir", S_IFDIR | 0700, 0), EPERM);
    CHECK_ERRNO(mknodat(AT_FDCWD, "odd", S_IFMT | 0700, 0), EINVAL);
    CHECK_ERRNO(mknodat(AT_FDCWD, "absent/x", S_IFIFO | 0600, 0), ENOENT);
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(mknodat(AT_FDCWD, "null", S_IFCHR | 0666, 0x103), EPERM);
        OK(mknodat(AT_FDCWD, "own", S_IFIFO | 0600, 0));
    });
    OK(stat("own", &st));
    CHECK_EQ(st.st_uid, 1000);
    return 0;
}
