// mremap(2): grows in place or moves with its contents, shrinks, FIXED replaces, DONTUNMAP leaves an empty mapping; EFAULT, EINVAL, ENOMEM.
// calls: mremap
#include "../harness.h"

int main(void) {
    char *a = h_pages(5);
    for (int i = 0; i < 4; i++) a[i * PAGE] = i + 1;
    OK(mprotect(a + 4 * PAGE, PAGE, PROT_READ));
    CHECK(mremap(a, 4 * PAGE, 6 * PAGE, 0) == MAP_FAILED && errno == ENOMEM); // the way is blocked
    char *b = mremap(a, 4 * PAGE, 6 * PAGE, MREMAP_MAYMOVE);
    CHECK(b != MAP_FAILED && b != a);
    for (int i = 0; i < 6; i++) CHECK_EQ(b[i * PAGE], i < 4 ? i + 1 : 0);
    int ends[2];
    OK(pipe(ends));
    CHECK_ERRNO(write(ends[1], a, 1), EFAULT);
    CHECK(mremap(b, 6 * PAGE, 2 * PAGE, 0) == b);
    CHECK_ERRNO(write(ends[1], b + 2 * PAGE, 1), EFAULT);
    char *c = h_pages(2);
    c[0] = 99;
    CHECK(mremap(b, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, c) == c);
    CHECK_EQ(c[0], 1);
    CHECK_EQ(c[PAGE], 2);
    char *d = mremap(c, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
    CHECK(d != MAP_FAILED && d != c);
    CHECK_EQ(d[PAGE], 2);
    CHECK_EQ(c[PAGE], 0);
    CHECK(mremap(b, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED && errno == EFAULT);
    CHECK(mremap(d + 1, PAGE, PAGE, 0) == MAP_FAILED && errno == EINVAL);
    CHECK(mremap(d, PAGE, 0, 0) == MAP_FAILED && errno == EINVAL);
    CHECK(mremap(d, PAGE, PAGE, MREMAP_FIXED, c) == MAP_FAILED && errno == EINVAL);
    CHECK(mremap(d, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, d + PAGE) == MAP_FAILED && errno == EINVAL);
    char *shared = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    shared[PAGE] = 7;
    char *twice = mremap(shared + PAGE, 0, PAGE, MREMAP_MAYMOVE); // another mapping of the same pages
    CHECK(twice != MAP_FAILED && twice != shared + PAGE);
    CHECK_EQ(twice[0], 7);
    twice[1] = 8;
    CHECK_EQ(shared[PAGE + 1], 8);
    CHECK(mremap(d, 0, PAGE, MREMAP_MAYMOVE) == MAP_FAILED && errno == EINVAL); // of private memory there is none
    return 0;
}
