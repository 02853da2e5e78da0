// null(4), full(4): null swallows and is empty, zero gives zeroes, full refuses with ENOSPC; seeking is fine; mmap of zero.
// calls: read write
#include "../harness.h"

int main(void) {
    char text[64];
    int null = OK(open("/dev/null", O_RDWR)), zero = OK(open("/dev/zero", O_RDWR)), full = OK(open("/dev/full", O_RDWR));
    CHECK_EQ(write(null, "x", 1), 1);
    CHECK_EQ(read(null, text, 64), 0);
    memset(text, 1, 64);
    CHECK_EQ(read(zero, text, 64), 64);
    for (int i = 0; i < 64; i++) CHECK_EQ(text[i], 0);
    CHECK_EQ(write(zero, "x", 1), 1);
    memset(text, 1, 64);
    CHECK_EQ(read(full, text, 64), 64);
    CHECK_EQ(text[63], 0);
    CHECK_ERRNO(write(full, "x", 1), ENOSPC);
    CHECK_EQ(lseek(null, 100, SEEK_SET), 0);
    char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
    CHECK(map != MAP_FAILED);
    map[5] = 1;
    CHECK_EQ(map[4] + map[5], 1);
    struct pollfd p = {.fd = null, .events = POLLIN | POLLOUT};
    CHECK_EQ(poll(&p, 1, -1), 1);
    CHECK_EQ(p.revents, POLLIN | POLLOUT);
    CHECK_ERRNO(ioctl(null, TCGETS, text), ENOTTY);
    return 0;
}
