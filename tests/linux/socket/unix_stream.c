// unix(7), streams: bytes without borders, looks, waiting for all; shutdown(2) of each direction; SIGPIPE; options of socket(7).
// calls: socketpair sendto recvfrom shutdown setsockopt getsockopt
#include "sock.h"

static volatile int pipes;
static void on_pipe(int signal) {
    (void)signal;
    pipes++;
}

static void bytes(void) {
    int s[2];
    char buf[64] = {0};
    OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_EQ(write(s[0], "ab", 2), 2);
    CHECK_EQ(write(s[0], "cdef", 4), 4);
    int waiting = 0;
    OK(ioctl(s[1], FIONREAD, &waiting));
    CHECK_EQ(waiting, 6);
    CHECK_EQ(recv(s[1], buf, sizeof buf, MSG_PEEK), 6);
    CHECK(!memcmp(buf, "abcdef", 6));
    CHECK_EQ(recv(s[1], buf, 3, 0), 3);
    OK(ioctl(s[1], FIONREAD, &waiting));
    CHECK_EQ(waiting, 3);
    CHECK_EQ(recv(s[1], buf, sizeof buf, MSG_PEEK), 3);
    CHECK(!memcmp(buf, "def", 3));
    CHECK_EQ(read(s[1], buf, 1), 1);
    CHECK_EQ(read(s[1], buf, 0), 0);
    CHECK_EQ(read(s[1], buf, sizeof buf), 2);
    CHECK_ERRNO(recv(s[1], buf, 1, MSG_DONTWAIT), EAGAIN);
    CHECK_ERRNO(recv(s[1], buf, 1, MSG_DONTWAIT | MSG_PEEK), EAGAIN);
    // All of it, in pieces from another process.
    pid_t child = h_fork();
    if (child == 0) {
        for (int i = 0; i < 10; i++) {
            CHECK_EQ(write(s[0], "12345", 5), 5);
            sched_yield();
        }
        _exit(0);
    }
    CHECK_EQ(recv(s[1], buf, 50, MSG_WAITALL), 50);
    h_join(child);
    CHECK(!memcmp(buf + 45, "12345", 5));
    // An address is of no use here.
    CHECK_ERRNO(sock_sendto(s[0], "x", 0, "@x"), EISCONN);
    int fresh = OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_ERRNO(sock_sendto(fresh, "x", 0, "@x"), EOPNOTSUPP);
    CHECK_ERRNO(send(fresh, "x", 1, 0), ENOTCONN);
    CHECK_ERRNO(recv(fresh, buf, 1, 0), EINVAL);
    struct pollfd p = {.fd = fresh, .events = POLLIN | POLLOUT};
    CHECK_EQ(poll(&p, 1, 0), 1);
    CHECK_EQ(p.revents, POLLOUT | POLLHUP);
    OK(close(fresh));
    fresh = OK(socket(AF_UNIX, SOCK_SEQPACKET, 0));
    CHECK_ERRNO(send(fresh, "x", 1, 0), ENOTCONN);
    CHECK_ERRNO(recv(fresh, buf, 1, 0), ENOTCONN);
    OK(close(fresh)), OK(close(s[0])), OK(close(s[1]));
}

// Much data through the bounded queue keeps its order.
static void much(void) {
    int s[2];
    enum { TOTAL = 1 << 20 };
    OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    OK(fcntl(s[0], F_SETFL, O_NONBLOCK));
    static unsigned char out[100000], in[4096];
    int filled = 0;
    ssize_t n;
    while ((n = write(s[0], out, sizeof out)) > 0) filled += n;
    CHECK_EQ(errno, EAGAIN);
    CHECK(filled >= 100000 && filled < 1000000);
    for (int left = filled; left > 0;) left -= OK(read(s[1], in, sizeof in));
    OK(fcntl(s[0], F_SETFL, 0));
    pid_t child = h_fork();
    if (child == 0) {
        unsigned char value = 0;
        for (int sent = 0; sent < TOTAL;) {
            int len = 1 + sent % 5003;
            if (len > TOTAL - sent) len = TOTAL - sent;
            for (int i = 0; i < len; i++) out[i] = value++;
            CHECK_EQ(write(s[0], out, len), len);
            sent += len;
        }
        _exit(0);
    }
    unsigned char value = 0;
    for (int got = 0; got < TOTAL;) {
        n = OK(read(s[1], in, 1 + got % sizeof in));
        for (int i = 0; i < n; i++) CHECK_EQ(in[i], value++);
        got += n;
    }
    h_join(child);
    OK(close(s[0])), OK(close(s[1]));
}

