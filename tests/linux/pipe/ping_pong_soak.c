// pipe(7): no wake-up is ever lost: processes and threads hand one byte round, with blocking reads, with poll, with closing ends.
// calls: pipe2 read write ppoll
// timeout: 120
#include "../harness.h"

#define PAIRS 4
#define ROUNDS 1500

static void player(int in, int out, int first, int with_poll) {
    char byte = 1;
    if (first) CHECK_EQ(write(out, &byte, 1), 1);
    for (int i = 0; i < ROUNDS; i++) {
        struct pollfd p = {.fd = in, .events = POLLIN};
        if (with_poll) CHECK_EQ(poll(&p, 1, -1), 1);
        CHECK_EQ(read(in, &byte, 1), 1);
        if (i + 1 < ROUNDS || !first) CHECK_EQ(write(out, &byte, 1), 1);
        if ((i * 7919) % 31 == 0) sched_yield();
    }
}

static void start_pair(int pair, pid_t *pids) {
    int a[2], b[2];
    OK(pipe(a));
    OK(pipe(b));
    for (int side = 0; side < 2; side++) {
        pids[side] = h_fork();
        if (pids[side] == 0) {
            if (side == 0) player(a[0], b[1], 1, pair % 2);
            else player(b[0], a[1], 0, pair / 2 % 2);
            _exit(0);
        }
    }
    for (int i = 0; i < 2; i++) OK(close(a[i])), OK(close(b[i]));
}

// Two readers wait, one is killed, one byte comes: it must reach the other, unless the dying one took it.
static void killed_waiter(int round) {
    int ends[2], queued = 1;
    OK(pipe(ends));
    pid_t readers[2];
    for (int i = 0; i < 2; i++)
        if ((readers[i] = h_fork()) == 0) {
            OK(close(ends[1]));
            char byte;
            OK(read(ends[0], &byte, 1));
            _exit(0);
        }
    pid_t victim = readers[round / 2 % 2], survivor = readers[1 - round / 2 % 2];
    if (round % 2) {
        h_until_asleep(victim, 0);
        h_until_asleep(survivor, 0);
    }
    OK(kill(victim, SIGKILL));
    CHECK_EQ(write(ends[1], "x", 1), 1);
    h_wait(victim);
    while (queued) {
        OK(ioctl(ends[0], FIONREAD, &queued));
        if (queued) h_sleep_ms(1); // a lost wake-up stays here until the test's time is over
    }
    OK(close(ends[1]));
    h_join(survivor);
    OK(close(ends[0]));
}

int main(void) {
    pid_t pids[2 * PAIRS];
    for (int pair = 0; pair < PAIRS; pair++) start_pair(pair, pids + 2 * pair);
    for (int i = 0; i < 2 * PAIRS; i++) h_join(pids[i]);
    for (int round = 0; round < 40; round++) killed_waiter(round);
    CHECK_ERRNO(read(-1, NULL, 0), EBADF);
    return 0;
}
