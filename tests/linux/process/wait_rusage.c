// wait4(2), getrusage(2), times(2): what a child used shows in its usage, and after the wait in RUSAGE_CHILDREN; never before.
// calls: wait4 getrusage times
#include "../harness.h"

int main(void) {
    struct rusage start, before, usage, after;
    OK(getrusage(RUSAGE_CHILDREN, &start));
    pid_t child = h_fork();
    if (child == 0) {
        while (h_now_ns(CLOCK_PROCESS_CPUTIME_ID) < 60000000) {}
        struct rusage own;
        OK(getrusage(RUSAGE_SELF, &own));
        CHECK(own.ru_utime.tv_sec * 1000000 + own.ru_utime.tv_usec + own.ru_stime.tv_sec * 1000000 + own.ru_stime.tv_usec >= 50000);
        CHECK(own.ru_minflt > 0);
        char *pages = h_pages(2000);
        madvise(pages, 2000 * PAGE, MADV_NOHUGEPAGE); // one fault a page
        for (int i = 0; i < 2000; i++) pages[i * PAGE] = 1;
        _exit(0);
    }
    siginfo_t info;
    OK(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
    OK(getrusage(RUSAGE_CHILDREN, &before));
    CHECK_EQ(before.ru_minflt, start.ru_minflt);
    CHECK_EQ(wait4(child, NULL, 0, &usage), child);
    OK(getrusage(RUSAGE_CHILDREN, &after));
    long micros = usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec;
    CHECK(micros >= 50000);
    CHECK(usage.ru_minflt >= 2000);
    CHECK(usage.ru_maxrss >= 8000); // KiB
    CHECK_EQ(after.ru_minflt - start.ru_minflt, usage.ru_minflt);
    CHECK_EQ(after.ru_maxrss, usage.ru_maxrss);
    struct tms t;
    CHECK(times(&t) != -1);
    CHECK(t.tms_cutime + t.tms_cstime >= 4); // 100 ticks a second
    CHECK_ERRNO(getrusage(77, &usage), EINVAL);
    CHECK_ERRNO(syscall(SYS_getrusage, RUSAGE_SELF, h_bad), EFAULT);
    return 0;
}
