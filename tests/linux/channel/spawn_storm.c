// 500 children one after the other and 50 at once, each with 8 channels: what an exited process held is released before its
// parent can reap it (F1).
// calls: chan_create chan_send
// timeout: 300
// only: rvos
#include "../channel.h"

static void child(int to) {
    int ends[8][2];
    for (int i = 0; i < 8; i++) {
        ch_pair(ends[i]);
        OK(ch_send(ends[i][0], "x", 1, i ? &ends[i - 1][0] : NULL, i != 0, 0));
    }
    OK(ch_send(to, "done", 4, &ends[7][1], 1, 0));
    _exit(0);
}

static long counter(const char *name) {
    char *at = strstr(h_read_file("/proc/rvos/counters"), name);
    CHECK(at != NULL);
    return atol(at + strlen(name));
}

static void reaped(int in, int count) {
    for (int i = 0; i < count; i++) {
        int fd;
        char text[8];
        CHECK_EQ(ch_recv(in, text, 8, &fd, 1, 0, NULL), 4);
        OK(close(fd));
    }
}

int main(void) {
    int e[2];
    ch_pair(e);
    long before = 0;
    for (int i = 0; i < 500; i++) {
        pid_t pid = h_fork();
        if (pid == 0) child(e[0]);
        CHECK_EQ(h_wait(pid), 0);
        reaped(e[1], 1);
        long now = counter("\nchannels ");
        if (i == 0) before = now;
        CHECK_EQ(now, before);
    }
    pid_t pids[50];
    for (int i = 0; i < 50; i++) {
        pids[i] = h_fork();
        if (pids[i] == 0) child(e[0]);
    }
    reaped(e[1], 50);
    for (int i = 0; i < 50; i++) CHECK_EQ(h_wait(pids[i]), 0);
    CHECK_EQ(counter("\nchannels "), before);
    CHECK_ERRNO(ch_send(-1, "x", 1, NULL, 0, 0), EBADF);
    return 0;
}
