// epoll_wait(2): an event that cannot be copied is not lost, edge-triggered and one-shot ones included; those before it are
// reported.
// calls: epoll_pwait
#include "epoll.h"
#include <sys/mman.h>

int main(void) {
    char *page = h_pages(2);
    OK(munmap(page + PAGE, PAGE));
    struct epoll_event *last = (void *)(page + PAGE - sizeof *last);
    uint32_t options[] = {0, EPOLLET, EPOLLONESHOT, EPOLLET | EPOLLONESHOT};
    for (int i = 0; i < 4; i++) {
        int set = OK(epoll_create1(0)), fd = OK(eventfd(1, 0)), other = OK(eventfd(1, 0));
        ep_add(set, fd, EPOLLIN | options[i]);
        CHECK_ERRNO(epoll_wait(set, h_bad, 4, -1), EFAULT);
        CHECK_ERRNO(epoll_wait(set, last + 1, 4, -1), EFAULT);
        CHECK_EQ(ep_now(set, fd), EPOLLIN);
        CHECK_EQ(ep_now(set, fd), i == 0 ? EPOLLIN : 0);
        OK(ep_ctl(set, EPOLL_CTL_MOD, fd, EPOLLIN | options[i]));
        ep_add(set, other, EPOLLIN | options[i]);
        CHECK_EQ(epoll_wait(set, last, 4, -1), 1);
        int first = last->data.fd;
        CHECK(first == fd || first == other);
        if (i != 0) CHECK_EQ(ep_now(set, fd + other - first), EPOLLIN);
        OK(close(set)), OK(close(fd)), OK(close(other));
    }
    return 0;
}
