// epoll(7): a set in a set. It is readable while it has something to report; with EPOLLET each event in it is news.
// calls: epoll_ctl epoll_pwait
#include "epoll.h"
#include <poll.h>

int main(void) {
    int inner = OK(epoll_create1(0)), outer = OK(epoll_create1(0)), edge = OK(epoll_create1(0)), top = OK(epoll_create1(0));
    int fd = OK(eventfd(0, EFD_NONBLOCK));
    ep_add(inner, fd, EPOLLIN);
    ep_add(outer, inner, EPOLLIN);
    ep_add(edge, inner, EPOLLIN | EPOLLET);
    ep_add(top, outer, EPOLLIN);
    struct pollfd p = {.fd = top, .events = POLLIN | POLLOUT};
    CHECK_EQ(poll(&p, 1, 0), 0);
    CHECK_EQ(ep_now(outer, inner), 0);
    ep_put(fd, 1);
    CHECK_EQ(poll(&p, 1, 0), 1);
    CHECK_EQ(p.revents, POLLIN);
    CHECK_EQ(ep_now(top, outer), EPOLLIN);
    CHECK_EQ(ep_now(outer, inner), EPOLLIN);
    CHECK_EQ(ep_now(edge, inner), EPOLLIN);
    CHECK_EQ(ep_now(edge, inner), 0);
    CHECK_EQ(ep_now(outer, inner), EPOLLIN);
    ep_put(fd, 1);
    CHECK_EQ(ep_now(edge, inner), EPOLLIN);
    CHECK_EQ(ep_now(inner, fd), EPOLLIN);
    CHECK_EQ(ep_now(edge, inner), 0);
    CHECK_EQ(ep_now(outer, inner), EPOLLIN);
    CHECK_EQ(ep_take(fd), 2);
    CHECK_EQ(ep_now(top, outer), 0);
    CHECK_EQ(ep_now(outer, inner), 0);
    CHECK_EQ(poll(&p, 1, 0), 0);
    // What is inside with EPOLLET counts as long as it was not fetched.
    OK(ep_ctl(inner, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLET));
    ep_put(fd, 1);
    CHECK_EQ(ep_now(outer, inner), EPOLLIN);
    CHECK_EQ(ep_now(outer, inner), EPOLLIN);
    CHECK_EQ(ep_now(inner, fd), EPOLLIN);
    CHECK_EQ(ep_now(outer, inner), 0);
    // A thread that waits at the top is woken from the bottom.
    pid_t child = h_fork();
    if (child == 0) {
        struct epoll_event e;
        CHECK_EQ(epoll_wait(top, &e, 1, -1), 1);
        CHECK_EQ(e.data.fd, outer);
        _exit(0);
    }
    h_until_asleep(child, child);
    ep_put(fd, 1);
    h_join(child);
    return 0;
}
