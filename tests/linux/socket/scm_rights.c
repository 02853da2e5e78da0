// unix(7), SCM_RIGHTS: descriptors are duplicated into who receives them; what finds no room is closed and told by MSG_CTRUNC;
// a look at a message has copies of its own; what is never received is closed.
// calls: sendmsg recvmsg socketpair
#include "sock.h"

static int pipe_end(int p[2]) {
    OK(pipe(p));
    return p[1];
}

// Whether all writers of a pipe are gone.
static int hung_up(int reader) {
    struct pollfd p = {.fd = reader, .events = POLLIN};
    OK(poll(&p, 1, 0));
    return (p.revents & POLLHUP) != 0;
}

static void one_way(int kind) {
    int s[2], p[2];
    char buf[64];
    OK(socketpair(AF_UNIX, kind, 0, s));
    int w = pipe_end(p);
    CHECK_EQ(sock_send_fds(s[0], "abc", 3, &w, 1, 0), 3);
    OK(close(w));
    CHECK(!hung_up(p[0]));
    struct sock_got got = sock_recv_fds(s[1], buf, sizeof buf, 4, MSG_CMSG_CLOEXEC);
    CHECK_EQ(got.len, 3);
    CHECK_EQ(got.count, 1);
    CHECK_EQ(got.flags & ~MSG_EOR, MSG_CMSG_CLOEXEC);
    CHECK_EQ(OK(fcntl(got.fds[0], F_GETFD)), FD_CLOEXEC);
    CHECK_EQ(write(got.fds[0], "x", 1), 1);
    CHECK_EQ(read(p[0], buf, 1), 1);
    OK(close(got.fds[0]));
    CHECK(hung_up(p[0]));
    OK(close(p[0]));

    // Without the flag it stays over exec; offsets are shared, so it is the same description.
    int file = OK(memfd_create("x", 0));
    CHECK_EQ(sock_send_fds(s[0], "d", 1, &file, 1, 0), 1);
    got = sock_recv_fds(s[1], buf, sizeof buf, 4, 0);
    CHECK_EQ(got.count, 1);
    CHECK_EQ(OK(fcntl(got.fds[0], F_GETFD)), 0);
    CHECK_EQ(write(got.fds[0], "12345", 5), 5);
    CHECK_EQ(lseek(file, 0, SEEK_CUR), 5);
    OK(close(got.fds[0])), OK(close(file));

    // A look has its own copies, the message stays.
    w = pipe_end(p);
    CHECK_EQ(sock_send_fds(s[0], "peek", 4, &w, 1, 0), 4);
    OK(close(w));
    got = sock_recv_fds(s[1], buf, sizeof buf, 4, MSG_PEEK);
    CHECK_EQ(got.len, 4);
    CHECK_EQ(got.count, 1);
    OK(close(got.fds[0]));
    CHECK(!hung_up(p[0]));
    got = sock_recv_fds(s[1], buf, sizeof buf, 4, 0);
    CHECK_EQ(got.len, 4);
    CHECK_EQ(got.count, 1);
    OK(close(got.fds[0]));
    CHECK(hung_up(p[0]));
    OK(close(p[0]));

    // No room: closed, and told.
    w = pipe_end(p);
    CHECK_EQ(sock_send_fds(s[0], "y", 1, &w, 1, 0), 1);
    OK(close(w));
    got = sock_recv_fds(s[1], buf, sizeof buf, 0, 0);
    CHECK_EQ(got.len, 1);
    CHECK_EQ(got.count, 0);
    CHECK(got.flags & MSG_CTRUNC);
    CHECK(hung_up(p[0]));
    OK(close(p[0]));

    // Room for some.
    w = pipe_end(p);
    int three[3] = {w, w, w};
    CHECK_EQ(sock_send_fds(s[0], "z", 1, three, 3, 0), 1);
    got = sock_recv_fds(s[1], buf, sizeof buf, 2, 0);
    CHECK_EQ(got.count, 2);
    CHECK(got.flags & MSG_CTRUNC);
    OK(close(got.fds[0])), OK(close(got.fds[1])), OK(close(w));
    CHECK(hung_up(p[0]));
    OK(close(p[0]));

    // read(2) and recv(2) let them go.
    w = pipe_end(p);
    CHECK_EQ(sock_send_fds(s[0], "r", 1, &w, 1, 0), 1);
    OK(close(w));
    CHECK_EQ(read(s[1], buf, sizeof buf), 1);
    CHECK(hung_up(p[0]));
    OK(close(p[0]));

    // What waits when the receiver goes is closed with it.
    w = pipe_end(p);
    CHECK_EQ(sock_send_fds(s[0], "c", 1, &w, 1, 0), 1);
    OK(close(w));
    CHECK(!hung_up(p[0]));
    OK(close(s[1]));
    CHECK(hung_up(p[0]));
    OK(close(s[0])), OK(close(p[0]));
}

// Numbers run out: as many as there is room for, and MSG_CTRUNC.
static void few_numbers(void) {
    int s[2], p[2];
    char buf[8];
    OK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s));
    int w = pipe_end(p);
    int five[5] = {w, w, w, w, w};
    CHECK_EQ(sock_send_fds(s[0], "n", 1, five, 5, 0), 1);
    struct rlimit limit, low;
    OK(getrlimit(RLIMIT_NOFILE, &limit));
    int next = OK(dup(0));
    OK(close(next));
    low = limit;
    low.rlim_cur = next + 2;
    OK(setrlimit(RLIMIT_NOFILE, &low));
    struct sock_got got = sock_recv_fds(s[1], buf, sizeof buf, 5, 0);
    OK(setrlimit(RLIMIT_NOFILE, &limit));
    CHECK_EQ(got.len, 1);
    CHECK_EQ(got.count, 2);
    CHECK(got.flags & MSG_CTRUNC);
    OK(close(got.fds[0])), OK(close(got.fds[1])), OK(close(w));
    CHECK(hung_up(p[0]));
    OK(close(s[0])), OK(close(s[1])), OK(close(p[0]));
}