static void directions(void) {
    int s[2];
    char buf[8];
    h_on_signal(SIGPIPE, on_pipe, 0);
    OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_EQ(write(s[0], "last", 4), 4);
    OK(shutdown(s[0], SHUT_WR));
    CHECK_ERRNO(write(s[0], "x", 1), EPIPE);
    CHECK_EQ(pipes, 1);
    CHECK_ERRNO(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE);
    CHECK_EQ(pipes, 1);
    struct pollfd p = {.fd = s[1], .events = POLLIN | POLLRDHUP | POLLOUT};
    CHECK_EQ(poll(&p, 1, 0), 1);
    CHECK_EQ(p.revents, POLLIN | POLLRDHUP | POLLOUT);
    CHECK_EQ(read(s[1], buf, sizeof buf), 4);
    CHECK_EQ(read(s[1], buf, sizeof buf), 0);
    // The other direction goes on.
    CHECK_EQ(write(s[1], "on", 2), 2);
    CHECK_EQ(read(s[0], buf, sizeof buf), 2);
    OK(shutdown(s[0], SHUT_RD));
    CHECK_ERRNO(send(s[1], "x", 1, MSG_NOSIGNAL), EPIPE);
    CHECK_EQ(poll(&p, 1, 0), 1);
    CHECK_EQ(p.revents, POLLIN | POLLRDHUP | POLLOUT | POLLHUP);
    CHECK_ERRNO(shutdown(s[0], 3), EINVAL);
    CHECK_ERRNO(shutdown(-1, 0), EBADF);
    OK(close(s[0])), OK(close(s[1]));
    // A reader that waits is woken by a shutdown, of its own end too.
    for (int own = 0; own < 2; own++) {
        OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
        pid_t child = h_fork();
        if (child == 0) {
            CHECK_EQ(read(s[1], buf, 1), 0);
            _exit(0);
        }
        h_until_asleep(child, 0);
        OK(own ? shutdown(s[1], SHUT_RD) : shutdown(s[0], SHUT_WR));
        h_join(child);
        OK(close(s[0])), OK(close(s[1]));
    }
    // A writer that waits is woken by the close.
    OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    pid_t child = h_fork();
    if (child == 0) {
        OK(close(s[1]));
        static char large[1 << 20];
        CHECK(send(s[0], large, sizeof large, MSG_NOSIGNAL) > 0);
        CHECK_ERRNO(send(s[0], large, 1, MSG_NOSIGNAL), EPIPE);
        _exit(0);
    }
    h_until_asleep(child, 0);
    OK(close(s[1]));
    h_join(child);
    OK(close(s[0]));
}

static void options(void) {
    int s[2], value = 1;
    OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_EQ(sock_option(s[0], SO_TYPE), SOCK_STREAM);
    CHECK_EQ(sock_option(s[0], SO_SNDBUF), 212992);
    CHECK_EQ(sock_option(s[0], SO_RCVBUF), 212992);
    CHECK_EQ(sock_option(s[0], SO_ERROR), 0);
    CHECK_EQ(sock_option(s[0], SO_PROTOCOL), 0);
    value = 10000;
    OK(setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &value, sizeof value));
    CHECK_EQ(sock_option(s[0], SO_SNDBUF), 20000);
    value = 1;
    OK(setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &value, sizeof value));
    CHECK_EQ(sock_option(s[0], SO_SNDBUF), 4608);
    OK(setsockopt(s[0], SOL_SOCKET, SO_RCVBUF, &value, sizeof value));
    CHECK_EQ(sock_option(s[0], SO_RCVBUF), 2304);
    OK(setsockopt(s[0], SOL_SOCKET, SO_REUSEADDR, &value, sizeof value));
    CHECK_EQ(sock_option(s[0], SO_REUSEADDR), 1);
    CHECK_ERRNO(setsockopt(s[0], SOL_SOCKET, 9999, &value, sizeof value), ENOPROTOOPT);
    CHECK_ERRNO(setsockopt(s[0], 6, 1, &value, sizeof value), EOPNOTSUPP);
    CHECK_ERRNO(setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &value, 3), EINVAL);
    CHECK_ERRNO(setsockopt(0, SOL_SOCKET, SO_SNDBUF, &value, 4), ENOTSOCK);
    socklen_t len = 2;
    OK(getsockopt(s[0], SOL_SOCKET, SO_TYPE, &value, &len));
    CHECK_EQ(len, 2);
    CHECK_ERRNO(getsockopt(s[0], SOL_SOCKET, 9999, &value, &len), ENOPROTOOPT);
    CHECK_ERRNO(getsockopt(s[0], SOL_SOCKET, SO_TYPE, &value, h_bad), EFAULT);
    // Time-outs.
    struct timeval t = {.tv_usec = 30000}, got;
    OK(setsockopt(s[1], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
    len = sizeof got;
    OK(getsockopt(s[1], SOL_SOCKET, SO_RCVTIMEO, &got, &len));
    CHECK_EQ(len, sizeof got);
    CHECK(got.tv_sec == 0 && got.tv_usec >= 30000 && got.tv_usec < 50000);
    char byte;
    int64_t before = h_now_ns(CLOCK_MONOTONIC);
    CHECK_ERRNO(read(s[1], &byte, 1), EAGAIN);
    CHECK(h_now_ns(CLOCK_MONOTONIC) - before >= 29000000);
    t.tv_usec = 1000000;
    CHECK_ERRNO(setsockopt(s[1], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t), EDOM);
    OK(close(s[0])), OK(close(s[1]));
}

int main(void) {
    bytes();
    much();
    directions();
    options();
    return 0;
}
