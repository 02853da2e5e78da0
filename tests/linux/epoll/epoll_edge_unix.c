// epoll(7), EPOLLET on connected unix sockets: each message is news, reading one's own is none, and the peer's shutdown and
// close are.
// calls: epoll_ctl epoll_pwait
#include "epoll.h"
#include <sys/socket.h>

static void run(int type) {
    int ends[2], set = OK(epoll_create1(0));
    char bytes[8];
    OK(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, ends));
    ep_add(set, ends[0], EPOLLIN | EPOLLRDHUP | EPOLLET);
    CHECK_EQ(ep_now(set, ends[0]), 0);
    CHECK_EQ(write(ends[1], "ab", 2), 2);
    CHECK_EQ(ep_now(set, ends[0]), EPOLLIN);
    CHECK_EQ(ep_now(set, ends[0]), 0);
    CHECK_EQ(write(ends[1], "c", 1), 1);
    CHECK_EQ(ep_now(set, ends[0]), EPOLLIN);
    CHECK_EQ(read(ends[0], bytes, 1), 1);
    CHECK_EQ(ep_now(set, ends[0]), 0);
    CHECK_EQ(write(ends[0], "x", 1), 1); // the other direction
    CHECK_EQ(ep_now(set, ends[0]), 0);
    CHECK_EQ(read(ends[1], bytes, 1), 1); // closing with something unread would be an error besides
    if (type != SOCK_DGRAM) {
        OK(shutdown(ends[1], SHUT_WR));
        CHECK_EQ(ep_now(set, ends[0]), EPOLLIN | EPOLLRDHUP);
        CHECK_EQ(ep_now(set, ends[0]), 0);
        OK(close(ends[1]));
        CHECK_EQ(ep_now(set, ends[0]), EPOLLIN | EPOLLRDHUP | EPOLLHUP);
        CHECK_EQ(ep_now(set, ends[0]), 0);
    }
    // Each end has its own news.
    OK(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, ends));
    int out = OK(epoll_create1(0));
    ep_add(out, ends[0], EPOLLOUT | EPOLLET);
    CHECK_EQ(ep_now(out, ends[0]), EPOLLOUT);
    CHECK_EQ(ep_now(out, ends[0]), 0);
    CHECK_EQ(write(ends[1], "q", 1), 1);
    CHECK_EQ(ep_now(out, ends[0]), 0);
    CHECK_EQ(write(ends[0], "r", 1), 1);
    CHECK_EQ(ep_now(out, ends[0]), 0);
}

int main(void) {
    run(SOCK_STREAM);
    run(SOCK_SEQPACKET);
    run(SOCK_DGRAM);
    return 0;
}
