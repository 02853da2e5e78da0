// syscall(2): numbers that are no calls are ENOSYS, change nothing and kill nobody.
// calls: getpid
#include "../harness.h"

int main(void) {
    long numbers[] = {-1, 244, 250, 257, 295, 400, 423, 600, 1023, 2000000, 0x7fffffff, LONG_MIN};
    pid_t self = getpid();
    CHECK(self > 0);
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
        CHECK_ERRNO(syscall(numbers[i], 1, 2, 3, 4, 5, 6), ENOSYS);
    CHECK_EQ(syscall(SYS_getpid), self);
    return 0;
}
