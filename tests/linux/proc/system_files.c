// proc(5): meminfo, stat, uptime, loadavg, cpuinfo, version, mounts, filesystems have the form and figures that programs expect.
// calls: openat read
#include "../harness.h"

int main(void) {
    long total = 0, free_kb = 0, available = 0, value;
    char *text = h_read_file("/proc/meminfo");
    CHECK(strstr(text, "MemTotal:") && sscanf(strstr(text, "MemTotal:"), "MemTotal: %ld kB", &total) == 1);
    CHECK(strstr(text, "MemFree:") && sscanf(strstr(text, "MemFree:"), "MemFree: %ld kB", &free_kb) == 1);
    CHECK(strstr(text, "MemAvailable:") && sscanf(strstr(text, "MemAvailable:"), "MemAvailable: %ld kB", &available) == 1);
    CHECK(total > free_kb && free_kb > 0 && available > 0 && available <= total);
    CHECK(strstr(text, "Buffers:") && strstr(text, "Cached:") && strstr(text, "SwapTotal:"));
    double up = 0, idle = 0, loads[3];
    CHECK_EQ(sscanf(h_read_file("/proc/uptime"), "%lf %lf", &up, &idle), 2);
    double boot = h_now_ns(CLOCK_BOOTTIME) / 1e9;
    CHECK(up > 0 && up <= boot + 0.02 && up > boot - 60);
    int running, tasks, last;
    CHECK_EQ(sscanf(h_read_file("/proc/loadavg"), "%lf %lf %lf %d/%d %d", &loads[0], &loads[1], &loads[2], &running, &tasks, &last), 6);
    CHECK(running >= 1 && tasks >= running && last >= getpid());
    text = h_read_file("/proc/stat");
    CHECK(strncmp(text, "cpu  ", 5) == 0);
    for (const char *p = "cpu0 \0ctxt \0btime \0processes \0procs_running \0procs_blocked \0"; *p; p += strlen(p) + 1)
        if (!strstr(text, p)) FAIL("no %s in /proc/stat", p);
    CHECK_EQ(sscanf(strstr(text, "btime "), "btime %ld", &value), 1);
    CHECK(labs(value - (time(NULL) - (long)up)) <= 3);
    text = h_read_file("/proc/cpuinfo");
    CHECK(strstr(text, "processor\t: 0\n") && strstr(text, "hart\t\t: ") && strstr(text, "isa\t\t: rv64ima") && strstr(text, "mmu\t\t: sv"));
    CHECK(strncmp(h_read_file("/proc/version"), "Linux version 6.12", 18) == 0);
    text = h_read_file("/proc/mounts");
    CHECK(strstr(text, " / ") && strstr(text, " /proc proc "));
    CHECK(strstr(h_read_file("/proc/filesystems"), "nodev\ttmpfs\n"));
    CHECK_ERRNO(open("/proc/absent", O_RDONLY), ENOENT);
    CHECK_ERRNO(open("/proc/new", O_RDWR | O_CREAT, 0600), ENOENT);
    CHECK_ERRNO(mkdir("/proc/new", 0700), ENOENT);
    return 0;
}
