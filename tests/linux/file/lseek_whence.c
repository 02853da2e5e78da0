// lseek(2): SET, CUR, END; beyond the end is fine and leaves a hole on write; EINVAL below zero, ESPIPE on a pipe.
// calls: lseek
#include "../harness.h"

int main(void) {
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600)), ends[2];
    CHECK_EQ(write(fd, "abcdef", 6), 6);
    CHECK_EQ(lseek(fd, 2, SEEK_SET), 2);
    CHECK_EQ(lseek(fd, 1, SEEK_CUR), 3);
    CHECK_EQ(lseek(fd, -1, SEEK_END), 5);
    CHECK_ERRNO(lseek(fd, -6, SEEK_CUR), EINVAL);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 5);
    CHECK_ERRNO(lseek(fd, 0, 77), EINVAL);
    CHECK_EQ(lseek(fd, 10, SEEK_END), 16);
    char text[16];
    CHECK_EQ(read(fd, text, 16), 0);
    CHECK_EQ(write(fd, "!", 1), 1);
    CHECK_EQ(pread(fd, text, 16, 6), 11);
    CHECK(memcmp(text, "\0\0\0\0\0\0\0\0\0\0!", 11) == 0);
    CHECK_EQ(lseek(fd, 16, SEEK_SET), 16);
    CHECK_ERRNO(lseek(fd, 0x7fffffffffffffff, SEEK_CUR), EINVAL);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 16);
    OK(pipe(ends));
    CHECK_ERRNO(lseek(ends[0], 0, SEEK_CUR), ESPIPE);
    CHECK_ERRNO(lseek(-1, 0, SEEK_CUR), EBADF);
    return 0;
}
