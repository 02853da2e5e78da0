// mincore(2): which pages are there; ENOMEM for unmapped, EINVAL unaligned, EFAULT.
// calls: mincore
#include "../harness.h"

int main(void) {
    unsigned char there[4] = {9, 9, 9, 9};
    char *a = h_pages(4);
    a[PAGE] = 1, a[3 * PAGE] = 1;
    OK(mincore(a, 4 * PAGE, there));
    CHECK_EQ(there[0] & 1, 0);
    CHECK_EQ(there[1] & 1, 1);
    CHECK_EQ(there[2] & 1, 0);
    CHECK_EQ(there[3] & 1, 1);
    OK(madvise(a + PAGE, PAGE, MADV_DONTNEED));
    OK(mincore(a, 4 * PAGE, there));
    CHECK_EQ(there[1] & 1, 0);
    CHECK_ERRNO(mincore(a + 1, PAGE, there), EINVAL);
    CHECK_ERRNO(syscall(SYS_mincore, a, PAGE, h_bad), EFAULT);
    OK(munmap(a + PAGE, PAGE));
    CHECK_ERRNO(mincore(a, 4 * PAGE, there), ENOMEM);
    return 0;
}
