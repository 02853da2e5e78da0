// brk(2): grows with zeroed pages, shrinks, grows zeroed again; an impossible end leaves it; sbrk gives ENOMEM.
// calls: brk
#include "../harness.h"

int main(void) {
    char *start = (char *)syscall(SYS_brk, 0);
    CHECK(start != NULL);
    char *end = start + 10 * PAGE + 5;
    CHECK((char *)syscall(SYS_brk, end) == end);
    CHECK((char *)syscall(SYS_brk, 0) == end);
    for (char *p = start; p < end; p += 100) CHECK_EQ(*p, 0);
    memset(start, 3, 10 * PAGE);
    char *page = (char *)(((uintptr_t)start + PAGE - 1) & ~(PAGE - 1));
    CHECK((char *)syscall(SYS_brk, page + PAGE) == page + PAGE);
    int ends[2];
    OK(pipe(ends));
    CHECK_ERRNO(write(ends[1], page + 3 * PAGE, 1), EFAULT);
    CHECK((char *)syscall(SYS_brk, end) == end);
    CHECK_EQ(page[3 * PAGE], 0);
    CHECK_EQ(page[0], 3);
    CHECK((char *)syscall(SYS_brk, (void *)(1UL << 60)) == end);
    CHECK((char *)syscall(SYS_brk, start + (1UL << 37)) == end); // more than the machine could ever give
    CHECK((char *)syscall(SYS_brk, (void *)PAGE) == end); // below the start
    CHECK((char *)syscall(SYS_brk, start) == start);
    return 0;
}
