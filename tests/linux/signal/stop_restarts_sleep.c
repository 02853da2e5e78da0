// signal(7): a stop and a continue without a handler go unnoticed: nanosleep and poll sleep for their whole time, read goes on.
// calls: clock_nanosleep ppoll kill restart_syscall
#include "../harness.h"

static pid_t stopper(pid_t parent) {
    pid_t child = h_fork();
    if (child != 0) return child;
    for (int i = 0; i < 3; i++) {
        h_until_asleep(parent, 0);
        OK(kill(parent, SIGSTOP));
        while (h_state(parent, 0) == 'S' || h_state(parent, 0) == 'R') h_sleep_ms(1);
        OK(kill(parent, SIGCONT));
    }
    _exit(0);
}

int main(void) {
    IN_CHILD({ // of its own, so that nobody else notices the stops
        pid_t child = stopper(getpid());
        int64_t start = h_now_ns(CLOCK_MONOTONIC);
        struct timespec time = {0, 100000000};
        CHECK_EQ(nanosleep(&time, NULL), 0);
        CHECK_EQ(poll(NULL, 0, 50), 0);
        CHECK(h_now_ns(CLOCK_MONOTONIC) - start >= 150000000);
        kill(child, SIGKILL);
        h_wait(child);
        CHECK_ERRNO(kill(child, SIGCONT), ESRCH);
    });
    // A process that is stopped makes no progress until it is continued.
    volatile long *turns = h_shared(4096);
    pid_t child = h_fork();
    if (child == 0) for (;;) ++*turns;
    while (*turns < 1000) sched_yield();
    OK(kill(child, SIGSTOP));
    int status;
    CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
    long before = *turns;
    h_sleep_ms(20);
    CHECK_EQ(*turns, before);
    OK(kill(child, SIGCONT));
    while (*turns == before) sched_yield();
    h_kill_and_reap(child);
    return 0;
}
