// eventfd(2): the counter adds up, a read takes all or one, the most that fits, what is refused.
// calls: eventfd2
#include "epoll.h"
#include <poll.h>

int main(void) {
    CHECK_ERRNO(eventfd(0, 2), EINVAL);
    int fd = OK(eventfd(5, EFD_NONBLOCK | EFD_CLOEXEC)), one = OK(eventfd(2, EFD_NONBLOCK | EFD_SEMAPHORE));
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDWR | O_NONBLOCK);
    ep_put(fd, 7);
    CHECK_EQ(ep_take(fd), 12);
    uint64_t n[2];
    CHECK_ERRNO(read(fd, n, 8), EAGAIN);
    CHECK_ERRNO(read(fd, n, 7), EINVAL);
    CHECK_ERRNO(write(fd, n, 7), EINVAL);
    n[0] = UINT64_MAX;
    CHECK_ERRNO(write(fd, n, 8), EINVAL);
    ep_put(fd, UINT64_MAX - 1);
    n[0] = 1;
    CHECK_ERRNO(write(fd, n, 8), EAGAIN);
    struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};
    CHECK_EQ(poll(&p, 1, 0), 1);
    CHECK_EQ(p.revents, POLLIN);
    CHECK_EQ(read(fd, n, 16), 8);
    CHECK_EQ(n[0], UINT64_MAX - 1);
    CHECK_EQ(poll(&p, 1, 0), 1);
    CHECK_EQ(p.revents, POLLOUT);
    ep_put(fd, 0); // adds nothing, and does not make it readable
    CHECK_EQ(poll(&p, 1, 0), 1);
    CHECK_EQ(p.revents, POLLOUT);
    CHECK_EQ(write(fd, (uint64_t[]){3, 4}, 16), 8);
    CHECK_EQ(ep_take(fd), 3);
    CHECK_EQ(ep_take(one), 1);
    CHECK_EQ(ep_take(one), 1);
    CHECK_ERRNO(read(one, n, 8), EAGAIN);
    CHECK_ERRNO(write(fd, h_bad, 8), EFAULT);
    CHECK_ERRNO(pread(fd, n, 8, 0), ESPIPE);
    return 0;
}
