// epoll(7), EPOLLET: each event that is queued is news; level-triggered interests last until all are read.
// calls: inotify_init1 inotify_add_watch epoll_ctl epoll_pwait
#include "epoll.h"
#include <sys/inotify.h>

static char room[4096];

int main(void) {
    h_scratch();
    h_write_file("f", "f");
    int edge = OK(epoll_create1(0)), level = OK(epoll_create1(0)), fd = OK(inotify_init1(IN_NONBLOCK));
    ep_add(edge, fd, EPOLLIN | EPOLLOUT | EPOLLET);
    ep_add(level, fd, EPOLLIN);
    OK(inotify_add_watch(fd, "f", IN_ATTRIB | IN_OPEN));
    CHECK_EQ(ep_now(edge, fd), 0);
    for (int i = 0; i < 3; i++) {
        OK(chmod("f", 0600));
        CHECK_EQ(ep_now(edge, fd), EPOLLIN);
        CHECK_EQ(ep_now(edge, fd), 0);
        OK(close(OK(open("f", O_RDONLY))));
        CHECK_EQ(ep_now(edge, fd), EPOLLIN); // also when it was readable before
        CHECK_EQ(ep_now(level, fd), EPOLLIN);
        CHECK_EQ(read(fd, room, 16), 16);
        CHECK_EQ(ep_now(level, fd), EPOLLIN);
        CHECK_EQ(ep_now(edge, fd), 0); // one's own read is no news
        CHECK_EQ(read(fd, room, sizeof room), 16);
        CHECK_EQ(ep_now(level, fd), 0);
    }
    // Readable, read, readable between two waits.
    OK(chmod("f", 0600));
    CHECK_EQ(read(fd, room, sizeof room), 16);
    OK(chmod("f", 0644));
    CHECK_EQ(ep_now(edge, fd), EPOLLIN);
    CHECK_EQ(ep_now(edge, fd), 0);
    OK(close(fd));
    CHECK_EQ(ep_now(edge, fd), 0);
    CHECK_EQ(ep_now(level, fd), 0);
    return 0;
}
