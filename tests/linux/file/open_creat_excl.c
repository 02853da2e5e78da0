// open(2), O_CREAT and O_EXCL: a new file gets mode & ~umask; an existing name, also a dangling symlink, is EEXIST.
// calls: openat newfstatat fstat symlinkat
#include "../harness.h"

int main(void) {
    h_scratch();
    umask(027);
    int fd = OK(openat(AT_FDCWD, "new", O_RDWR | O_CREAT | O_EXCL, 0666));
    struct stat st;
    OK(syscall(SYS_fstat, fd, &st));
    CHECK_EQ(st.st_mode, S_IFREG | 0640);
    CHECK_EQ(st.st_size, 0);
    CHECK_ERRNO(openat(AT_FDCWD, "new", O_RDWR | O_CREAT | O_EXCL, 0666), EEXIST);
    OK(symlinkat("nowhere", AT_FDCWD, "dangling"));
    CHECK_ERRNO(openat(AT_FDCWD, "dangling", O_RDWR | O_CREAT | O_EXCL, 0666), EEXIST);
    memset(&st, 0, sizeof st);
    CHECK_ERRNO(stat("nowhere", &st), ENOENT);
    // Without O_EXCL the symlink is followed and its target made.
    OK(close(OK(openat(AT_FDCWD, "dangling", O_RDWR | O_CREAT, 0600))));
    OK(stat("nowhere", &st));
    CHECK_EQ(st.st_mode, S_IFREG | 0600);
    CHECK_ERRNO(openat(AT_FDCWD, "absent", O_RDWR), ENOENT);
    return 0;
}
