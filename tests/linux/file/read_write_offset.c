// read(2), write(2): the offset moves by what was transferred, 0 at the end; EBADF, EFAULT and nothing changed.
// calls: read write lseek
#include "../harness.h"

int main(void) {
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
    CHECK_EQ(write(fd, "0123456789", 10), 10);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10);
    char text[16] = "";
    CHECK_EQ(read(fd, text, 16), 0);
    CHECK_EQ(lseek(fd, 4, SEEK_SET), 4);
    CHECK_EQ(read(fd, text, 3), 3);
    CHECK_STR(text, "456");
    CHECK_EQ(read(fd, text, 0), 0);
    CHECK_EQ(read(fd, text, 16), 3);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10);
    OK(lseek(fd, 0, SEEK_SET));
    CHECK_ERRNO(read(fd, h_bad, 4), EFAULT);
    CHECK_ERRNO(write(fd, h_bad, 4), EFAULT);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
    CHECK_ERRNO(read(-1, text, 1), EBADF);
    CHECK_ERRNO(write(1000, text, 1), EBADF);
    CHECK_STR(h_read_file("file"), "0123456789");
    return 0;
}
