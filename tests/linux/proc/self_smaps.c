// proc_pid_smaps(5): of each mapping what is in memory, what of it is shared with others, and each one's part; smaps_rollup is the sum.
// Both are open to who may look into the process.
// calls: openat
#include "../harness.h"

static const char *const names[] = {"Size", "KernelPageSize", "MMUPageSize", "Rss", "Pss", "Pss_Dirty", "Shared_Clean",
    "Shared_Dirty", "Private_Clean", "Private_Dirty", "Referenced", "Anonymous", "KSM", "LazyFree", "AnonHugePages",
    "ShmemPmdMapped", "FilePmdMapped", "Shared_Hugetlb", "Private_Hugetlb", "Swap", "SwapPss", "Locked", NULL};
static const char *const rolled[] = {"Rss", "Pss", "Pss_Dirty", "Pss_Anon", "Pss_File", "Pss_Shmem", "Shared_Clean", "Shared_Dirty",
    "Private_Clean", "Private_Dirty", "Referenced", "Anonymous", "KSM", "LazyFree", "AnonHugePages", "ShmemPmdMapped",
    "FilePmdMapped", "Shared_Hugetlb", "Private_Hugetlb", "Swap", "SwapPss", "Locked", NULL};
static char text[1 << 18];

static void load(const char *path) {
    int fd = OK(open(path, O_RDONLY));
    size_t done = 0;
    ssize_t n;
    while ((n = OK(read(fd, text + done, sizeof text - 1 - done))) > 0) done += n;
    text[done] = 0;
    OK(close(fd));
}

// The line of a mapping in the text of smaps, up to its flags.
static char *mapping(const void *at) {
    char start[24];
    snprintf(start, sizeof start, "%08lx-", (unsigned long)at);
    char *line = strstr(text, start);
    CHECK(line && (line == text || line[-1] == '\n'));
    return line;
}

// A figure behind a line, in KiB.
static long figure(const char *line, const char *name) {
    char wanted[32];
    snprintf(wanted, sizeof wanted, "\n%s:", name);
    char *at = strstr(line, wanted);
    CHECK(at != NULL);
    return atol(at + strlen(wanted));
}

// All figures stand there, in this order, right-aligned.
static void shape(const char *line, const char *const *expected) {
    for (; *expected; expected++) {
        char head[32], want[64];
        line = strchr(line, '\n') + 1;
        snprintf(head, sizeof head, "%s:", *expected);
        snprintf(want, sizeof want, "%-16s%8ld kB\n", head, atol(line + strlen(head)));
        if (strncmp(line, want, strlen(want))) FAIL("%.30s, want %s", line, want);
    }
}

static char *pages(int n, int flags, int fd) {
    char *at = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);
    CHECK(at != MAP_FAILED);
    OK(madvise(at, n * PAGE, MADV_NOHUGEPAGE));
    return at;
}

#define SMAPS(at, name) figure(mapping(at), name)

