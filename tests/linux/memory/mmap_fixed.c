// mmap(2), MAP_FIXED replaces what is there, MAP_FIXED_NOREPLACE is EEXIST instead; a plain hint is only a hint.
// calls: mmap
#include "../harness.h"

int main(void) {
    char *a = h_pages(4);
    memset(a, 7, 4 * PAGE);
    CHECK(mmap(a + PAGE, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == a + PAGE);
    CHECK_EQ(a[0], 7);
    CHECK_EQ(a[PAGE], 0);
    CHECK_EQ(a[3 * PAGE], 7);
    CHECK(mmap(a, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED && errno == EEXIST);
    CHECK_EQ(a[0], 7);
    char *other = mmap(a, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(other != MAP_FAILED && (other < a || other >= a + 4 * PAGE));
    OK(munmap(a, 4 * PAGE));
    CHECK(mmap(a, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == a);
    char *hint = mmap(a + 2 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(hint == a + 2 * PAGE); // Linux takes a free hint
    CHECK(mmap((void *)(1UL << 60), PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED && errno == ENOMEM);
    CHECK(mmap((void *)0xffffffff80000000, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED && errno == ENOMEM);
    return 0;
}
