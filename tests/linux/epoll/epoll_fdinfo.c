// proc_pid_fdinfo(5): the interests of a set, and the count of an event counter.
// calls: epoll_ctl eventfd2
#include "epoll.h"

static char *text(int fd) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    return h_read_file(path);
}

int main(void) {
    int set = OK(epoll_create1(0)), fd = OK(eventfd(3, 0)), semaphore = OK(eventfd(0x1f, EFD_SEMAPHORE));
    struct epoll_event e = {.events = EPOLLIN | EPOLLET, .data.u64 = 0xabcdef};
    CHECK(strstr(text(set), "tfd:") == NULL);
    OK(epoll_ctl(set, EPOLL_CTL_ADD, fd, &e));
    ep_add(set, semaphore, EPOLLOUT | EPOLLONESHOT);
    char line[128];
    snprintf(line, sizeof line, "tfd: %8d events: %8x data: %16llx  pos:0 ino:", fd, 0x80000019u, 0xabcdefULL);
    CHECK(strstr(text(set), line) != NULL);
    snprintf(line, sizeof line, "tfd: %8d events: %8x data: %16llx  pos:0 ino:", semaphore, 0x4000001cu, (long long)semaphore);
    CHECK(strstr(text(set), line) != NULL);
    CHECK(strstr(text(fd), "eventfd-count:                3\n") != NULL);
    CHECK(strstr(text(fd), "eventfd-semaphore: 0\n") != NULL);
    CHECK(strstr(text(semaphore), "eventfd-count:               1f\n") != NULL);
    CHECK(strstr(text(semaphore), "eventfd-semaphore: 1\n") != NULL);
    char link[64] = {0};
    snprintf(line, sizeof line, "/proc/self/fd/%d", set);
    OK(readlink(line, link, sizeof link - 1));
    CHECK_STR(link, "anon_inode:[eventpoll]");
    snprintf(line, sizeof line, "/proc/self/fd/%d", fd);
    memset(link, 0, sizeof link);
    OK(readlink(line, link, sizeof link - 1));
    CHECK_STR(link, "anon_inode:[eventfd]");
    return 0;
}
