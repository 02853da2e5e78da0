// open(2): reading a write-only and writing a read-only descriptor is EBADF; the lowest free number is taken.
// calls: openat read write close
#include "../harness.h"

int main(void) {
    h_scratch();
    h_write_file("file", "abc");
    int r = OK(open("file", O_RDONLY)), w = OK(open("file", O_WRONLY));
    char text[4] = "";
    CHECK_ERRNO(read(w, text, 1), EBADF);
    CHECK_ERRNO(write(r, "x", 1), EBADF);
    CHECK_EQ(read(r, text, 3), 3);
    CHECK_STR(text, "abc");
    CHECK_EQ(write(w, "A", 1), 1);
    CHECK_EQ(fcntl(r, F_GETFL) & O_ACCMODE, O_RDONLY);
    CHECK_EQ(fcntl(w, F_GETFL) & O_ACCMODE, O_WRONLY);
    CHECK(w > r);
    OK(close(r));
    CHECK_EQ(open("file", O_RDWR), r);
    CHECK_EQ(write(r, "AB", 2), 2);
    CHECK_EQ(read(r, text, 4), 1);
    CHECK_EQ(text[0], 'c');
    OK(close(w));
    CHECK_ERRNO(close(w), EBADF);
    CHECK_ERRNO(openat(w, "file", O_RDONLY), EBADF);
    CHECK_ERRNO(openat(r, "file", O_RDONLY), ENOTDIR);
    int neither = OK(open("file", O_ACCMODE)); // for ioctl(2) alone, and both are asked of the mode
    CHECK_ERRNO(read(neither, text, 1), EBADF);
    CHECK_ERRNO(write(neither, text, 1), EBADF);
    return 0;
}
