// epoll_ctl(2), EPOLLEXCLUSIVE: of several sets with a thread that waits one is woken for an event, not all; sets without
// the option are woken besides.
// calls: epoll_ctl epoll_pwait
#include "epoll.h"

enum { WAITERS = 4 };

int main(void) {
    int fd = OK(eventfd(0, EFD_NONBLOCK)), results[2], plain[2];
    OK(pipe(results)), OK(pipe(plain));
    pid_t waiter[WAITERS + 1];
    for (int i = 0; i <= WAITERS; i++) {
        waiter[i] = h_fork();
        if (waiter[i] == 0) {
            int set = OK(epoll_create1(0));
            struct epoll_event e;
            ep_add(set, fd, i < WAITERS ? EPOLLIN | EPOLLEXCLUSIVE | EPOLLET : EPOLLIN | EPOLLET);
            for (;;) {
                CHECK_EQ(epoll_wait(set, &e, 1, -1), 1);
                char byte = (char)('0' + i);
                CHECK_EQ(write(i < WAITERS ? results[1] : plain[1], &byte, 1), 1);
            }
        }
    }
    for (int i = 0; i <= WAITERS; i++) h_until_asleep(waiter[i], waiter[i]);
    for (int round = 0; round < 20; round++) {
        char byte;
        ep_put(fd, 1);
        CHECK_EQ(read(results[0], &byte, 1), 1);
        CHECK_EQ(read(plain[0], &byte, 1), 1);
        for (int i = 0; i <= WAITERS; i++) h_until_asleep(waiter[i], waiter[i]);
        CHECK_EQ(fcntl(results[0], F_SETFL, O_NONBLOCK), 0);
        CHECK_ERRNO(read(results[0], &byte, 1), EAGAIN); // nobody else was woken
        CHECK_EQ(fcntl(results[0], F_SETFL, 0), 0);
    }
    for (int i = 0; i <= WAITERS; i++) h_kill_and_reap(waiter[i]);
    return 0;
}
