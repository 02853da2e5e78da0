// open(2), O_PATH: a handle without read permission: fstat and fchdir work, read, write, fchmod, mmap are EBADF.
// calls: openat fstat fchdir
#include "../harness.h"

int main(void) {
    h_scratch();
    h_write_file("secret", "text");
    OK(chmod("secret", 0));
    int fd = OK(open("secret", O_PATH));
    struct stat st = {0};
    OK(syscall(SYS_fstat, fd, &st));
    CHECK_EQ(st.st_size, 4);
    char byte;
    CHECK_ERRNO(read(fd, &byte, 1), EBADF);
    CHECK_ERRNO(write(fd, "x", 1), EBADF);
    CHECK_ERRNO(lseek(fd, 0, SEEK_SET), EBADF);
    CHECK_ERRNO(fchmod(fd, 0600), EBADF);
    CHECK_ERRNO(ftruncate(fd, 0), EBADF);
    CHECK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED && errno == EBADF);
    CHECK(fcntl(fd, F_GETFL) & O_PATH);
    OK(mkdir("sub", 0755));
    h_write_file("sub/here", "yes");
    int dir = OK(open("sub", O_PATH | O_DIRECTORY));
    OK(close(OK(openat(dir, "here", O_RDONLY))));
    OK(fchdir(dir));
    CHECK_STR(h_read_file("here"), "yes");
    return 0;
}
