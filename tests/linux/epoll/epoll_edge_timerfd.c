// epoll(7), EPOLLET: each expiry that follows a read is one event; a level-triggered interest stays until the read; also between two waits.
// calls: timerfd_create timerfd_settime epoll_ctl epoll_pwait
#include "epoll.h"
#include <sys/timerfd.h>

#define MS 1000000L

static uint32_t ep_wait(int set, int fd) {
    struct epoll_event e;
    CHECK_EQ(epoll_wait(set, &e, 1, -1), 1);
    CHECK_EQ(e.data.u64, (uint64_t)fd);
    return e.events;
}

int main(void) {
    struct itimerspec once = {.it_value = {0, MS}}, often = {.it_value = {0, MS}, .it_interval = {0, MS}};
    int edge = OK(epoll_create1(0)), level = OK(epoll_create1(0)), fd = OK(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
    ep_add(edge, fd, EPOLLIN | EPOLLOUT | EPOLLET);
    ep_add(level, fd, EPOLLIN);
    CHECK_EQ(ep_now(edge, fd), 0);
    for (int i = 0; i < 3; i++) {
        OK(timerfd_settime(fd, 0, &once, NULL));
        CHECK_EQ(ep_wait(edge, fd), EPOLLIN);
        CHECK_EQ(ep_now(edge, fd), 0);
        CHECK_EQ(ep_wait(level, fd), EPOLLIN); // sets are told one after the other
        CHECK_EQ(ep_now(level, fd), EPOLLIN);
        if (i != 1) CHECK_EQ(ep_take(fd), 1); // set anew without a read: news all the same
        CHECK_EQ(ep_now(edge, fd), 0);
        if (i != 1) CHECK_EQ(ep_now(level, fd), 0);
    }
    // Periods that nobody read are no news; those after a read are.
    OK(timerfd_settime(fd, 0, &often, NULL));
    CHECK_EQ(ep_wait(edge, fd), EPOLLIN);
    h_sleep_ms(5);
    CHECK_EQ(ep_now(edge, fd), 0);
    CHECK(ep_take(fd) >= 5);
    CHECK_EQ(ep_wait(edge, fd), EPOLLIN);
    // Readable, read, readable between two waits.
    CHECK(ep_take(fd) >= 1);
    h_sleep_ms(3);
    CHECK_EQ(ep_now(edge, fd), EPOLLIN);
    CHECK_EQ(ep_now(edge, fd), 0);
    OK(close(fd));
    CHECK_EQ(ep_now(edge, fd), 0);
    CHECK_EQ(ep_now(level, fd), 0);
    return 0;
}
