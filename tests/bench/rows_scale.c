// Rows that must be flat: the same operation beside 10, 1,000 and 10,000 other objects of its kind.
#include "bench.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#define MOST 10000

static void allow_descriptors(long n) {
    struct rlimit limit = {n + 64, n + 64};
    need(setrlimit(RLIMIT_NOFILE, &limit));
}

// The lowest free descriptor, behind `others` open ones.
static int64_t beside_descriptors(long n, int others) {
    allow_descriptors(others);
    int zero = need(open("/dev/zero", O_RDONLY));
    for (int i = 0; i < others; i++) need(dup(zero));
    int64_t spent = TIMED(n, need(close(need(dup(zero)))));
    close_range(zero, ~0U, 0);
    return spent;
}

// A page mapped and unmapped behind `others` mappings that cannot be merged.
static int64_t beside_mappings(long n, int others) {
    size_t bytes = (size_t)(others + 1) * PAGE;
    char *at = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) give_up("mmap");
    for (int i = 0; i < others; i += 2) need(mprotect(at + (size_t)i * PAGE, PAGE, PROT_NONE));
    int64_t spent = TIMED(n, {
        char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED) give_up("mmap");
        *(volatile char *)page = 1;
        munmap(page, PAGE);
    });
    munmap(at, bytes);
    return spent;
}

// A file opened in a directory with `others` more.
static int64_t beside_files(long n, int others) {
    char name[32];
    for (int i = 0; i < others; i++) {
        snprintf(name, sizeof name, "f%d", i);
        close(need(open(name, O_WRONLY | O_CREAT, 0600)));
    }
    int64_t spent = TIMED(n, close(need(open("f7", O_RDONLY))));
    for (int i = 0; i < others; i++) {
        snprintf(name, sizeof name, "f%d", i);
        unlink(name);
    }
    return spent;
}

// A byte through one pipe of many.
static int64_t beside_pipes(long n, int others) {
    int ends[2];
    char byte = 1;
    allow_descriptors(2L * others + 2);
    for (int i = 0; i < others; i++) need(pipe(ends));
    need(pipe(ends));
    int64_t spent = TIMED(n, need(write(ends[1], &byte, 1)); need(read(ends[0], &byte, 1)));
    close_range(3, ~0U, 0);
    return spent;
}

// A process made and waited for beside other children; a tenth of them, for memory's sake.
static int64_t beside_processes(long n, int others) {
    pid_t *sleeping = (pid_t *)scratch(sizeof *sleeping * MOST);
    for (int i = 0; i < others / 10; i++) {
        sleeping[i] = need(vfork());
        if (sleeping[i] == 0) _exit(0); // zombies until they are waited for
    }
    int64_t spent = TIMED(n, {
        pid_t pid = need(vfork());
        if (pid == 0) _exit(0);
        need(waitpid(pid, NULL, 0));
    });
    for (int i = 0; i < others / 10; i++) waitpid(sleeping[i], NULL, 0);
    return spent;
}

// A set with `others` interests that have nothing to report, and one that has.
static int large_set(int others, int *ready) {
    allow_descriptors(others + 16L);
    int set = need(epoll_create1(0)), quiet[10];
    struct epoll_event event = {.events = EPOLLIN};
    for (int i = 0; i < 10; i++) quiet[i] = need(eventfd(0, 0));
    for (int i = 0; i < others; i++) need(epoll_ctl(set, EPOLL_CTL_ADD, need(dup(quiet[i % 10])), &event));
    *ready = need(eventfd(1, 0));
    return set;
}

// One event fetched from a set with many interests.
static int64_t beside_interests(long n, int others) {
    int ready, set = large_set(others, &ready);
    struct epoll_event event = {.events = EPOLLIN};
    need(epoll_ctl(set, EPOLL_CTL_ADD, ready, &event));
    int64_t spent = TIMED(n, need(epoll_wait(set, &event, 1, -1)));
    close_range(3, ~0U, 0);
    return spent;
}

// An interest added to and removed from a set with many.
static int64_t beside_added(long n, int others) {
    int ready, set = large_set(others, &ready);
    struct epoll_event event = {.events = EPOLLIN};
    int64_t spent = TIMED(n, need(epoll_ctl(set, EPOLL_CTL_ADD, ready, &event)); need(epoll_ctl(set, EPOLL_CTL_DEL, ready, NULL)));
    close_range(3, ~0U, 0);
    return spent;
}

#define BESIDE(what, count, run) \
    {"beside_10_" what, count, run, 10}, {"beside_1000_" what, count, run, 1000}, {"beside_10000_" what, count, run, MOST}

const struct row scale_rows[] = {
    BESIDE("fds", 500, beside_descriptors), BESIDE("maps", 200, beside_mappings), BESIDE("files", 200, beside_files),
    BESIDE("pipes", 500, beside_pipes),     BESIDE("zombies", 500, beside_processes),
    BESIDE("interests", 500, beside_interests), BESIDE("added", 500, beside_added), {0},
};
