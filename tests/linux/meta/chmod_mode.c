// chmod(2): sets the twelve bits; EPERM for others than the owner; fchmodat does not change the type; EBADF, ENOENT.
// calls: fchmod fchmodat newfstatat
#include "../harness.h"

int main(void) {
    h_scratch();
    OK(chmod(h_dir, 0755));
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
    struct stat st;
    OK(fchmodat(AT_FDCWD, "file", 06754, 0));
    OK(stat("file", &st));
    CHECK_EQ(st.st_mode, S_IFREG | 06754);
    OK(fchmod(fd, 0));
    OK(stat("file", &st));
    CHECK_EQ(st.st_mode, S_IFREG);
    OK(fchmod(fd, S_IFDIR | 0644));
    OK(stat("file", &st));
    CHECK_EQ(st.st_mode, S_IFREG | 0644);
    CHECK_ERRNO(fchmod(-1, 0600), EBADF);
    CHECK_ERRNO(fchmodat(AT_FDCWD, "absent", 0600, 0), ENOENT);
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(fchmodat(AT_FDCWD, "file", 0666, 0), EPERM);
        CHECK_ERRNO(fchmod(fd, 0666), EPERM);
    });
    return 0;
}
