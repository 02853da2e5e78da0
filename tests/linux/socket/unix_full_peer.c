// unix(7), poll(2), epoll(7): a datagram socket whose peer's queue is full is not writable until there is room, or the peer is gone or
// another; one that is nobody's peer is; a reconnect loses what the old peer sent and tells it.
// calls: connect sendto ppoll epoll_pwait
#include "sock.h"
#include <sys/epoll.h>

static int writable(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    CHECK(poll(&p, 1, 0) >= 0);
    return !!(p.revents & POLLOUT);
}

static int datagrams(const char *name) {
    int fd = OK(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    if (name) OK(sock_bind(fd, name));
    return fd;
}

// Fills the queue of the peer; how many there was room for.
static int fill(int fd) {
    int n = 0;
    while (send(fd, "x", 1, 0) == 1) n++;
    CHECK_EQ(errno, EAGAIN);
    return n;
}

int main(void) {
    char text[8];
    int server = datagrams("@full"), a = datagrams("@a"), b = datagrams(NULL), other = datagrams("@other");
    OK(sock_connect(a, "@full"));
    OK(sock_connect(b, "@full"));
    CHECK(writable(a) && writable(b));
    int set = OK(epoll_create1(0));
    struct epoll_event e = {.events = EPOLLOUT | EPOLLET, .data.fd = a};
    OK(epoll_ctl(set, EPOLL_CTL_ADD, a, &e));
    CHECK_EQ(epoll_wait(set, &e, 1, 0), 1);
    int room = fill(a);
    CHECK(room > 1);
    CHECK(!writable(a));
    CHECK(!writable(b)); // the queue is everybody's
    CHECK(writable(other));
    CHECK_ERRNO(sock_sendto(other, "x", 0, "@full"), EAGAIN);
    CHECK(writable(other)); // it has no peer
    CHECK_EQ(epoll_wait(set, &e, 1, 0), 0);
    CHECK_EQ(recv(server, text, sizeof text, 0), 1);
    CHECK_EQ(epoll_wait(set, &e, 1, 0), 1);
    CHECK(writable(a) && writable(b));
    // A poll that waits hears of room.
    fill(b);
    pid_t child = h_fork();
    if (child == 0) {
        struct pollfd p = {.fd = a, .events = POLLOUT};
        CHECK_EQ(poll(&p, 1, 20000), 1);
        CHECK_EQ(p.revents, POLLOUT);
        CHECK_EQ(send(a, "y", 1, 0), 1);
        _exit(0);
    }
    h_until_asleep(child, 0);
    CHECK_EQ(recv(server, text, sizeof text, 0), 1);
    h_join(child);
    // Another peer has room; so has none.
    CHECK(!writable(a));
    OK(sock_connect(a, "@other"));
    CHECK(writable(a));
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    CHECK(!writable(b));
    OK(connect(b, &none, sizeof none));
    CHECK(writable(b));
    CHECK_ERRNO(send(b, "x", 1, 0), ENOTCONN);
    // A peer that goes.
    OK(sock_connect(b, "@full"));
    CHECK(!writable(b));
    OK(close(server));
    CHECK(writable(b));
    CHECK_ERRNO(send(b, "x", 1, 0), ECONNREFUSED);

    // Both send to each other: the queue has no bound but the sender's. Whoever leaves loses what waits, and the other is told.
    int c = datagrams("@c"), d = datagrams("@d");
    OK(sock_connect(c, "@d"));
    OK(sock_connect(d, "@c"));
    for (int i = 0; i < 40; i++) CHECK_EQ(send(c, "x", 1, 0), 1);
    CHECK(writable(c));
    CHECK_ERRNO(sock_sendto(other, "x", 0, "@d"), EPERM);
    OK(sock_connect(d, "@other"));
    CHECK_ERRNO(recv(d, text, sizeof text, 0), EAGAIN);
    CHECK_ERRNO(send(c, "x", 1, 0), ECONNRESET);
    CHECK_ERRNO(send(c, "x", 1, 0), EPERM);
    // The same peer again loses nothing.
    int f = datagrams("@f");
    OK(sock_connect(f, "@other"));
    OK(connect(other, &none, sizeof none));
    OK(sock_connect(other, "@f"));
    CHECK_EQ(send(other, "x", 1, 0), 1);
    OK(sock_connect(f, "@other"));
    CHECK_EQ(recv(f, text, sizeof text, 0), 1);
    return 0;
}
