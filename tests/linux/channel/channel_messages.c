// Channels: messages keep their borders and order, a queue is bounded, what is queued comes before the peer's close, and
// every refusal leaves things as they were.
// calls: chan_create chan_send chan_recv
// only: rvos
#include "../channel.h"

static char big[65536 + 1], got[65536 + 1];

static void order_and_stamp(void) {
    int e[2];
    ch_pair(e);
    CHECK(OK(fcntl(e[0], F_GETFD)) & FD_CLOEXEC);
    CHECK_ERRNO(ch_recv(e[1], got, 10, NULL, 0, RVOS_CHAN_NONBLOCK, NULL), EAGAIN);
    OK(ch_send(e[0], "one", 3, NULL, 0, 0));
    OK(ch_send(e[0], "", 0, NULL, 0, 0));
    OK(ch_send(e[0], "three", 5, NULL, 0, 0));
    struct rvos_chan_info info;
    CHECK_EQ(ch_recv(e[1], got, sizeof got, NULL, 0, 0, &info), 3);
    CHECK(!memcmp(got, "one", 3));
    CHECK(info.bytes_len == 3 && info.fds_len == 0 && info.call == 0 && info.process != 0);
    CHECK_EQ(ch_recv(e[1], got, 0, NULL, 0, 0, NULL), 0);
    CHECK_ERRNO(ch_recv(e[1], got, 4, NULL, 0, 0, &info), EMSGSIZE);
    CHECK_EQ(info.bytes_len, 5);
    CHECK_EQ(ch_recv(e[1], got, 5, NULL, 0, 0, NULL), 5);
    CHECK(!memcmp(got, "three", 5));
    // The other way, and the largest there is.
    for (size_t i = 0; i < sizeof big; i++) big[i] = i * 7;
    OK(ch_send(e[1], big, 65536, NULL, 0, 0));
    CHECK_ERRNO(ch_send(e[1], big, 65537, NULL, 0, 0), EMSGSIZE);
    CHECK_EQ(ch_recv(e[0], got, sizeof got, NULL, 0, 0, NULL), 65536);
    CHECK(!memcmp(got, big, 65536));
    OK(close(e[0]));
    OK(close(e[1]));
}

static void bounds(void) {
    int e[2];
    ch_pair_of(e, 3, 65536);
    for (int i = 0; i < 3; i++) OK(ch_send(e[0], "x", 1, NULL, 0, 0));
    CHECK_ERRNO(ch_send(e[0], "x", 1, NULL, 0, RVOS_CHAN_NONBLOCK), EAGAIN);
    struct rvos_chan_send late = {.part = ch_part("x", 1, NULL, 0), .deadline_ns = ch_after_ms(20)};
    CHECK_ERRNO(rvos_chan_send(e[0], &late, sizeof late), ETIMEDOUT);
    CHECK_EQ(ch_recv(e[1], got, 9, NULL, 0, 0, NULL), 1);
    OK(ch_send(e[0], "x", 1, NULL, 0, RVOS_CHAN_NONBLOCK));
    while (ch_recv(e[1], got, 9, NULL, 0, RVOS_CHAN_NONBLOCK, NULL) >= 0) {}
    CHECK_EQ(errno, EAGAIN);
    OK(ch_send(e[0], big, 65536, NULL, 0, 0));
    CHECK_ERRNO(ch_send(e[0], "x", 1, NULL, 0, RVOS_CHAN_NONBLOCK), EAGAIN);
    // A blocked sender goes on when there is room.
    pid_t child = h_fork();
    if (child == 0) {
        OK(ch_send(e[0], "late", 4, NULL, 0, 0));
        _exit(0);
    }
    h_until_asleep(child, child);
    CHECK_EQ(ch_recv(e[1], got, sizeof got, NULL, 0, 0, NULL), 65536);
    CHECK_EQ(ch_recv(e[1], got, sizeof got, NULL, 0, 0, NULL), 4);
    CHECK_EQ(h_wait(child), 0);
    struct rvos_chan_recv wait = {.deadline_ns = ch_after_ms(20)};
    CHECK_ERRNO(rvos_chan_recv(e[1], &wait, sizeof wait), ETIMEDOUT);
    OK(close(e[0]));
    OK(close(e[1]));
    struct rvos_chan_create bad = {.messages = 129};
    CHECK_ERRNO(rvos_chan_create(e, &bad, sizeof bad), EINVAL);
    bad = (struct rvos_chan_create){.bytes = 65535};
    CHECK_ERRNO(rvos_chan_create(e, &bad, sizeof bad), EINVAL);
    bad = (struct rvos_chan_create){.flags = 1};
    CHECK_ERRNO(rvos_chan_create(e, &bad, sizeof bad), EINVAL);
}

