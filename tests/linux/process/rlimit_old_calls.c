// getrlimit(2): the two calls that prlimit replaced still work and see the same limits; EINVAL, EFAULT, EPERM.
// calls: getrlimit setrlimit
#include "../harness.h"

int main(void) {
    struct rlimit set = {111, 222}, got = {0, 0};
    OK(syscall(SYS_setrlimit, RLIMIT_CORE, &set));
    OK(syscall(SYS_getrlimit, RLIMIT_CORE, &got));
    CHECK_EQ(got.rlim_cur, 111);
    CHECK_EQ(got.rlim_max, 222);
    OK(prlimit(0, RLIMIT_CORE, NULL, &got));
    CHECK_EQ(got.rlim_cur, 111);
    set.rlim_cur = 333;
    CHECK_ERRNO(syscall(SYS_setrlimit, RLIMIT_CORE, &set), EINVAL);
    CHECK_ERRNO(syscall(SYS_getrlimit, 99, &got), EINVAL);
    CHECK_ERRNO(syscall(SYS_getrlimit, RLIMIT_CORE, h_bad), EFAULT);
    IN_CHILD({
        h_drop_to(1000);
        set = (struct rlimit){300, 300};
        CHECK_ERRNO(syscall(SYS_setrlimit, RLIMIT_CORE, &set), EPERM);
    });
    return 0;
}
