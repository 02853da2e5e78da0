// prlimit(2): soft up to hard for anyone, hard down only; EINVAL for soft above hard, EPERM raising; another process; ESRCH.
// calls: prlimit64
#include "../harness.h"

int main(void) {
    struct rlimit limit = {500, 600}, old = {0, 0};
    OK(syscall(SYS_prlimit64, 0, RLIMIT_CORE, &limit, NULL));
    OK(syscall(SYS_prlimit64, 0, RLIMIT_CORE, NULL, &old));
    CHECK_EQ(old.rlim_cur, 500);
    CHECK_EQ(old.rlim_max, 600);
    limit.rlim_cur = 700;
    CHECK_ERRNO(setrlimit(RLIMIT_CORE, &limit), EINVAL);
    CHECK_ERRNO(syscall(SYS_prlimit64, 0, 99, NULL, &old), EINVAL);
    CHECK_ERRNO(syscall(SYS_prlimit64, 1 << 30, RLIMIT_CORE, NULL, &old), ESRCH);
    CHECK_ERRNO(syscall(SYS_prlimit64, 0, RLIMIT_CORE, NULL, h_bad), EFAULT);
    pid_t child = h_fork();
    if (child == 0) for (;;) pause();
    limit = (struct rlimit){10, 20};
    OK(prlimit(child, RLIMIT_CORE, &limit, &old));
    CHECK_EQ(old.rlim_cur, 500); // inherited
    OK(prlimit(child, RLIMIT_CORE, NULL, &old));
    CHECK_EQ(old.rlim_max, 20);
    OK(getrlimit(RLIMIT_CORE, &old));
    CHECK_EQ(old.rlim_cur, 500);
    IN_CHILD({
        h_drop_to(1000);
        limit = (struct rlimit){300, 601};
        CHECK_ERRNO(setrlimit(RLIMIT_CORE, &limit), EPERM);
        limit = (struct rlimit){600, 600};
        OK(setrlimit(RLIMIT_CORE, &limit));
        limit = (struct rlimit){1, 1};
        OK(setrlimit(RLIMIT_CORE, &limit));
        limit = (struct rlimit){1, 2};
        CHECK_ERRNO(setrlimit(RLIMIT_CORE, &limit), EPERM);
        CHECK_ERRNO(prlimit(child, RLIMIT_CORE, NULL, &old), EPERM);
    });
    h_kill_and_reap(child);
    return 0;
}
