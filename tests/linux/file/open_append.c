// open(2), O_APPEND: each write goes to the end whatever the offset, also after F_SETFL.
// calls: openat write fcntl lseek
#include "../harness.h"

int main(void) {
    h_scratch();
    h_write_file("log", "12345");
    int a = OK(open("log", O_WRONLY | O_APPEND));
    int b = OK(open("log", O_WRONLY));
    CHECK_EQ(lseek(a, 0, SEEK_SET), 0);
    CHECK_EQ(write(a, "67", 2), 2);
    CHECK_EQ(lseek(a, 0, SEEK_CUR), 7);
    CHECK_EQ(write(b, "ab", 2), 2);
    OK(fcntl(b, F_SETFL, O_APPEND));
    CHECK(fcntl(b, F_GETFL) & O_APPEND);
    CHECK_EQ(write(b, "89", 2), 2);
    CHECK_STR(h_read_file("log"), "ab3456789");
    int r = OK(open("log", O_RDONLY | O_APPEND));
    CHECK_ERRNO(write(r, "x", 1), EBADF);
    return 0;
}
