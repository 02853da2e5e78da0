// epoll_wait(2) by several threads at one set: an edge-triggered event is reported to one of them, n events wake up to n,
// and one that is left is handed on.
// calls: epoll_pwait
#include "epoll.h"
#include <pthread.h>

enum { WAITERS = 4, EVENTS = 64 };
static int set, results[2];

static void *waiter(void *unused) {
    (void)unused;
    for (;;) {
        struct epoll_event e;
        CHECK_EQ(epoll_wait(set, &e, 1, -1), 1);
        unsigned char byte = (unsigned char)e.data.u64;
        CHECK_EQ(write(results[1], &byte, 1), 1);
        if (byte == 255) return NULL;
    }
}

int main(void) {
    int fds[EVENTS], end = OK(eventfd(0, 0));
    pthread_t threads[WAITERS];
    set = OK(epoll_create1(0));
    OK(pipe(results));
    for (int i = 0; i < EVENTS; i++) {
        struct epoll_event e = {.events = EPOLLIN | EPOLLET, .data.u64 = (uint64_t)i};
        fds[i] = OK(eventfd(0, 0));
        OK(epoll_ctl(set, EPOLL_CTL_ADD, fds[i], &e));
    }
    for (int i = 0; i < WAITERS; i++) CHECK_EQ(pthread_create(&threads[i], NULL, waiter, NULL), 0);
    for (int round = 0; round < 5; round++) {
        int seen[EVENTS] = {0};
        for (int i = 0; i < EVENTS; i++) ep_put(fds[i], 1);
        for (int i = 0; i < EVENTS; i++) {
            unsigned char byte;
            CHECK_EQ(read(results[0], &byte, 1), 1);
            CHECK(byte < EVENTS);
            CHECK_EQ(seen[byte]++, 0);
        }
    }
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = 255}; // level-triggered: each of them sees it
    OK(epoll_ctl(set, EPOLL_CTL_ADD, end, &e));
    ep_put(end, 1);
    for (int i = 0; i < WAITERS; i++) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    return 0;
}
