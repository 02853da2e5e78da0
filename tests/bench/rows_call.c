// Rows of plain user code and of calls that do next to nothing.
#include "bench.h"
#include <sys/random.h>

static int64_t user_loop(long n, int arg) {
    (void)arg;
    // Eight instructions a turn, whatever the compiler.
    int64_t start = now();
    __asm__ volatile("1: nop\nnop\nnop\nnop\nnop\nnop\naddi %0, %0, -1\nbnez %0, 1b" : "+r"(n));
    return now() - start;
}

static int64_t user_memcpy(long n, int arg) {
    (void)arg;
    static char from[KIB64] __attribute__((aligned(PAGE))), to[KIB64] __attribute__((aligned(PAGE)));
    memset(from, 1, KIB64);
    memset(to, 1, KIB64);
    int64_t spent = TIMED(n, memcpy(to, from, KIB64); __asm__ volatile("" ::: "memory"));
    madvise(from, KIB64, MADV_DONTNEED);
    madvise(to, KIB64, MADV_DONTNEED);
    return spent;
}

static int64_t user_clock(long n, int arg) {
    (void)arg;
    struct timespec t;
    return TIMED(n, clock_gettime(CLOCK_MONOTONIC, &t));
}

static int64_t sys_getpid(long n, int arg) {
    (void)arg;
    return TIMED(n, syscall(SYS_getpid));
}

static int64_t sys_clock(long n, int arg) {
    (void)arg;
    struct timespec t;
    return TIMED(n, syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t));
}

static int64_t sys_yield(long n, int arg) {
    (void)arg;
    return TIMED(n, sched_yield());
}

static int64_t write_null(long n, int arg) {
    (void)arg;
    int fd = need(open("/dev/null", O_WRONLY));
    return TIMED(n, need(write(fd, "x", 1)));
}

static int64_t read_zero(long n, int bytes) {
    char *buffer = scratch(KIB64);
    int fd = need(open("/dev/zero", O_RDONLY));
    return TIMED(n, need(read(fd, buffer, bytes)));
}

static int64_t getrandom_32(long n, int arg) {
    (void)arg;
    char buffer[32];
    need(getrandom(buffer, 32, 0));
    return TIMED(n, getrandom(buffer, 32, 0));
}

const struct row call_rows[] = {
    {"user_loop", 500000, user_loop, 0},
    {"user_memcpy_64k", 200, user_memcpy, 0},
    {"user_clock", 50000, user_clock, 0},
    {"sys_getpid", 10000, sys_getpid, 0},
    {"sys_clock", 6000, sys_clock, 0},
    {"sys_yield", 4000, sys_yield, 0},
    {"write_null", 6000, write_null, 0},
    {"read_zero", 6000, read_zero, 1},
    {"read_zero_64k", 200, read_zero, KIB64},
    {"getrandom_32", 1500, getrandom_32, 0},
    {0},
};
