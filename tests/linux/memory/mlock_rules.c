// mlock(2), mlockall: locked pages are there; ENOMEM over a hole, EINVAL for flags; RLIMIT_MEMLOCK refuses others than root.
// calls: mlock munlock mlockall
#include "../harness.h"

int main(void) {
    char *a = h_pages(4);
    unsigned char there[4];
    OK(mlock(a, 4 * PAGE));
    OK(mincore(a, 4 * PAGE, there));
    for (int i = 0; i < 4; i++) CHECK_EQ(there[i] & 1, 1);
    CHECK_ERRNO(msync(a, PAGE, MS_INVALIDATE), EBUSY); // msync(2): not while it is locked
    OK(munlock(a, 4 * PAGE));
    OK(munmap(a + PAGE, PAGE));
    CHECK_ERRNO(mlock(a, 4 * PAGE), ENOMEM);
    CHECK_ERRNO(munlock(a, 4 * PAGE), ENOMEM);
    CHECK_ERRNO(mlockall(0), EINVAL);
    CHECK_ERRNO(mlockall(0x40), EINVAL);
    IN_CHILD({
        struct rlimit limit = {2 * PAGE, 2 * PAGE};
        OK(setrlimit(RLIMIT_MEMLOCK, &limit));
        h_drop_to(1000);
        char *b = h_pages(4);
        OK(mlock(b, PAGE));
        CHECK_ERRNO(mlock(b, 4 * PAGE), ENOMEM);
        CHECK_ERRNO(mlockall(MCL_CURRENT), ENOMEM);
    });
    return 0;
}
