// mmap(2): pages behind the new end of a truncated file are SIGBUS, also those that were there; they read as zero when it grows again.
// calls: ftruncate mmap
#include "../harness.h"

static int faults(volatile char *at) { return H_FAULTS((void)*at); }

int main(void) {
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
    OK(ftruncate(fd, 3 * PAGE));
    char *map = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(map != MAP_FAILED);
    memset(map, 8, 3 * PAGE);
    h_expect_fault(SIGBUS, 0);
    OK(ftruncate(fd, PAGE + 1));
    CHECK_EQ(faults(map), 0);
    CHECK_EQ(faults(map + PAGE), 0);
    CHECK_EQ(faults(map + 2 * PAGE), SIGBUS);
    OK(ftruncate(fd, 3 * PAGE));
    CHECK_EQ(faults(map + 2 * PAGE), 0);
    CHECK_EQ(map[2 * PAGE], 0);
    CHECK_EQ(map[PAGE], 8);
    CHECK_EQ(map[PAGE + 1], 0);
    OK(ftruncate(fd, 0));
    CHECK_ERRNO(pwrite(fd, map, 1, 0), EFAULT);
    return 0;
}
