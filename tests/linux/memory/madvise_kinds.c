// madvise(2): DONTNEED gives zeroes again for anonymous, the file's bytes for private file memory; FREE, WILLNEED; ENOMEM, EINVAL.
// calls: madvise
#include "../harness.h"

int main(void) {
    char *a = h_pages(4);
    memset(a, 5, 4 * PAGE);
    OK(madvise(a + PAGE, 2 * PAGE, MADV_DONTNEED));
    CHECK_EQ(a[0], 5);
    CHECK_EQ(a[PAGE], 0);
    CHECK_EQ(a[3 * PAGE - 1], 0);
    CHECK_EQ(a[3 * PAGE], 5);
    h_scratch();
    h_write_file("file", "original");
    int fd = OK(open("file", O_RDWR));
    char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    p[0] = 'X';
    OK(madvise(p, PAGE, MADV_DONTNEED));
    CHECK(memcmp(p, "original", 8) == 0);
    char *s = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    s[0] = 'O';
    OK(madvise(s, PAGE, MADV_DONTNEED)); // shared contents stay
    CHECK_EQ(s[0], 'O');
    OK(madvise(a, PAGE, MADV_FREE));
    a[0] = 6; // a write after it is kept
    CHECK_EQ(a[0], 6);
    for (int advice = MADV_NORMAL; advice <= MADV_WILLNEED; advice++) OK(madvise(a, 4 * PAGE, advice));
    CHECK_ERRNO(madvise(a + 1, PAGE, MADV_DONTNEED), EINVAL);
    CHECK_ERRNO(madvise(a, PAGE, 9999), EINVAL);
    CHECK_ERRNO(madvise(p, PAGE, MADV_FREE), EINVAL);
    OK(munmap(a + PAGE, PAGE));
    CHECK_ERRNO(madvise(a, 4 * PAGE, MADV_DONTNEED), ENOMEM);
    CHECK_EQ(a[0], 0); // but what is there was advised
    return 0;
}
