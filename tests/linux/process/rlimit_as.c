// setrlimit(2), RLIMIT_AS: mmap, brk and mremap beyond it are ENOMEM; munmap makes room again.
// calls: prlimit64
#include "../harness.h"

int main(void) {
    struct rlimit limit = {64 << 20, RLIM_INFINITY};
    OK(setrlimit(RLIMIT_AS, &limit));
    const size_t big = 40 << 20;
    void *a = mmap(NULL, big, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(a != MAP_FAILED);
    CHECK(mmap(NULL, big, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == ENOMEM);
    CHECK(mremap(a, big, 2 * big, MREMAP_MAYMOVE) == MAP_FAILED && errno == ENOMEM);
    CHECK_ERRNO((intptr_t)sbrk(big), ENOMEM);
    OK(munmap(a, big));
    a = mmap(NULL, big, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(a != MAP_FAILED);
    return 0;
}
