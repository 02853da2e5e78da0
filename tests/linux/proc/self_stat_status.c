// proc(5): /proc/self/stat, statm and status hold true ids, state, times, sizes, threads, and signal sets.
// calls: getpid getppid openat
#include "../harness.h"

static long field(const char *text, const char *name) {
    char *at = strstr(text, name);
    if (!at) FAIL("no %s in status", name);
    return strtol(at + strlen(name), NULL, 10);
}

int main(void) {
    char *text = h_read_file("/proc/self/stat"), state;
    int pid, ppid, pgrp, session;
    CHECK_EQ(strtol(text, NULL, 10), syscall(SYS_getpid));
    char *rest = strrchr(text, ')');
    CHECK(rest);
    CHECK_EQ(sscanf(rest, ") %c %d %d %d", &state, &ppid, &pgrp, &session), 4);
    CHECK_EQ(state, 'R');
    CHECK_EQ(ppid, syscall(SYS_getppid));
    CHECK_EQ(pgrp, getpgrp());
    CHECK_EQ(session, getsid(0));
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    OK(sigprocmask(SIG_BLOCK, &set, NULL));
    OK(raise(SIGUSR1));
    signal(SIGHUP, SIG_IGN);
    text = h_read_file("/proc/self/status");
    pid = field(text, "\nPid:\t");
    CHECK_EQ(pid, getpid());
    CHECK_EQ(field(text, "\nTgid:\t"), getpid());
    CHECK_EQ(field(text, "\nPPid:\t"), getppid());
    CHECK_EQ(field(text, "\nThreads:\t"), 1);
    CHECK(strstr(text, "Name:\t"));
    CHECK(strstr(text, "\nUid:\t0\t0\t0\t0\n"));
    CHECK(strstr(text, "\nSigBlk:\t0000000000000200\n"));
    CHECK(strstr(text, "\nSigPnd:\t0000000000000200\n") || strstr(text, "\nShdPnd:\t0000000000000200\n"));
    CHECK(strtoul(strstr(text, "\nSigIgn:\t") + 9, NULL, 16) & 1);
    long resident = field(text, "\nVmRSS:\t"), size = field(text, "\nVmSize:\t");
    CHECK(resident > 0 && size >= resident);
    char *pages = h_pages(1000);
    madvise(pages, 1000 * PAGE, MADV_NOHUGEPAGE);
    memset(pages, 1, 1000 * PAGE);
    text = h_read_file("/proc/self/status");
    CHECK(field(text, "\nVmRSS:\t") >= resident + 3000);
    CHECK(field(text, "\nVmSize:\t") >= size + 3900);
    long pages_size, pages_resident;
    CHECK_EQ(sscanf(h_read_file("/proc/self/statm"), "%ld %ld", &pages_size, &pages_resident), 2);
    CHECK(pages_resident >= 1000 && pages_size >= pages_resident);
    CHECK_ERRNO(open("/proc/self/absent", O_RDONLY), ENOENT);
    CHECK_ERRNO(open("/proc/1073741824/stat", O_RDONLY), ENOENT);
    return 0;
}