int main(void) {
    h_scratch();
    char *own = pages(8, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    // A hole keeps the mappings apart.
    pages(1, MAP_SHARED | MAP_ANONYMOUS, -1);
    char *split = pages(4, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    pages(1, MAP_SHARED | MAP_ANONYMOUS, -1);
    int fd = OK(memfd_create("mapped", 0));
    OK(ftruncate(fd, 6 * PAGE));
    for (int i = 0; i < 4; i++) CHECK_EQ(pwrite(fd, "x", 1, i * PAGE), 1);
    char *shared = pages(6, MAP_SHARED, fd);
    pages(1, MAP_SHARED | MAP_ANONYMOUS, -1);
    char *private = pages(6, MAP_PRIVATE, fd);
    own[0] = own[3 * PAGE] = own[5 * PAGE] = 1;
    split[0] = split[PAGE] = 1;
    shared[0] = shared[PAGE] = 1;
    private[0] = 1;
    if (*(volatile char *)&private[PAGE] != 1) FAIL("the file's page");
    pid_t child = h_fork();
    if (child == 0) {
        // Of two pages that are shared with the parent one is copied; the parent's other mappings are not the child's.
        OK(munmap(own, 8 * PAGE));
        OK(munmap(shared, 6 * PAGE));
        OK(munmap(private, 6 * PAGE));
        split[0] = 2;
        pause();
    }
    h_until_asleep(child, 0);
    load("/proc/self/smaps");
    shape(mapping(own), names);
    CHECK_EQ(SMAPS(own, "Size"), 32);
    CHECK_EQ(SMAPS(own, "KernelPageSize"), 4);
    CHECK_EQ(SMAPS(own, "Rss"), 12);
    CHECK_EQ(SMAPS(own, "Pss"), 12);
    CHECK_EQ(SMAPS(own, "Private_Dirty"), 12);
    CHECK_EQ(SMAPS(own, "Shared_Dirty") + SMAPS(own, "Shared_Clean"), 0);
    CHECK_EQ(SMAPS(own, "Anonymous"), 12);
    CHECK_EQ(SMAPS(own, "Referenced"), 12);
    CHECK(strncmp(strstr(mapping(own), "VmFlags:"), "VmFlags: rd wr mr mw me ac ", 27) == 0);
    CHECK_EQ(SMAPS(split, "Rss"), 8);
    CHECK_EQ(SMAPS(split, "Pss"), 6);
    CHECK_EQ(SMAPS(split, "Private_Dirty"), 4);
    CHECK_EQ(SMAPS(split, "Shared_Dirty"), 4);
    CHECK_EQ(SMAPS(shared, "Anonymous"), 0);
    CHECK(SMAPS(shared, "Rss") >= 8 && SMAPS(shared, "Rss") <= 16);
    CHECK(strstr(strstr(mapping(shared), "VmFlags:"), " sh mr mw me ms "));
    CHECK_EQ(SMAPS(private, "Anonymous"), 4);
    CHECK(SMAPS(private, "Rss") >= 8 && SMAPS(private, "Rss") <= 16);
    CHECK_EQ(SMAPS(private, "Private_Dirty") >= 4, 1);
    // A page that is mapped twice here is two mappings' own part each.
    CHECK(SMAPS(shared, "Pss") < SMAPS(shared, "Rss"));
    OK(kill(child, SIGKILL));
    CHECK_EQ(WTERMSIG(h_wait(child)), SIGKILL);

    // Locked ones, and the sum of all: what a read itself touches is in memory by then.
    OK(mlock(own, 8 * PAGE));
    load("/proc/self/smaps_rollup");
    load("/proc/self/smaps");
    CHECK_EQ(SMAPS(own, "Locked"), 32);
    CHECK(strstr(strstr(mapping(own), "VmFlags:"), " lo "));
    long resident = 0, locked = 0;
    for (char *at = text; (at = strstr(at, "\nRss:")); at++) resident += figure(at, "Rss");
    for (char *at = text; (at = strstr(at, "\nLocked:")); at++) locked += figure(at, "Locked");
    load("/proc/self/smaps_rollup");
    shape(text, rolled);
    CHECK(strstr(text, " ---p 00000000 00:00 0") && strstr(text, " [rollup]\n"));
    CHECK(labs(figure(text, "Rss") - resident) <= 8);
    CHECK_EQ(figure(text, "Locked"), locked);
    CHECK_EQ(figure(text, "Pss") <= figure(text, "Rss"), 1);

    // Not for everybody; not of a process that has ended.
    if (geteuid() == 0)
        IN_CHILD({
            char path[48];
            snprintf(path, sizeof path, "/proc/%d/smaps", getppid());
            h_drop_to(1000);
            CHECK_ERRNO(open(path, O_RDONLY), EACCES);
            strcat(path, "_rollup");
            CHECK(open(path, O_RDONLY) == -1 && errno == EACCES);
        });
    return 0;
}
