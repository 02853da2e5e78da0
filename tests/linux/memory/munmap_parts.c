// munmap(2): any part may go, the rest stays; a range with holes is fine; touching what went is a fault.
// calls: munmap mmap
#include "../harness.h"

int main(void) {
    char *a = h_pages(9);
    int ends[2];
    for (int i = 0; i < 9; i++) a[i * PAGE] = i + 1;
    OK(munmap(a, PAGE));
    OK(munmap(a + 4 * PAGE, PAGE));
    OK(munmap(a + 8 * PAGE, PAGE));
    OK(munmap(a + 3 * PAGE, 3 * PAGE)); // over the hole
    OK(munmap(a + 4 * PAGE, PAGE));     // nothing there
    OK(pipe(ends));
    for (int i = 0; i < 9; i++) {
        int gone = i == 0 || i == 8 || (i >= 3 && i <= 5);
        if (gone) CHECK_ERRNO(write(ends[1], a + i * PAGE, 1), EFAULT);
        else CHECK_EQ(a[i * PAGE], i + 1);
    }
    CHECK_ERRNO(munmap(a + 1, PAGE), EINVAL);
    CHECK_ERRNO(munmap((void *)0xfffffffffffff000, 2 * PAGE), EINVAL);
    return 0;
}
