// epoll_ctl(2): which descriptors and operations are refused, and how.
// calls: epoll_ctl
#include "epoll.h"

int main(void) {
    int set = OK(epoll_create1(0)), fd = OK(eventfd(0, 0));
    h_scratch();
    int file = OK(open("file", O_RDWR | O_CREAT, 0600)), directory = OK(open(".", O_RDONLY | O_DIRECTORY));
    CHECK_ERRNO(ep_ctl(set, EPOLL_CTL_ADD, file, EPOLLIN), EPERM);
    CHECK_ERRNO(ep_ctl(set, EPOLL_CTL_ADD, directory, EPOLLIN), EPERM);
    CHECK_ERRNO(ep_ctl(set, EPOLL_CTL_DEL, file, EPOLLIN), EPERM);
    CHECK_ERRNO(ep_ctl(file, EPOLL_CTL_ADD, fd, EPOLLIN), EINVAL);
    CHECK_ERRNO(ep_ctl(fd, EPOLL_CTL_ADD, fd, EPOLLIN), EINVAL);
    CHECK_ERRNO(ep_ctl(set, EPOLL_CTL_ADD, 999, EPOLLIN), EBADF);
    CHECK_ERRNO(ep_ctl(999, EPOLL_CTL_ADD, fd, EPOLLIN), EBADF);
    CHECK_ERRNO(ep_ctl(set, EPOLL_CTL_ADD, set, EPOLLIN), EINVAL);
    CHECK_ERRNO(ep_ctl(set, 4, fd, EPOLLIN), EINVAL);
    CHECK_ERRNO(ep_ctl(set, 0, fd, EPOLLIN), EINVAL);
    CHECK_ERRNO(ep_ctl(set, EPOLL_CTL_MOD, fd, EPOLLIN), ENOENT);
    ep_add(set, fd, EPOLLIN);
    CHECK_ERRNO(ep_ctl(set, EPOLL_CTL_ADD, fd, EPOLLIN), EEXIST);
    // Another number for the same description is another interest.
    int other = OK(dup(fd));
    ep_add(set, other, EPOLLIN);
    ep_put(fd, 1);
    struct epoll_event e[4];
    CHECK_EQ(epoll_wait(set, e, 4, -1), 2);
    OK(epoll_ctl(set, EPOLL_CTL_DEL, other, NULL));
    CHECK_EQ(epoll_wait(set, e, 4, -1), 1);
    // A set is no file to read or write.
    CHECK_ERRNO(read(set, e, sizeof e), EINVAL);
    CHECK_ERRNO(write(set, e, sizeof e), EINVAL);
    return 0;
}
