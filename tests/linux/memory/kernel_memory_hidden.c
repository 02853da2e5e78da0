// D8: no user pointer reaches the kernel: every call refuses addresses of the upper half and of the end of the user half.
// calls: read write
#include "../harness.h"

int main(void) {
    int zero = OK(open("/dev/zero", O_RDONLY)), ends[2];
    OK(pipe(ends));
    void *volatile bad[] = {(void *)0xffffffff80000000, (void *)0xffffffc000000000, (void *)0xffffffffffffffff, (void *)0x8000000000000000,
                            (void *)0x4000000000, (void *)0x3ffffff000, (void *)-4096L};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (read(zero, bad[i], 8) != -1 || errno != EFAULT) FAIL("read into %p", bad[i]);
        if (write(ends[1], bad[i], 8) != -1 || errno != EFAULT) FAIL("write from %p", bad[i]);
    }
    // A buffer that wraps round the end of the address space.
    CHECK_ERRNO(syscall(SYS_read, zero, (void *)-8L, 64), EFAULT);
    char text[4];
    CHECK_EQ(write(ends[1], "ok", 2), 2);
    CHECK_EQ(read(ends[0], text, 4), 2);
    return 0;
}
