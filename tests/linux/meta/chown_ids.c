// chown(2): owner and group, -1 leaves one as it is, set-id bits of a file go; EPERM without privilege; the owner may pick own groups.
// calls: fchownat fchown newfstatat
#include "../harness.h"

int main(void) {
    h_scratch();
    OK(chmod(h_dir, 0777));
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
    struct stat st;
    OK(chmod("file", 06755));
    OK(fchownat(AT_FDCWD, "file", 1000, -1, 0));
    OK(stat("file", &st));
    CHECK_EQ(st.st_uid, 1000);
    CHECK_EQ(st.st_gid, getgid());
    CHECK_EQ(st.st_mode & 07777, 0755);
    OK(fchown(fd, -1, 2000));
    OK(stat("file", &st));
    CHECK_EQ(st.st_uid, 1000);
    CHECK_EQ(st.st_gid, 2000);
    OK(symlink("file", "link"));
    OK(fchownat(AT_FDCWD, "link", 7, 8, AT_SYMLINK_NOFOLLOW));
    OK(lstat("link", &st));
    CHECK_EQ(st.st_uid, 7);
    OK(fchownat(AT_FDCWD, "file", 1000, 1000, 0));
    IN_CHILD({
        gid_t extra = 3000;
        OK(syscall(SYS_setgroups, 1, &extra));
        OK(syscall(SYS_setresgid, 1000, 1000, 1000));
        OK(syscall(SYS_setresuid, 1000, 1000, 1000));
        CHECK_ERRNO(fchownat(AT_FDCWD, "file", 1001, -1, 0), EPERM);
        CHECK_ERRNO(fchown(fd, -1, 2000), EPERM);
        OK(fchown(fd, -1, 3000));
    });
    OK(stat("file", &st));
    CHECK_EQ(st.st_gid, 3000);
    CHECK_ERRNO(fchown(-1, 0, 0), EBADF);
    CHECK_ERRNO(fchownat(AT_FDCWD, "absent", 0, 0, 0), ENOENT);
    return 0;
}
