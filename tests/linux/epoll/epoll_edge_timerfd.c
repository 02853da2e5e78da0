// epoll(7), EPOLLET on timerfd_create(2): each expiry is news, reading is none; one that was read between waits is not reported.
// calls: epoll_ctl epoll_pwait timerfd_settime
#include "epoll.h"
#include <sys/timerfd.h>

static void in_ms(int fd, long ms) {
    struct itimerspec at = {.it_value = {0, ms * 1000000}};
    OK(timerfd_settime(fd, 0, &at, NULL));
}

static uint32_t wait_for(int set, int fd) {
    struct epoll_event e;
    CHECK_EQ(epoll_wait(set, &e, 1, 5000), 1);
    CHECK_EQ(e.data.fd, fd);
    return e.events;
}

int main(void) {
    int set = OK(epoll_create1(0)), fd = OK(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
    ep_add(set, fd, EPOLLIN | EPOLLET);
    CHECK_EQ(ep_now(set, fd), 0);
    for (int i = 0; i < 3; i++) {
        in_ms(fd, 2);
        CHECK_EQ(wait_for(set, fd), EPOLLIN);
        CHECK_EQ(ep_now(set, fd), 0);
        if (i == 1) CHECK_EQ(ep_take(fd), 1);
        CHECK_EQ(ep_now(set, fd), 0);
    }
    CHECK_EQ(ep_take(fd), 1);
    in_ms(fd, 1);
    h_sleep_ms(5);
    CHECK_EQ(ep_take(fd), 1);
    CHECK_EQ(ep_now(set, fd), 0);
    OK(ep_ctl(set, EPOLL_CTL_MOD, fd, EPOLLIN)); // and level-triggered
    in_ms(fd, 1);
    CHECK_EQ(wait_for(set, fd), EPOLLIN);
    CHECK_EQ(ep_now(set, fd), EPOLLIN);
    CHECK_EQ(ep_take(fd), 1);
    CHECK_EQ(ep_now(set, fd), 0);
    return 0;
}
