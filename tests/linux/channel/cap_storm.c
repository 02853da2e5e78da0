// Four processes send ends of channels to each other while all close what they like: nothing is lost, closed twice, or left
// behind (F8). The channels between the processes do not travel themselves, so that no end lies in its own queue.
// calls: chan_create chan_send chan_recv
// timeout: 120
// only: rvos
#include "../channel.h"

#define PROCESSES 4
#define ROUNDS 400
#define HELD 24

// Ends that came in messages, to all processes.
static long *arrived;

static unsigned seed;
static unsigned next(unsigned below) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static void storm(int in, const int *out) {
    int held[HELD];
    memset(held, -1, sizeof held);
    for (int round = 0; round < ROUNDS; round++) {
        int at = next(HELD), *slot = &held[at];
        switch (next(4)) {
        case 0:
            if (*slot < 0 && at + 1 < HELD && held[at + 1] < 0) OK(rvos_chan_create(slot, NULL, 0));
            break;
        case 1: {
            int to = out[next(PROCESSES)];
            if (*slot >= 0 && ch_send(to, "cap", 3, slot, 1, RVOS_CHAN_NONBLOCK) == 0) *slot = -1;
            break;
        }
        case 2: {
            char text[4];
            if (*slot >= 0) break;
            if (ch_recv(in, text, 4, slot, 1, RVOS_CHAN_NONBLOCK, NULL) < 0) *slot = -1;
            else __sync_fetch_and_add(arrived, OK(fcntl(*slot, F_GETFD)) == FD_CLOEXEC);
            break;
        }
        default:
            if (*slot >= 0) OK(close(*slot));
            *slot = -1;
        }
    }
    // What is still held, and what still waits, goes with the process.
    _exit(0);
}

int main(void) {
    arrived = h_shared(PAGE);
    for (int run = 0; run < 4; run++) {
        int in[PROCESSES], out[PROCESSES];
        pid_t child[PROCESSES];
        for (int i = 0; i < PROCESSES; i++) {
            int e[2];
            ch_pair(e);
            out[i] = e[0], in[i] = e[1];
        }
        for (int i = 0; i < PROCESSES; i++) {
            child[i] = h_fork();
            if (child[i] == 0) {
                seed = run * 100 + i;
                storm(in[i], out);
            }
        }
        for (int i = 0; i < PROCESSES; i++) CHECK_EQ(h_wait(child[i]), 0);
        CHECK_ERRNO(ch_send(out[0], "x", 1, &(int){-1}, 1, 0), EBADF);
        for (int i = 0; i < PROCESSES; i++) OK(close(in[i])), OK(close(out[i]));
    }
    CHECK(*arrived > 100);
    return 0;
}
