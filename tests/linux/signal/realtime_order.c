// signal(7), real-time signals: queued, each with its value, in order of sending; lower numbers first; EAGAIN at RLIMIT_SIGPENDING.
// calls: rt_sigqueueinfo
#include "../harness.h"

static volatile int order[64], used;
static void handler(int signal, siginfo_t *info, void *context) {
    (void)context;
    order[used++] = (signal - SIGRTMIN) * 100 + info->si_value.sival_int;
}

int main(void) {
    sigset_t set;
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigfillset(&action.sa_mask);
    sigfillset(&set);
    OK(sigprocmask(SIG_SETMASK, &set, NULL));
    for (int i = 0; i < 3; i++) OK(sigaction(SIGRTMIN + i, &action, NULL));
    for (int i = 0; i < 12; i++) OK(sigqueue(getpid(), SIGRTMIN + 2 - i % 3, (union sigval){.sival_int = i}));
    sigemptyset(&set);
    OK(sigprocmask(SIG_SETMASK, &set, NULL));
    CHECK_EQ(used, 12);
    for (int i = 1; i < 12; i++) CHECK(order[i] > order[i - 1]);
    IN_CHILD({
        struct rlimit limit = {5, 5};
        h_drop_to(23456);
        OK(setrlimit(RLIMIT_SIGPENDING, &limit));
        sigfillset(&set);
        OK(sigprocmask(SIG_SETMASK, &set, NULL));
        for (int i = 0; i < 5; i++) OK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i}));
        CHECK_ERRNO(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 9}), EAGAIN);
    });
    return 0;
}