// A stream keeps descriptors at their bytes.
static void in_a_stream(void) {
    int s[2], p[2];
    char buf[64];
    OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    int w = pipe_end(p);
    CHECK_EQ(write(s[0], "aa", 2), 2);
    CHECK_EQ(sock_send_fds(s[0], "bb", 2, &w, 1, 0), 2);
    CHECK_EQ(write(s[0], "cc", 2), 2);
    struct sock_got got = sock_recv_fds(s[1], buf, sizeof buf, 4, 0);
    CHECK_EQ(got.len, 4);
    CHECK_EQ(got.count, 1);
    OK(close(got.fds[0]));
    got = sock_recv_fds(s[1], buf, sizeof buf, 4, 0);
    CHECK_EQ(got.len, 2);
    CHECK_EQ(got.count, 0);
    // Part of the bytes brings them all the same, once.
    CHECK_EQ(sock_send_fds(s[0], "dddd", 4, &w, 1, 0), 4);
    got = sock_recv_fds(s[1], buf, 1, 4, 0);
    CHECK_EQ(got.len, 1);
    CHECK_EQ(got.count, 1);
    OK(close(got.fds[0]));
    got = sock_recv_fds(s[1], buf, sizeof buf, 4, 0);
    CHECK_EQ(got.len, 3);
    CHECK_EQ(got.count, 0);
    OK(close(w)), OK(close(p[0])), OK(close(s[0])), OK(close(s[1]));
}

static void errors(void) {
    int s[2], fds[254], bad = 999;
    OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    for (int i = 0; i < 254; i++) fds[i] = s[0];
    CHECK_ERRNO(sock_send_fds(s[0], "x", 1, fds, 254, 0), EINVAL);
    CHECK_EQ(sock_send_fds(s[0], "x", 1, fds, 253, 0), 1);
    CHECK_ERRNO(sock_send_fds(s[0], "x", 1, &bad, 1, 0), EBADF);
    int mixed[2] = {s[0], -1};
    CHECK_ERRNO(sock_send_fds(s[0], "x", 1, mixed, 2, 0), EBADF);
    char byte;
    struct sock_got got = sock_recv_fds(s[1], &byte, 1, 253, 0);
    CHECK_EQ(got.count, 253);
    for (int i = 0; i < 253; i++) OK(close(got.fds[i]));
    // A piece that is too short, and one that is too long.
    union {
        char bytes[64];
        struct cmsghdr header;
    } control = {.header = {.cmsg_len = 8, .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    struct iovec iov = {"x", 1};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = 24};
    CHECK_ERRNO(sendmsg(s[0], &m, 0), EINVAL);
    control.header.cmsg_len = 32;
    CHECK_ERRNO(sendmsg(s[0], &m, 0), EINVAL);
    control.header.cmsg_len = 20, control.header.cmsg_type = 99;
    CHECK_ERRNO(sendmsg(s[0], &m, 0), EINVAL);
    m.msg_control = h_bad;
    CHECK_ERRNO(sendmsg(s[0], &m, 0), EFAULT);
    CHECK_ERRNO(recv(s[1], &byte, 1, MSG_DONTWAIT), EAGAIN);
    OK(close(s[0])), OK(close(s[1]));
}

// A socket that waits in itself, and two that wait in each other.
static void circles(void) {
    int s[2], t[2], p[2];
    for (int round = 0; round < 20; round++) {
        OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
        OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, t));
        int w = pipe_end(p);
        CHECK_EQ(sock_send_fds(s[0], "x", 1, &t[1], 1, 0), 1);
        CHECK_EQ(sock_send_fds(s[0], "w", 1, &w, 1, 0), 1);
        CHECK_EQ(sock_send_fds(t[0], "y", 1, &s[1], 1, 0), 1);
        CHECK_EQ(sock_send_fds(t[0], "z", 1, t, 2, 0), 1);
        OK(close(s[0])), OK(close(s[1])), OK(close(t[0])), OK(close(t[1])), OK(close(w));
        struct pollfd gone = {.fd = p[0], .events = POLLIN};
        // Linux collects what nobody can reach when the next socket closes, on a queue of work.
        for (int i = 0; i < 500 && poll(&gone, 1, 10) == 0; i++) {
            OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
            OK(close(s[0])), OK(close(s[1]));
        }
        CHECK(gone.revents & POLLHUP);
        OK(close(p[0]));
    }
}

// More than net.core.optmem_max is not even looked at.
static void too_much(void) {
    enum { MUCH = 128 << 10 };
    int s[2];
    OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    char *control = h_pages(MUCH / PAGE);
    for (int at = 0; at < MUCH; at += 16) {
        struct cmsghdr other = {.cmsg_len = sizeof other, .cmsg_level = SOL_SOCKET + 1};
        memcpy(control + at, &other, sizeof other);
    }
    struct iovec iov = {"x", 1};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = MUCH};
    CHECK_ERRNO(sendmsg(s[0], &m, 0), ENOBUFS);
    m.msg_controllen = MUCH / 2;
    CHECK_EQ(sendmsg(s[0], &m, 0), 1);
    OK(close(s[0])), OK(close(s[1]));
}

int main(void) {
    too_much();
    one_way(SOCK_STREAM);
    one_way(SOCK_DGRAM);
    one_way(SOCK_SEQPACKET);
    few_numbers();
    in_a_stream();
    errors();
    circles();
    return 0;
}
