// What the rows of the benchmark program share: the row table, the clock, children, scratch files.
//
// A row is a function that does `n` operations and returns how long they took. Under
// `-icount shift=0,sleep=off` a nanosecond is an instruction, so a row's figure is instructions per operation.
#ifndef BENCH_H
#define BENCH_H
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define KIB64 65536

struct row {
    const char *name;
    long count;                   // operations a round
    int64_t (*run)(long n, int arg); // nanoseconds for n operations
    int arg;
};

extern const struct row call_rows[], file_rows[], ipc_rows[], event_rows[], process_rows[], memory_rows[], signal_rows[], scale_rows[], channel_rows[];

// Leaves the row: `n/a` for ENOSYS, an error otherwise. Only the process that measures calls it.
_Noreturn void give_up(const char *what);
// The result, or give_up.
long need_(long result, const char *what);
#define need(expression) need_((long)(expression), #expression)

// Zeroed memory for the row, given back behind it, so that no row changes the size of the process for the next.
char *scratch(size_t bytes);

// A child that ends the moment its parent does; must not return from its branch.
pid_t bench_fork(void);
void reap(pid_t pid);

static inline int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

// Time of a block that does n operations.
#define TIMED(n, ...)                                                                              \
    ({                                                                                             \
        int64_t start_ = now();                                                                    \
        for (long i = 0; i < (n); i++) { __VA_ARGS__; }                                            \
        now() - start_;                                                                            \
    })
#endif
