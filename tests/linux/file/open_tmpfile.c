// open(2), O_TMPFILE: a file without a name that linkat can give one; O_EXCL forbids it; O_RDONLY is EINVAL.
// calls: openat linkat newfstatat
#include "../harness.h"

int main(void) {
    h_scratch();
    int fd = OK(open(".", O_TMPFILE | O_RDWR, 0640));
    struct stat st = {0};
    OK(fstat(fd, &st));
    CHECK_EQ(st.st_nlink, 0);
    CHECK(S_ISREG(st.st_mode));
    CHECK_EQ(write(fd, "hello", 5), 5);
    char self[64];
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    OK(linkat(AT_FDCWD, self, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
    CHECK_STR(h_read_file("named"), "hello");
    OK(fstat(fd, &st));
    CHECK_EQ(st.st_nlink, 1);
    CHECK_ERRNO(open(".", O_TMPFILE | O_RDONLY, 0600), EINVAL);
    int never = OK(open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600));
    snprintf(self, sizeof self, "/proc/self/fd/%d", never);
    CHECK_ERRNO(linkat(AT_FDCWD, self, AT_FDCWD, "never", AT_SYMLINK_FOLLOW), ENOENT);
    CHECK_ERRNO(open("named", O_TMPFILE | O_RDWR, 0600), ENOTDIR);
    return 0;
}
