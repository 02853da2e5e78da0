// mprotect(2): page by page, over neighbouring mappings, back again; contents stay; ENOMEM over a hole, EINVAL unaligned.
// calls: mprotect
#include "../harness.h"

static int readable(char *at) {
    static int ends[2];
    char byte;
    if (!ends[1]) OK(pipe(ends));
    if (write(ends[1], at, 1) == 1) return read(ends[0], &byte, 1);
    CHECK_EQ(errno, EFAULT);
    return 0;
}

static int writable(char *at) {
    static int zero;
    if (!zero) zero = OK(open("/dev/zero", O_RDONLY));
    char was = readable(at) ? *at : 0;
    if (read(zero, at, 1) == 1) {
        *at = was;
        return 1;
    }
    CHECK_EQ(errno, EFAULT);
    return 0;
}

int main(void) {
    char *a = h_pages(8);
    for (int i = 0; i < 8; i++) a[i * PAGE] = i + 1;
    OK(mprotect(a + 2 * PAGE, PAGE, PROT_READ));
    OK(mprotect(a + 4 * PAGE, 2 * PAGE, PROT_NONE));
    for (int i = 0; i < 8; i++) {
        CHECK_EQ(readable(a + i * PAGE), i != 4 && i != 5);
        CHECK_EQ(writable(a + i * PAGE), i != 2 && i != 4 && i != 5);
    }
    OK(mprotect(a, 8 * PAGE, PROT_READ | PROT_WRITE));
    for (int i = 0; i < 8; i++) CHECK_EQ(a[i * PAGE], i + 1);
    OK(munmap(a + 6 * PAGE, PAGE));
    CHECK_ERRNO(mprotect(a, 8 * PAGE, PROT_READ), ENOMEM);
    CHECK_ERRNO(mprotect(a + 1, PAGE, PROT_READ), EINVAL);
    CHECK_ERRNO(mprotect(a, PAGE, 0x80), EINVAL);
    OK(mprotect(a, 0, PROT_READ));
    return 0;
}
