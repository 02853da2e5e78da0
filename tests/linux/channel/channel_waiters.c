// Several receivers wait at one end: each message wakes one, a close wakes all, and a cycle of calls is found where asked
// for.
// calls: chan_create chan_recv chan_send chan_call
// timeout: 60
// only: rvos
#include "../channel.h"

#define WAITERS 6

int main(void) {
    int e[2], result[2];
    ch_pair(e);
    OK(pipe(result));
    pid_t pids[WAITERS];
    for (int i = 0; i < WAITERS; i++) {
        pids[i] = h_fork();
        if (pids[i] == 0) {
            char text[8];
            OK(close(e[0]));
            for (;;) {
                long n = ch_recv(e[1], text, 8, NULL, 0, 0, NULL);
                if (n < 0) _exit(errno == EPIPE ? 0 : 1);
                OK(write(result[1], text, 1));
            }
        }
        h_until_asleep(pids[i], pids[i]);
    }
    OK(close(e[1]));
    char text[8];
    unsigned seen = 0;
    for (int i = 0; i < 20; i++) {
        text[0] = i;
        OK(ch_send(e[0], text, 1, NULL, 0, 0));
    }
    for (int i = 0; i < 20; i++) {
        CHECK_EQ(read(result[0], text, 1), 1);
        CHECK(!(seen & 1u << text[0]));
        seen |= 1u << text[0];
    }
    CHECK_EQ(seen, (1u << 20) - 1);
    // One that was killed while it waited takes no message along.
    OK(kill(pids[0], SIGKILL));
    CHECK_EQ(h_wait(pids[0]), SIGKILL);
    OK(ch_send(e[0], "z", 1, NULL, 0, 0));
    CHECK_EQ(read(result[0], text, 1), 1);
    OK(close(e[0]));
    for (int i = 1; i < WAITERS; i++) CHECK_EQ(h_wait(pids[i]), 0);
    // A asks B, and B asks A back.
    int there[2], back[2];
    ch_pair(there);
    ch_pair(back);
    struct rvos_chan_info info;
    pid_t b = h_fork();
    if (b == 0) {
        CHECK_EQ(ch_recv(there[1], text, 8, NULL, 0, 0, &info), 1);
        struct rvos_chan_call args = {.part = ch_part("?", 1, NULL, 0), .flags = RVOS_CHAN_NO_CYCLE};
        CHECK_ERRNO(rvos_chan_call(back[0], &args, sizeof args), EDEADLK);
        CHECK_EQ(ch_reply(there[1], info.call, "ok", 2), 1);
        _exit(0);
    }
    // A is who receives at the other end of `back`.
    OK(ch_send(back[0], "x", 1, NULL, 0, 0));
    CHECK_EQ(ch_recv(back[1], text, 8, NULL, 0, 0, NULL), 1);
    CHECK_EQ(ch_call(there[0], "?", 1, text, 8), 2);
    CHECK_EQ(h_wait(b), 0);
    return 0;
}
