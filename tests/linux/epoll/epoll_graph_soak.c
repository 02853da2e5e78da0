// epoll(7): random graphs of 1,000 sets, pipes and sockets, with sets sent through the sockets that they watch, closed in
// random order; the runner sees that all of it is gone.
// calls: epoll_ctl
#include "epoll.h"
#include <sys/resource.h>
#include <sys/socket.h>

enum { ENDS = 1000, EDGES = 3000, ROUNDS = 3 };
static int fds[ENDS];
static uint64_t seed = 0x9e3779b97f4a7c15;

static unsigned draw(unsigned most) {
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return (unsigned)(seed >> 32) % most;
}

static void send_through(int socket, int fd) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {.header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
    struct iovec byte = {"x", 1};
    struct msghdr message = {.msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    (void)sendmsg(socket, &message, MSG_DONTWAIT); // a full socket or a pipe refuses it, and that is all
}

static void round_of(int ends) {
    int reports = 0;
    for (int i = 0; i < ends; i += 4) {
        OK(pipe(&fds[i]));
        if (draw(3) == 0) OK(close(fds[i])), OK(close(fds[i + 1])), OK(socketpair(AF_UNIX, SOCK_STREAM, 0, &fds[i]));
        fds[i + 2] = OK(epoll_create1(0));
        fds[i + 3] = draw(2) ? OK(eventfd(1, 0)) : OK(epoll_create1(0));
    }
    for (int i = 0; i < EDGES; i++) {
        int set = fds[draw((unsigned)ends)], fd = fds[draw((unsigned)ends)];
        (void)ep_ctl(set, EPOLL_CTL_ADD, fd, draw(2) ? EPOLLIN | EPOLLET : EPOLLIN | EPOLLOUT);
        if (draw(8) == 0) send_through(fds[draw((unsigned)ends)], set);
        if (draw(8) == 0) (void)epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL);
        if (draw(4) == 0) {
            struct epoll_event e[4];
            reports += epoll_wait(fds[draw((unsigned)ends)], e, 4, 0) > 0;
        }
    }
    CHECK(reports > 0);
    for (int left = ends; left > 0; left--) {
        int at = (int)draw((unsigned)left);
        OK(close(fds[at]));
        fds[at] = fds[left - 1];
    }
}

int main(void) {
    struct rlimit many = {2 * ENDS, 2 * ENDS};
    OK(setrlimit(RLIMIT_NOFILE, &many));
    for (int i = 0; i < ROUNDS; i++) round_of(ENDS);
    return 0;
}
