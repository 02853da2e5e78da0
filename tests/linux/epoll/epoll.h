// Short forms for the tests of epoll: interests carry their descriptor's number.
#include "../harness.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

static H_UNUSED int ep_ctl(int set, int op, int fd, uint32_t events) {
    struct epoll_event e = {.events = events, .data.u64 = (uint32_t)fd};
    return epoll_ctl(set, op, fd, &e);
}

static H_UNUSED void ep_add(int set, int fd, uint32_t events) { OK(ep_ctl(set, EPOLL_CTL_ADD, fd, events)); }

// What is reported now: the events of `fd`, 0 if there are none; nothing else may be reported.
static H_UNUSED uint32_t ep_now(int set, int fd) {
    struct epoll_event e[4];
    int n = OK(epoll_wait(set, e, 4, 0));
    if (n == 0) return 0;
    CHECK_EQ(n, 1);
    CHECK_EQ(e[0].data.u64, (uint64_t)fd);
    return e[0].events;
}

static H_UNUSED void ep_put(int fd, uint64_t n) { CHECK_EQ(write(fd, &n, 8), 8); }

static H_UNUSED uint64_t ep_take(int fd) {
    uint64_t n = 0;
    CHECK_EQ(read(fd, &n, 8), 8);
    return n;
}
