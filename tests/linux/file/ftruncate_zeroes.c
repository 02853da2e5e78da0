// truncate(2), ftruncate: what is cut off is gone, what is added reads as zero; EINVAL for a read-only descriptor or below zero.
// calls: ftruncate
#include "../harness.h"

int main(void) {
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
    CHECK_EQ(write(fd, "abcdefgh", 8), 8);
    OK(ftruncate(fd, 3));
    OK(ftruncate(fd, 6));
    char text[16] = "xxxxxxxx";
    CHECK_EQ(pread(fd, text, 16, 0), 6);
    CHECK(memcmp(text, "abc\0\0\0", 6) == 0);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 8);
    // The tail of a page that was cut and mapped again is zero as well.
    OK(ftruncate(fd, PAGE));
    char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(map != MAP_FAILED);
    map[100] = 'z';
    OK(ftruncate(fd, 50));
    OK(ftruncate(fd, PAGE));
    CHECK_EQ(map[100], 0);
    CHECK_ERRNO(ftruncate(fd, -1), EINVAL);
    CHECK_ERRNO(ftruncate(OK(open("file", O_RDONLY)), 0), EINVAL);
    CHECK_ERRNO(ftruncate(-1, 0), EBADF);
    return 0;
}
