// epoll_ctl(2) while other threads close what it watches, and the set: nothing is left, nothing is reported of what is gone.
// calls: epoll_ctl epoll_pwait
#include "epoll.h"
#include <pthread.h>

enum { ROUNDS = 400, SLOTS = 8 };
static int slots[SLOTS], sets[2];
static _Atomic int stop;

static void *closer(void *unused) {
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        int fd = OK(eventfd(1, EFD_NONBLOCK));
        OK(dup2(fd, slots[i % SLOTS]));
        OK(close(fd));
        if (i % 64 == 0) {
            int set = OK(epoll_create1(0));
            OK(dup2(set, sets[i / 64 % 2]));
            OK(close(set));
        }
    }
    stop = 1;
    return NULL;
}

static void *adder(void *unused) {
    (void)unused;
    for (unsigned i = 0; !stop; i++) {
        int set = sets[i % 2], fd = slots[i / 2 % SLOTS];
        if (ep_ctl(set, EPOLL_CTL_ADD, fd, EPOLLIN | (i % 3 ? EPOLLET : 0)) < 0) CHECK(errno == EEXIST || errno == EBADF);
        if (i % 5 == 0 && epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL) < 0) CHECK(errno == ENOENT || errno == EBADF);
        if (i % 7 == 0 && ep_ctl(set, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT) < 0) CHECK(errno == ENOENT || errno == EBADF);
    }
    return NULL;
}

static void *reader(void *unused) {
    (void)unused;
    while (!stop) {
        struct epoll_event e[3];
        int n = OK(epoll_wait(sets[stop], e, 3, 0));
        for (int i = 0; i < n; i++) CHECK_EQ(e[i].events, EPOLLIN);
        sched_yield();
    }
    return NULL;
}

int main(void) {
    void *(*work[])(void *) = {closer, adder, adder, reader};
    pthread_t threads[4];
    for (int i = 0; i < 2; i++) sets[i] = OK(epoll_create1(0));
    for (int i = 0; i < SLOTS; i++) slots[i] = OK(eventfd(0, 0));
    struct epoll_event e[2];
    int known = OK(eventfd(1, 0));
    OK(ep_ctl(sets[0], EPOLL_CTL_ADD, known, EPOLLIN));
    CHECK_EQ(epoll_wait(sets[0], e, 2, 0), 1);
    OK(close(known));
    CHECK_EQ(epoll_wait(sets[0], e, 2, 0), 0);
    for (int i = 0; i < 4; i++) CHECK_EQ(pthread_create(&threads[i], NULL, work[i], NULL), 0);
    for (int i = 0; i < 4; i++) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    return 0;
}
