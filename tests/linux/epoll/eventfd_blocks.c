// eventfd(2): a read waits for a count, a write for room; each unit of a semaphore wakes one more reader.
// calls: eventfd2
#include "epoll.h"

static volatile sig_atomic_t seen;
static void on_signal(int signal) { seen = signal; }

int main(void) {
    int fd = OK(eventfd(0, 0)), semaphore = OK(eventfd(0, EFD_SEMAPHORE));
    pid_t child = h_fork();
    if (child == 0) {
        CHECK_EQ(ep_take(fd), 7);
        ep_put(fd, UINT64_MAX - 1);
        ep_put(fd, 5); // waits for room
        _exit(0);
    }
    h_until_asleep(child, child);
    ep_put(fd, 7);
    h_until_asleep(child, child);
    CHECK_EQ(ep_take(fd), UINT64_MAX - 1);
    h_join(child);
    CHECK_EQ(ep_take(fd), 5);
    pid_t readers[3];
    for (int i = 0; i < 3; i++) {
        readers[i] = h_fork();
        if (readers[i] == 0) _exit(ep_take(semaphore) == 1 ? 0 : 1);
    }
    for (int i = 0; i < 3; i++) h_until_asleep(readers[i], readers[i]);
    ep_put(semaphore, 3);
    for (int i = 0; i < 3; i++) h_join(readers[i]);
    h_on_signal(SIGALRM, on_signal, 0);
    struct itimerval timer = {.it_value = {0, 20000}};
    OK(setitimer(ITIMER_REAL, &timer, NULL));
    uint64_t n;
    CHECK_ERRNO(read(fd, &n, 8), EINTR);
    CHECK_EQ(seen, SIGALRM);
    return 0;
}
