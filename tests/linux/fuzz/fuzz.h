// Chance with a seed, for tests that hand the kernel bytes nobody meant: the first argument is the seed, and a failure names it.
#ifndef FUZZ_H
#define FUZZ_H
#include "../harness.h"

static uint64_t fuzz_state;

// splitmix64.
static H_UNUSED uint64_t fuzz_draw(void) {
    uint64_t z = fuzz_state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static H_UNUSED size_t fuzz_below(size_t end) { return fuzz_draw() % end; }

// Numbers at which things change, now and then any number.
static H_UNUSED uint64_t fuzz_number(void) {
    static const uint64_t edges[] = {0, 1, 4, 8, 15, 16, 17, 20, 24, 28, 64, 253, 254, 255, 4095, 4096, 4097, 65536, 0x7fffffff, 0x80000000,
                                     0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0xfffffffffffffff8, ~0ull};
    return fuzz_below(4) ? edges[fuzz_below(sizeof edges / sizeof *edges)] : fuzz_draw() >> fuzz_below(64);
}

// Overwrites a few places with bytes or numbers.
static H_UNUSED void fuzz_damage(void *at, size_t size) {
    unsigned char *bytes = at;
    for (size_t n = 1 + fuzz_below(4); n; n--) {
        size_t place = fuzz_below(size), wide = (size_t)1 << fuzz_below(4);
        uint64_t value = fuzz_number();
        place &= ~(wide - 1);
        if (place + wide <= size) memcpy(bytes + place, &value, wide);
    }
}

// How often something is tried.
static H_UNUSED int fuzz_amount(int quick) { return getenv("KTEST_FULL") ? quick * 40 : quick; }

static H_UNUSED void fuzz_begin(int argc, char **argv) { fuzz_state = argc > 1 ? strtoull(argv[1], NULL, 0) : 1; }

// Waits for the child's end, but not longer than this: who runs on is killed. Its status.
static H_UNUSED int fuzz_end(pid_t child, int ms) {
    int fd = OK(syscall(SYS_pidfd_open, child, 0));
    struct pollfd end = {.fd = fd, .events = POLLIN};
    if (OK(poll(&end, 1, ms)) == 0) OK(kill(child, SIGKILL));
    OK(close(fd));
    return h_wait(child);
}
#endif
