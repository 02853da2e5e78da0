// sysinfo(2): memory in units, processes, uptime that goes with CLOCK_BOOTTIME; EFAULT.
// calls: sysinfo
#include "../harness.h"
#include <sys/sysinfo.h>

int main(void) {
    struct sysinfo info;
    memset(&info, 0, sizeof info);
    OK(sysinfo(&info));
    CHECK(info.mem_unit >= 1);
    CHECK(info.totalram * info.mem_unit >= 16 << 20);
    CHECK(info.freeram < info.totalram && info.freeram > 0);
    CHECK(info.procs >= 1);
    long uptime = h_now_ns(CLOCK_BOOTTIME) / 1000000000;
    CHECK(info.uptime >= uptime - 5 && info.uptime <= uptime + 5);
    unsigned long before = info.freeram * info.mem_unit;
    char *pages = h_pages(8192);
    memset(pages, 1, 8192 * PAGE);
    OK(sysinfo(&info));
    CHECK(info.freeram * info.mem_unit + 4096 * PAGE < before);
    CHECK_ERRNO(syscall(SYS_sysinfo, h_bad), EFAULT);
    return 0;
}
