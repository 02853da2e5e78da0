// epoll(7), EPOLLET, on both ends of a pseudo-terminal: what arrives is news for that end, one's own reads are none; room is
// news for who found none; a change of the interest looks at once; EPOLLONESHOT stays edge-triggered.
// calls: epoll_ctl epoll_pwait
#include "epoll.h"
#include <termios.h>

// What is reported next, which on Linux a worker of its own brings about.
static uint32_t next(int set, int fd) {
    struct epoll_event e[4];
    CHECK_EQ(epoll_wait(set, e, 4, 10000), 1);
    CHECK_EQ(e[0].data.u64, (uint64_t)fd);
    return e[0].events;
}

// Reads so many bytes, of as many lines as they are.
static void take(int fd, int left) {
    char bytes[64];
    while (left > 0) left -= OK(read(fd, bytes, left));
}

// Each byte or line that comes from `from` is news at `to`.
static void arrivals(int from, int to) {
    char bytes[64];
    int set = OK(epoll_create1(0));
    ep_add(set, to, EPOLLIN | EPOLLET);
    CHECK_EQ(ep_now(set, to), 0);
    CHECK_EQ(write(from, "ab\n", 3), 3);
    CHECK_EQ(next(set, to), EPOLLIN);
    CHECK_EQ(ep_now(set, to), 0);
    CHECK_EQ(read(to, bytes, 1), 1);
    CHECK_EQ(ep_now(set, to), 0); // one's own read
    CHECK_EQ(write(from, "c\n", 2), 2);
    CHECK_EQ(next(set, to), EPOLLIN); // not empty before: news all the same
    CHECK_EQ(ep_now(set, to), 0);
    OK(ep_ctl(set, EPOLL_CTL_MOD, to, EPOLLIN | EPOLLET));
    CHECK_EQ(ep_now(set, to), EPOLLIN); // looks at once
    CHECK_EQ(ep_now(set, to), 0);
    OK(ep_ctl(set, EPOLL_CTL_DEL, to, 0));
    ep_add(set, to, EPOLLIN | EPOLLET | EPOLLONESHOT);
    CHECK_EQ(ep_now(set, to), EPOLLIN);
    CHECK_EQ(write(from, "d\n", 2), 2);
    take(to, 6);
    CHECK_EQ(ep_now(set, to), 0);
    OK(ep_ctl(set, EPOLL_CTL_MOD, to, EPOLLIN | EPOLLET | EPOLLONESHOT));
    CHECK_EQ(ep_now(set, to), 0); // nothing is there
    CHECK_EQ(write(from, "e\n", 2), 2);
    CHECK_EQ(next(set, to), EPOLLIN);
    CHECK_EQ(write(from, "f\n", 2), 2);
    take(to, 4);
    CHECK_EQ(ep_now(set, to), 0);
    OK(close(set));
}

// Who has filled the way to the other end hears of room when that reads.
static void room(int from, int to) {
    static char bytes[4096];
    int set = OK(epoll_create1(0));
    ep_add(set, from, EPOLLOUT | EPOLLET);
    CHECK_EQ(ep_now(set, from), EPOLLOUT);
    CHECK_EQ(ep_now(set, from), 0);
    long total = 0, n;
    OK(fcntl(from, F_SETFL, O_NONBLOCK));
    while ((n = write(from, bytes, 256)) > 0) total += n;
    CHECK_EQ(errno, EAGAIN);
    CHECK_EQ(ep_now(set, from), 0);
    while (total > 0) total -= OK(read(to, bytes, sizeof bytes));
    CHECK_EQ(next(set, from), EPOLLOUT);
    OK(fcntl(from, F_SETFL, 0));
    OK(close(set));
}

int main(void) {
    int off = 0, number = -1, master = OK(open("/dev/ptmx", O_RDWR | O_NOCTTY)), set = OK(epoll_create1(0));
    char path[32], bytes[8];
    struct termios t;
    OK(ioctl(master, TIOCSPTLCK, &off));
    OK(ioctl(master, TIOCGPTN, &number));
    snprintf(path, sizeof path, "/dev/pts/%d", number);
    int slave = OK(open(path, O_RDWR | O_NOCTTY));
    OK(tcgetattr(slave, &t));
    cfmakeraw(&t);
    OK(tcsetattr(slave, TCSANOW, &t));
    arrivals(master, slave);
    arrivals(slave, master);
    room(master, slave);
    room(slave, master);
    // Lines: what does not end one is no news.
    t.c_lflag |= ICANON;
    OK(tcsetattr(slave, TCSANOW, &t));
    arrivals(master, slave);
    ep_add(set, slave, EPOLLIN | EPOLLET);
    CHECK_EQ(write(master, "one\n", 4), 4);
    CHECK_EQ(next(set, slave), EPOLLIN);
    CHECK_EQ(write(master, "t", 1), 1);
    CHECK_EQ(ep_now(set, slave), 0);
    CHECK_EQ(read(slave, bytes, 8), 4);
    CHECK_EQ(ep_now(set, slave), 0);
    CHECK_EQ(write(master, "wo\n", 3), 3);
    CHECK_EQ(next(set, slave), EPOLLIN);
    CHECK_EQ(read(slave, bytes, 8), 4);
    // Either end hears of the other's.
    ep_add(set, master, EPOLLIN | EPOLLET);
    CHECK_EQ(ep_now(set, master), 0);
    OK(ep_ctl(set, EPOLL_CTL_DEL, slave, 0));
    OK(close(slave));
    CHECK_EQ(next(set, master), EPOLLHUP);
    CHECK_EQ(ep_now(set, master), 0);
    slave = OK(open(path, O_RDWR | O_NOCTTY));
    OK(ep_ctl(set, EPOLL_CTL_DEL, master, 0));
    ep_add(set, slave, EPOLLIN | EPOLLET);
    CHECK_EQ(ep_now(set, slave), 0);
    OK(close(master));
    CHECK_EQ(next(set, slave), EPOLLIN | EPOLLERR | EPOLLHUP);
    OK(close(slave));
    return 0;
}
