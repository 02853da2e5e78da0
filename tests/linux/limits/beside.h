// A program that works beside one that takes all it can get: its job is fixed, and so is the result.
#ifndef BESIDE_H
#define BESIDE_H
#include "../harness.h"

struct beside {
    volatile int stop;   // finish after the round that is under way
    volatile int forks;  // processes of its own are part of the job
    volatile long rounds;
    volatile long sum;
    pid_t pid;
};

// One round: memory, a pipe, a thread's worth of arithmetic, perhaps a child. Always gives the same.
static H_UNUSED long beside_round(int forks) {
    enum { PAGES = 48 };
    unsigned *m = h_pages(PAGES);
    unsigned x = 12345;
    for (size_t i = 0; i < PAGES * PAGE / sizeof *m; i += 16) m[i] = x = x * 1664525 + 1013904223;
    int ends[2];
    OK(pipe(ends));
    unsigned char bytes[512], back[512];
    memcpy(bytes, m, sizeof bytes);
    CHECK_EQ(write(ends[1], bytes, sizeof bytes), sizeof bytes);
    CHECK_EQ(read(ends[0], back, sizeof back), sizeof back);
    CHECK(memcmp(bytes, back, sizeof back) == 0);
    OK(close(ends[0]));
    OK(close(ends[1]));
    long sum = 0;
    for (size_t i = 0; i < PAGES * PAGE / sizeof *m; i += 16) sum += m[i] >> 8;
    OK(munmap(m, PAGES * PAGE));
    if (forks) IN_CHILD(_exit(x != 0 ? 0 : 1));
    return sum;
}

// Starts it.
static H_UNUSED struct beside *beside_start(int forks) {
    struct beside *b = h_shared(PAGE);
    b->forks = forks;
    pid_t pid = h_fork();
    if (pid == 0) {
        long first = beside_round(0);
        while (!b->stop || b->rounds < 20) {
            CHECK_EQ(beside_round(b->forks), first);
            b->rounds++;
        }
        b->sum = first;
        _exit(0);
    }
    b->pid = pid;
    while (b->rounds == 0 && !b->stop) {
        CHECK_EQ(waitpid(b->pid, NULL, WNOHANG), 0);
        h_sleep_ms(1);
    }
    return b;
}

// It goes on: a round that begins now is finished.
static H_UNUSED void beside_goes_on(struct beside *b) {
    long until = b->rounds + 2;
    while (b->rounds < until) {
        CHECK_EQ(waitpid(b->pid, NULL, WNOHANG), 0);
        h_sleep_ms(1);
    }
}

// It finishes, and right.
static H_UNUSED void beside_finish(struct beside *b) {
    b->stop = 1;
    h_join(b->pid);
    CHECK_EQ(b->sum, beside_round(0));
    OK(munmap(b, PAGE));
}
#endif
