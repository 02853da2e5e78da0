// sched_setaffinity(2): the mask decides the hart, is inherited by fork, comes back from getaffinity; EINVAL, ESRCH, EFAULT.
// calls: sched_setaffinity sched_getaffinity
#include "../harness.h"

int main(void) {
    cpu_set_t all, one, got;
    CPU_ZERO(&all);
    long bytes = OK(syscall(SYS_sched_getaffinity, 0, sizeof all, &all));
    CHECK(bytes > 0 && bytes % 8 == 0);
    CHECK(CPU_COUNT(&all) >= 1);
    CHECK_EQ(CPU_COUNT(&all), sysconf(_SC_NPROCESSORS_ONLN));
    for (int hart = 0; hart < 64; hart++) {
        if (!CPU_ISSET(hart, &all)) continue;
        CPU_ZERO(&one);
        CPU_SET(hart, &one);
        OK(sched_setaffinity(0, sizeof one, &one));
        for (int i = 0; i < 50; i++) {
            CHECK_EQ(sched_getcpu(), hart);
            sched_yield();
        }
        CPU_ZERO(&got);
        IN_CHILD(OK(sched_getaffinity(0, sizeof got, &got)); CHECK(CPU_EQUAL(&got, &one)); CHECK_EQ(sched_getcpu(), hart));
    }
    OK(sched_setaffinity(0, sizeof all, &all));
    OK(sched_getaffinity(0, sizeof got, &got));
    CHECK(CPU_EQUAL(&got, &all));
    CPU_ZERO(&one);
    CHECK_ERRNO(sched_setaffinity(0, sizeof one, &one), EINVAL);
    CHECK_ERRNO(syscall(SYS_sched_getaffinity, 0, 1, &got), EINVAL);
    CHECK_ERRNO(sched_getaffinity(1 << 30, sizeof got, &got), ESRCH);
    CHECK_ERRNO(syscall(SYS_sched_setaffinity, 0, 8, h_bad), EFAULT);
    return 0;
}
