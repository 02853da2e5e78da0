// pread(2): reads and writes at an offset and leaves the file offset alone; ESPIPE on a pipe, EINVAL below zero.
// calls: pread64 pwrite64
#include "../harness.h"

int main(void) {
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600)), ends[2];
    CHECK_EQ(pwrite(fd, "world", 5, 6), 5);
    CHECK_EQ(pwrite(fd, "hello ", 6, 0), 6);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
    char text[16] = "";
    CHECK_EQ(pread(fd, text, 15, 3), 8);
    CHECK_STR(text, "lo world");
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
    CHECK_EQ(pread(fd, text, 15, 11), 0);
    CHECK_EQ(pread(fd, text, 15, 1 << 20), 0);
    CHECK_ERRNO(pread(fd, text, 1, -1), EINVAL);
    CHECK_ERRNO(pwrite(fd, text, 1, -1), EINVAL);
    OK(pipe(ends));
    CHECK_ERRNO(pread(ends[0], text, 1, 0), ESPIPE);
    CHECK_ERRNO(pwrite(ends[1], text, 1, 0), ESPIPE);
    return 0;
}
