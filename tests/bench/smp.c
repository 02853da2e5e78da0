// How three kinds of work scale over harts, in operations a second of wall-clock time.
//
//     smp [--ms N] [--rounds N] [--max HARTS] [null_call|page_fault|pipe_pair]...
//
// For each work and each n from 1 to the number of harts, n processes (for pipe_pair n pairs), each pinned to a
// hart of its own, work for N milliseconds (100). The host's speed drifts by a third within seconds, so that this is done in rounds (25),
// each of which takes all n one after the other, and the median counts: of the rates, and of each round's ratio to one
// hart. Prints `SMP work n operations_per_second` and `SCALE work n ratio`. Only multi-threaded emulation on enough host cores says
// anything.
//
// Build: riscv64-linux-gnu-gcc -static -s -O2 -Wall smp.c -o smp
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_HARTS 64
#define MAX_ROUNDS 99
#define FAULT_PAGES 256

// One cache line for each worker, so that counting does not couple them.
struct counter { volatile long done; char pad[120]; };
static struct shared {
    volatile int ready, go, stop;
    char pad[116];
    struct counter counters[MAX_HARTS];
} *shared;

static void fail(const char *what) {
    perror(what);
    exit(2);
}

static void pin(int hart) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(hart, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) fail("smp: sched_setaffinity");
}

static void await_start(void) {
    __sync_fetch_and_add(&shared->ready, 1);
    while (!shared->go) sched_yield();
}

static void null_call(int worker) {
    await_start();
    while (!shared->stop) {
        for (int i = 0; i < 100; i++) syscall(SYS_getppid);
        shared->counters[worker].done += 100;
    }
}

static void page_fault(int worker) {
    char *area = mmap(NULL, FAULT_PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED) fail("smp: mmap");
    await_start();
    while (!shared->stop) {
        for (int i = 0; i < FAULT_PAGES; i++) ((volatile char *)area)[i * 4096] = 1;
        if (madvise(area, FAULT_PAGES * 4096, MADV_DONTNEED) != 0) fail("smp: madvise");
        shared->counters[worker].done += FAULT_PAGES;
    }
}

// A round trip between two processes on one hart.
static void pipe_pair(int worker) {
    int to[2], from[2];
    char byte = 1;
    if (pipe(to) != 0 || pipe(from) != 0) fail("smp: pipe");
    pid_t echo = fork();
    if (echo < 0) fail("smp: fork");
    if (echo == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(to[1]);
        while (read(to[0], &byte, 1) == 1 && write(from[1], &byte, 1) == 1) {}
        _exit(0);
    }
    await_start();
    while (!shared->stop) {
        if (write(to[1], &byte, 1) != 1 || read(from[0], &byte, 1) != 1) fail("smp: pipe");
        shared->counters[worker].done++;
    }
    close(to[1]);
    waitpid(echo, NULL, 0);
}

static const struct work { const char *name; void (*run)(int); } works[] = {{"null_call", null_call}, {"page_fault", page_fault}, {"pipe_pair", pipe_pair}};

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

// Operations a second of `harts` workers together.
static double measure(const struct work *work, int harts, int ms) {
    pid_t pids[MAX_HARTS];
    memset(shared, 0, sizeof *shared);
    for (int i = 0; i < harts; i++) {
        pids[i] = fork();
        if (pids[i] < 0) fail("smp: fork");
        if (pids[i] == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            pin(i);
            work->run(i);
            _exit(0);
        }
    }
    struct timespec step = {0, 1000000}, time = {ms / 1000, ms % 1000 * 1000000L};
    while (shared->ready < harts) nanosleep(&step, NULL);
    double start = now_s();
    shared->go = 1;
    nanosleep(&time, NULL);
    shared->stop = 1;
    double spent = now_s() - start, total = 0;
    for (int i = 0; i < harts; i++) {
        int status;
        if (waitpid(pids[i], &status, 0) != pids[i] || status != 0) fail("smp: a worker failed");
        total += shared->counters[i].done;
    }
    return total / spent;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count) {
    qsort(values, count, sizeof *values, ascending);
    return values[count / 2];
}

static void compare(const struct work *work, int max, int rounds, int ms) {
    static double rates[MAX_HARTS + 1][MAX_ROUNDS], ratios[MAX_HARTS + 1][MAX_ROUNDS];
    for (int r = 0; r < rounds; r++) {
        for (int n = 1; n <= max; n++) {
            rates[n][r] = measure(work, n, ms);
            ratios[n][r] = rates[n][r] / rates[1][r];
        }
    }
    for (int n = 1; n <= max; n++) {
        printf("SMP %s %d %.0f\n", work->name, n, median(rates[n], rounds));
        if (n > 1) printf("SCALE %s %d %.2f\n", work->name, n, median(ratios[n], rounds));
    }
    fflush(stdout);
}

int main(int argc, char **argv) {
    int ms = 100, rounds = 25, max = sysconf(_SC_NPROCESSORS_ONLN), named = 0;
    const char *names[8];
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--ms") == 0 && i + 1 < argc) ms = atoi(argv[++i]);
        else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc) rounds = atoi(argv[++i]);
        else if (strcmp(argv[i], "--max") == 0 && i + 1 < argc) max = atoi(argv[++i]);
        else if (argv[i][0] != '-' && named < 8) names[named++] = argv[i];
        else return fprintf(stderr, "usage: smp [--ms N] [--rounds N] [--max HARTS] [null_call|page_fault|pipe_pair]...\n"), 2;
    }
    if (max < 1 || max > MAX_HARTS) max = 1;
    if (rounds < 1 || rounds > MAX_ROUNDS) rounds = 1;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) fail("smp: mmap");
    for (unsigned w = 0; w < sizeof works / sizeof *works; w++) {
        int wanted = named == 0;
        for (int i = 0; i < named; i++) wanted |= strcmp(names[i], works[w].name) == 0;
        if (wanted) compare(&works[w], max, rounds, ms);
    }
    puts("DONE");
    return 0;
}
