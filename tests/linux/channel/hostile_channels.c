// One process makes channels and fills their queues until it is refused, and keeps all; another one meanwhile makes, calls
// and forks without an error (F2).
// calls: chan_create chan_send chan_call chan_recv chan_reply_recv
// timeout: 120
// only: rvos
// budget: channels:max memory:max fds:max
#include "../channel.h"

static char big[65536];

static void hog(int ready) {
    long made = 0, sent = 0;
    int e[2];
    struct rlimit limit = {4000, 4000};
    OK(setrlimit(RLIMIT_NOFILE, &limit));
    while (rvos_chan_create(e, NULL, 0) == 0) {
        made++;
        while (sent < 400 && ch_send(e[0], big, sizeof big, NULL, 0, RVOS_CHAN_NONBLOCK) == 0) sent++;
        if (made == 1) CHECK(sent > 0 && sent < 400);
    }
    CHECK(errno == EMFILE || errno == EDQUOT || errno == ENOMEM);
    CHECK(made > 100);
    h_signal(ready);
    for (;;) pause();
}

static void neighbour(void) {
    for (int i = 0; i < 20; i++) {
        int e[2];
        ch_pair(e);
        pid_t server = h_fork();
        if (server == 0) {
            char text[16];
            struct rvos_chan_info info;
            CHECK_EQ(ch_recv(e[1], text, 16, NULL, 0, 0, &info), 4);
            CHECK_EQ(ch_reply(e[1], info.call, "fine", 4), 1);
            _exit(0);
        }
        char reply[16];
        CHECK_EQ(ch_call(e[0], "work", 4, reply, 16), 4);
        CHECK_EQ(h_wait(server), 0);
        OK(close(e[0]));
        OK(close(e[1]));
    }
}

int main(void) {
    neighbour();
    int ready[2];
    OK(pipe(ready));
    pid_t hogs[2];
    for (int i = 0; i < 2; i++) {
        hogs[i] = h_fork();
        if (hogs[i] == 0) hog(ready[1]);
    }
    neighbour();
    for (int i = 0; i < 2; i++) h_await(ready[0]);
    neighbour();
    for (int i = 0; i < 2; i++) h_kill_and_reap(hogs[i]);
    return 0;
}
