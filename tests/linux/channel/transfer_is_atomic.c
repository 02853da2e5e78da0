// The descriptors of a message move all or none, and in that case the sender still has them (F14).
// calls: chan_create chan_send chan_recv chan_call chan_reply_recv
// only: rvos
#include "../channel.h"

#define MOST 64

static char byte;

static int is_open(int fd) {
    return fcntl(fd, F_GETFD) >= 0;
}

// Sending these fails so, and all of them are still there.
static void stays(int end, int *fds, int count, int want) {
    CHECK_ERRNO(ch_send(end, "x", 1, fds, count, RVOS_CHAN_NONBLOCK), want);
    for (int i = 0; i < count; i++)
        if (fds[i] >= 0 && fds[i] != 900) CHECK(is_open(fds[i]));
}

int main(void) {
    int e[2], fds[MOST + 1], got[MOST];
    ch_pair_of(e, 2, 0);
    for (int i = 0; i <= MOST; i++) fds[i] = OK(open("/dev/null", O_RDWR));
    // A bad one at every place.
    for (int bad = 0; bad < MOST; bad++) {
        int keep = fds[bad];
        for (int wrong = 0; wrong < 3; wrong++) {
            fds[bad] = wrong == 0 ? -1 : wrong == 1 ? 900 : fds[(bad + 1) % MOST];
            stays(e[0], fds, MOST, wrong == 2 ? EINVAL : EBADF);
        }
        fds[bad] = keep;
    }
    stays(e[0], fds, MOST + 1, EMSGSIZE);
    CHECK_ERRNO(ch_send(e[0], "x", 1, h_bad, 3, 0), EFAULT);
    CHECK_ERRNO(ch_send(e[0], h_bad, 1, fds, MOST, 0), EFAULT);
    for (int i = 0; i < MOST; i++) CHECK(is_open(fds[i]));
    CHECK_ERRNO(ch_recv(e[1], &byte, 1, got, MOST, RVOS_CHAN_NONBLOCK, NULL), EAGAIN);
    // A full queue, and a deadline while waiting for room.
    OK(ch_send(e[0], "1", 1, NULL, 0, 0));
    OK(ch_send(e[0], "2", 1, NULL, 0, 0));
    stays(e[0], fds, MOST, EAGAIN);
    struct rvos_chan_send late = {.part = ch_part("x", 1, fds, MOST), .deadline_ns = ch_after_ms(10)};
    CHECK_ERRNO(rvos_chan_send(e[0], &late, sizeof late), ETIMEDOUT);
    for (int i = 0; i < MOST; i++) CHECK(is_open(fds[i]));
    CHECK_EQ(ch_recv(e[1], &byte, 1, NULL, 0, 0, NULL), 1);
    CHECK_EQ(ch_recv(e[1], &byte, 1, NULL, 0, 0, NULL), 1);
    // All of them.
    OK(ch_send(e[0], "x", 1, fds, MOST, 0));
    for (int i = 0; i < MOST; i++) CHECK(!is_open(fds[i]));
    struct rvos_chan_info info;
    CHECK_EQ(ch_recv(e[1], &byte, 1, got, MOST, 0, &info), 1);
    CHECK_EQ(info.fds_len, MOST);
    for (int i = 0; i < MOST; i++) {
        CHECK(OK(fcntl(got[i], F_GETFD)) & FD_CLOEXEC);
        OK(close(got[i]));
    }
    // A request whose peer is gone, and a reply with a bad one: the call stays open.
    int call[2];
    ch_pair(call);
    pid_t client = h_fork();
    if (client == 0) {
        int mine = OK(open("/dev/null", O_RDWR)), back[2];
        struct rvos_chan_call args = {.part = ch_part("ask", 3, &mine, 1), .room = ch_room(NULL, 0, back, 2)};
        OK(rvos_chan_call(call[0], &args, sizeof args));
        CHECK(!is_open(mine) || mine == back[0]);
        CHECK_EQ(args.fds_len, 1);
        CHECK(is_open(back[0]));
        OK(close(call[1]));
        int other = OK(open("/dev/null", O_RDWR));
        args = (struct rvos_chan_call){.part = ch_part("ask", 3, &other, 1)};
        OK(close(e[0]));
        // The parent has closed its end before it let this go on.
        char go;
        CHECK_EQ(ch_recv(e[1], &go, 1, NULL, 0, 0, NULL), 1);
        CHECK_ERRNO(rvos_chan_call(call[0], &args, sizeof args), EPIPE);
        CHECK(is_open(other));
        _exit(0);
    }
    char text[4];
    CHECK_EQ(ch_recv(call[1], text, 4, got, 1, 0, &info), 3);
    CHECK_EQ(info.reply_fds, 2);
    int pair[2] = {got[0], 900};
    struct rvos_chan_reply_recv reply = {.call = info.call, .part = ch_part(NULL, 0, pair, 2), .flags = RVOS_CHAN_REPLY_ONLY};
    CHECK_ERRNO(rvos_chan_reply_recv(call[1], &reply, sizeof reply), EBADF);
    CHECK(is_open(got[0]));
    reply.part.fds_len = 1;
    OK(rvos_chan_reply_recv(call[1], &reply, sizeof reply));
    CHECK(!is_open(got[0]));
    OK(close(call[1]));
    OK(ch_send(e[0], "g", 1, NULL, 0, 0));
    CHECK_EQ(h_wait(client), 0);
    for (int end = 0; end < 2; end++) OK(close(e[end]));
    // Without the other end they stay as well.
    ch_pair(e);
    OK(close(e[1]));
    stays(e[0], &fds[MOST], 1, EPIPE);
    return 0;
}
