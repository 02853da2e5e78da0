// mlock2(2), munlockall: locked memory shows as VmLck; MLOCK_ONFAULT brings nothing in; EINVAL for flags, ENOMEM.
// calls: mlock2 munlockall
#include "../harness.h"

static long locked(void) {
    char *line = strstr(h_read_file("/proc/self/status"), "VmLck:");
    CHECK(line);
    return atol(line + 6);
}

int main(void) {
    char *a = h_pages(8);
    unsigned char there[8];
    CHECK_EQ(locked(), 0);
    OK(syscall(SYS_mlock2, a, 4 * PAGE, 1));
    CHECK_EQ(locked(), 16);
    OK(mincore(a, 4 * PAGE, there));
    CHECK_EQ(there[0] & 1, 0);
    OK(syscall(SYS_mlock2, a + 4 * PAGE, 4 * PAGE, 0));
    OK(mincore(a, 8 * PAGE, there));
    CHECK_EQ(there[0] & 1, 0);
    CHECK_EQ(there[7] & 1, 1);
    CHECK_EQ(locked(), 32);
    IN_CHILD(CHECK_EQ(locked(), 0)); // not inherited
    OK(munlockall());
    CHECK_EQ(locked(), 0);
    CHECK_ERRNO(syscall(SYS_mlock2, a, PAGE, 2), EINVAL);
    OK(munmap(a, 8 * PAGE));
    CHECK_ERRNO(syscall(SYS_mlock2, a, PAGE, 0), ENOMEM);
    return 0;
}
