// poll(2), ppoll: never before the time-out, 0 then; EINTR by a handler; EINVAL for bad times and more than RLIMIT_NOFILE entries.
// calls: ppoll
#include "../harness.h"

static volatile sig_atomic_t seen;
static void on_signal(int signal) { seen = signal; }

int main(void) {
    int ends[2];
    OK(pipe(ends));
    struct pollfd p = {.fd = ends[0], .events = POLLIN};
    int64_t start = h_now_ns(CLOCK_MONOTONIC);
    CHECK_EQ(poll(&p, 1, 30), 0);
    CHECK(h_now_ns(CLOCK_MONOTONIC) - start >= 30000000);
    struct timespec wait = {0, 15000001};
    start = h_now_ns(CLOCK_MONOTONIC);
    CHECK_EQ(ppoll(NULL, 0, &wait, NULL), 0);
    CHECK(h_now_ns(CLOCK_MONOTONIC) - start >= 15000001);
    CHECK_EQ(poll(NULL, 0, 0), 0);
    h_on_signal(SIGALRM, on_signal, SA_RESTART); // poll is never restarted after a handler
    struct itimerval timer = {.it_value = {0, 20000}};
    OK(setitimer(ITIMER_REAL, &timer, NULL));
    CHECK_ERRNO(poll(&p, 1, -1), EINTR);
    CHECK_EQ(seen, SIGALRM);
    struct timespec bad = {0, 1000000000}, negative = {-1, 0};
    CHECK_ERRNO(ppoll(&p, 1, &bad, NULL), EINVAL);
    CHECK_ERRNO(ppoll(&p, 1, &negative, NULL), EINVAL);
    struct rlimit limit = {8, 8};
    static struct pollfd many[9];
    for (int i = 0; i < 9; i++) many[i].fd = -1;
    OK(setrlimit(RLIMIT_NOFILE, &limit));
    CHECK_EQ(poll(many, 8, 0), 0);
    CHECK_ERRNO(poll(many, 9, 0), EINVAL);
    return 0;
}
