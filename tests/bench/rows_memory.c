// Rows of mappings and page faults. An operation of fault_* is one page.
#include "bench.h"

static char *map(size_t pages, int fd, int flags) {
    char *area = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
    if (area == MAP_FAILED) give_up("mmap");
    return area;
}

// One page, not touched; read-only, so that it merges with no neighbour.
static int64_t mmap_munmap(long n, int arg) {
    (void)arg;
    return TIMED(n, {
        char *area = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (area == MAP_FAILED) give_up("mmap");
        need(munmap(area, PAGE));
    });
}

static int64_t mmap_touch(long n, int pages) {
    return TIMED(n, {
        char *area = map(pages, -1, MAP_PRIVATE);
        for (int page = 0; page < pages; page++) ((volatile char *)area)[page * PAGE] = 1;
        need(munmap(area, pages * PAGE));
    });
}

static int64_t touch(volatile char *area, long pages) { return TIMED(pages, area[i * PAGE] = 1); }

static int64_t fault_anon(long n, int arg) {
    (void)arg;
    char *area = map(n, -1, MAP_PRIVATE);
    int64_t spent = touch(area, n);
    munmap(area, n * PAGE);
    return spent;
}

// Reads of a file that is in the page cache, through a shared mapping.
static int64_t fault_file(long n, int arg) {
    (void)arg;
    char *bytes = scratch(PAGE);
    int fd = need(open("mapped", O_RDWR | O_CREAT, 0600));
    unlink("mapped");
    for (long i = 0; i < n; i++) need(pwrite(fd, bytes, PAGE, i * PAGE));
    volatile char *area = map(n, fd, MAP_SHARED);
    int64_t spent = TIMED(n, (void)area[i * PAGE]);
    munmap((char *)area, n * PAGE);
    return spent;
}

// Writes in a fork's child to pages that it shares with its parent.
static int64_t fault_cow(long n, int arg) {
    (void)arg;
    char *area = map(n, -1, MAP_PRIVATE);
    int64_t *result = (int64_t *)map(1, -1, MAP_SHARED);
    touch(area, n);
    pid_t child = bench_fork();
    if (child == 0) {
        *result = touch(area, n);
        _exit(0);
    }
    reap(child);
    int64_t spent = *result;
    munmap(area, n * PAGE);
    munmap(result, PAGE);
    return spent;
}

// One call for two pages that are there; their protection changes each time.
static int64_t protect(long n, int arg) {
    (void)arg;
    char *area = scratch(2 * PAGE);
    memset(area, 1, 2 * PAGE);
    int64_t spent = TIMED(n, need(mprotect(area, 2 * PAGE, i % 2 ? PROT_READ | PROT_WRITE : PROT_READ)));
    return spent;
}

const struct row memory_rows[] = {
    {"mmap_munmap", 400, mmap_munmap, 0}, {"mmap_1m_touch", 6, mmap_touch, 256}, {"fault_anon", 1024, fault_anon, 0},
    {"fault_file", 2048, fault_file, 0},  {"fault_cow", 1024, fault_cow, 0},      {"mprotect", 1000, protect, 0},
    {0},
};
