// Rows of waiting for many descriptors, and of futexes.
#include "bench.h"
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

// epoll_wait over as many eventfds as are ready, all of them returned.
static int64_t epoll_ready(long n, int count) {
    struct epoll_event *events = (void *)scratch(256 * sizeof *events);
    int set = need(epoll_create1(0));
    for (int i = 0; i < count; i++) {
        int fd = need(eventfd(1, 0));
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        need(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
    }
    return TIMED(n, need(epoll_wait(set, events, 256, -1)));
}

static int64_t epoll_add_del(long n, int arg) {
    (void)arg;
    int set = need(epoll_create1(0)), ends[2];
    need(pipe(ends));
    struct epoll_event event = {.events = EPOLLIN, .data.fd = ends[0]};
    return TIMED(n, need(epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event)); need(epoll_ctl(set, EPOLL_CTL_DEL, ends[0], NULL)));
}

// A look at 64 eventfds, the last of which is readable.
static int64_t poll_64(long n, int arg) {
    (void)arg;
    struct pollfd fds[64];
    for (int i = 0; i < 64; i++) fds[i] = (struct pollfd){.fd = need(eventfd(i == 63, 0)), .events = POLLIN};
    return TIMED(n, need(poll(fds, 64, 0)));
}

static void futex_pass(volatile int *mine, volatile int *theirs) {
    *theirs = 1;
    syscall(SYS_futex, theirs, FUTEX_WAKE, 1, NULL, NULL, 0);
    while (!*mine) syscall(SYS_futex, mine, FUTEX_WAIT, 0, NULL, NULL, 0);
    *mine = 0;
}

static void futex_echo(volatile int *mine, volatile int *theirs) {
    for (;;) {
        while (!*mine) syscall(SYS_futex, mine, FUTEX_WAIT, 0, NULL, NULL, 0);
        if (*mine == 2) return;
        *mine = 0;
        *theirs = 1;
        syscall(SYS_futex, theirs, FUTEX_WAKE, 1, NULL, NULL, 0);
    }
}

static void *futex_thread(void *arg) {
    volatile int *words = arg;
    futex_echo(words, words + 16);
    return NULL;
}

// A round trip over two futex words between processes (arg 0) or threads (arg 1).
static int64_t futex_pingpong(long n, int threads) {
    int *words = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (words == MAP_FAILED) give_up("mmap");
    need(syscall(SYS_futex, words, FUTEX_WAKE, 1, NULL, NULL, 0));
    pthread_t thread;
    pid_t child = 0;
    if (threads) {
        errno = pthread_create(&thread, NULL, futex_thread, words);
        if (errno) give_up("pthread_create");
    } else if ((child = bench_fork()) == 0) {
        futex_echo(words, words + 16);
        _exit(0);
    }
    int64_t spent = TIMED(n, futex_pass(words + 16, words));
    *(volatile int *)words = 2;
    syscall(SYS_futex, words, FUTEX_WAKE, 1, NULL, NULL, 0);
    if (threads) pthread_join(thread, NULL);
    else reap(child);
    munmap(words, PAGE);
    return spent;
}

const struct row event_rows[] = {
    {"epoll_wait_1", 4000, epoll_ready, 1},
    {"epoll_wait_16", 1200, epoll_ready, 16},
    {"epoll_wait_256", 100, epoll_ready, 256},
    {"epoll_add_del", 1000, epoll_add_del, 0},
    {"poll_64", 500, poll_64, 0},
    {"futex_pingpong", 400, futex_pingpong, 0},
    {"futex_threads", 400, futex_pingpong, 1},
    {0},
};
