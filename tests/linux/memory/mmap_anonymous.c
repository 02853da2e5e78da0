// mmap(2): zeroed, page aligned, as many bytes as asked for; reads first see zero; PROT_NONE reserves; EINVAL, ENOMEM.
// calls: mmap munmap
#include "../harness.h"

int main(void) {
    unsigned char *a = mmap(NULL, 5 * PAGE + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(a != MAP_FAILED && a != NULL);
    CHECK_EQ((uintptr_t)a % PAGE, 0);
    for (size_t i = 0; i < 6 * PAGE; i += 511) CHECK_EQ(a[i], 0);
    a[0] = 1, a[6 * PAGE - 1] = 2; // the last page is whole
    CHECK_EQ(a[0] + a[6 * PAGE - 1], 3);
    OK(munmap(a, 6 * PAGE));
    char *again = h_pages(6);
    for (int i = 0; i < 6; i++) CHECK_EQ(again[i * PAGE], 0);
    int ends[2];
    OK(pipe(ends));
    OK(munmap(again, 6 * PAGE));
    CHECK_ERRNO(write(ends[1], again, 1), EFAULT);
    void *reserved = mmap(NULL, 1UL << 33, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(reserved != MAP_FAILED);
    OK(munmap(reserved, 1UL << 33));
#define BAD(error, ...) CHECK(mmap(__VA_ARGS__) == MAP_FAILED && errno == error)
    BAD(EINVAL, NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    BAD(EINVAL, NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0);
    BAD(EINVAL, NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 1);
    BAD(EINVAL, (void *)1, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    BAD(ENOMEM, NULL, 1UL << 60, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    BAD(EBADF, NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0);
    BAD(EINVAL, NULL, PAGE, PROT_READ, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1, 0);
    BAD(ENOMEM, NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
    CHECK_ERRNO(munmap((void *)1, PAGE), EINVAL);
    CHECK_ERRNO(munmap((void *)PAGE, 0), EINVAL);
    return 0;
}