static void close_comes_last(void) {
    int e[2];
    ch_pair(e);
    OK(ch_send(e[0], "last", 4, NULL, 0, 0));
    OK(close(e[0]));
    struct pollfd p = {.fd = e[1], .events = POLLIN | POLLOUT};
    CHECK_EQ(poll(&p, 1, 0), 1);
    CHECK_EQ(p.revents, POLLIN | POLLOUT | POLLHUP);
    CHECK_EQ(ch_recv(e[1], got, 9, NULL, 0, 0, NULL), 4);
    CHECK_ERRNO(ch_recv(e[1], got, 9, NULL, 0, 0, NULL), EPIPE);
    CHECK_ERRNO(ch_send(e[1], "x", 1, NULL, 0, 0), EPIPE);
    OK(close(e[1]));
    // A receiver that waits sees the close.
    ch_pair(e);
    pid_t child = h_fork();
    if (child == 0) {
        OK(close(e[0]));
        CHECK_ERRNO(ch_recv(e[1], got, 9, NULL, 0, 0, NULL), EPIPE);
        _exit(0);
    }
    h_until_asleep(child, child);
    OK(close(e[0]));
    CHECK_EQ(h_wait(child), 0);
    OK(close(e[1]));
}

static void structs(void) {
    int e[2];
    ch_pair(e);
    struct { struct rvos_chan_send args; uint64_t more; } grown = {.args.part = ch_part("x", 1, NULL, 0)};
    OK(rvos_chan_send(e[0], &grown.args, sizeof grown));
    grown.more = 1;
    CHECK_ERRNO(rvos_chan_send(e[0], &grown.args, sizeof grown), E2BIG);
    CHECK_ERRNO(rvos_chan_send(e[0], &grown.args, sizeof grown.args - 8), EINVAL);
    CHECK_ERRNO(rvos_chan_send(e[0], &grown.args, 5000), E2BIG);
    grown.args.flags = 1 << 30;
    CHECK_ERRNO(rvos_chan_send(e[0], &grown.args, sizeof grown.args), EINVAL);
    CHECK_ERRNO(rvos_chan_send(e[0], h_bad, sizeof grown.args), EFAULT);
    CHECK_ERRNO(ch_send(e[0], h_bad, 5, NULL, 0, 0), EFAULT);
    CHECK_ERRNO(ch_send(-1, "x", 1, NULL, 0, 0), EBADF);
    int null = OK(open("/dev/null", O_RDWR));
    CHECK_ERRNO(ch_send(null, "x", 1, NULL, 0, 0), EINVAL);
    CHECK_ERRNO(ch_recv(null, got, 1, NULL, 0, 0, NULL), EINVAL);
    OK(close(null));
    // A message that cannot be stored stays.
    CHECK_ERRNO(ch_recv(e[1], h_bad, 9, NULL, 0, 0, NULL), EFAULT);
    CHECK_EQ(ch_recv(e[1], got, 9, NULL, 0, 0, NULL), 1);
    OK(close(e[0]));
    OK(close(e[1]));
}

int main(void) {
    order_and_stamp();
    bounds();
    close_comes_last();
    structs();
    return 0;
}
