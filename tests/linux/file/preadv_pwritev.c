// preadv(2), preadv2(2): vectors at an offset; preadv2 with -1 uses the file offset; unknown flags are EOPNOTSUPP.
// calls: preadv pwritev preadv2 pwritev2
#include "../harness.h"

int main(void) {
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
    struct iovec out[2] = {{"xy", 2}, {"z", 1}};
    CHECK_EQ(pwritev(fd, out, 2, 4), 3);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
    char a[4] = "", b[8] = "";
    struct iovec in[2] = {{a, 3}, {b, 7}};
    CHECK_EQ(preadv(fd, in, 2, 3), 4);
    CHECK(memcmp(a, "\0xy", 3) == 0);
    CHECK_STR(b, "z");
    CHECK_EQ(syscall(SYS_pwritev2, fd, out, 2, -1L, 0, 0), 3);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 3);
    CHECK_EQ(syscall(SYS_preadv2, fd, in, 2, -1L, 0, 0), 4);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 7);
    CHECK_EQ(pwritev2(fd, out, 1, 0, RWF_APPEND), 2);
    CHECK_EQ(lseek(fd, 0, SEEK_END), 9);
    CHECK_ERRNO(preadv2(fd, in, 2, 0, 0x40000000), EOPNOTSUPP);
    CHECK_ERRNO(preadv(fd, in, 2, -2), EINVAL);
    return 0;
}
