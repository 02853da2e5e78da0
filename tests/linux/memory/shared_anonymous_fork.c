// mmap(2), MAP_SHARED | MAP_ANONYMOUS: parent, child and grandchild see each other's writes, also to pages nobody touched before.
// calls: mmap
#include "../harness.h"

int main(void) {
    volatile char *a = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(a != MAP_FAILED);
    a[0] = 1;
    IN_CHILD({
        CHECK_EQ(a[0], 1);
        a[PAGE] = 2;
        IN_CHILD(CHECK_EQ(a[PAGE], 2); a[2 * PAGE] = 3; OK(munmap((char *)a, PAGE)));
        CHECK_EQ(a[2 * PAGE], 3);
        CHECK_EQ(a[0], 1);
        OK(mprotect((char *)a, PAGE, PROT_READ)); // protections are each process's own
    });
    CHECK_EQ(a[PAGE], 2);
    CHECK_EQ(a[2 * PAGE], 3);
    a[0] = 9;
    CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_PRIVATE | MAP_ANONYMOUS | 0x40000000, -1, 1) == MAP_FAILED && errno == EINVAL);
    return 0;
}
