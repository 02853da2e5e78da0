// signal(7): a signal for the process is taken by any thread that does not block it, also when the one that was to take it ends or blocks it
// at that moment.
// calls: kill rt_sigprocmask
// timeout: 120
#include "../harness.h"

#define ROUNDS 100

static _Atomic int taken, stop;

static void handler(int number) {
    (void)number;
    taken++;
}

static void change(int how) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK_EQ(pthread_sigmask(how, &set, NULL), 0);
    CHECK_EQ(pthread_sigmask(0, NULL, &set), 0);
    CHECK_EQ(sigismember(&set, SIGUSR1), how == SIG_BLOCK);
}

static void *ready(void *arg) {
    change(SIG_UNBLOCK);
    while (!stop) pause();
    return arg;
}

static void *blinks(void *arg) {
    while (!stop) {
        change(SIG_UNBLOCK);
        change(SIG_BLOCK);
    }
    return arg;
}

static void *ends(void *arg) {
    change(SIG_UNBLOCK);
    return arg;
}

int main(void) {
    struct sigaction action = {.sa_handler = handler};
    OK(sigaction(SIGUSR1, &action, NULL));
    change(SIG_BLOCK);
    pthread_t first, last, short_lived;
    CHECK_EQ(pthread_create(&first, NULL, blinks, NULL), 0);
    CHECK_EQ(pthread_create(&last, NULL, ready, NULL), 0);
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_EQ(pthread_create(&short_lived, NULL, ends, NULL), 0);
        OK(kill(getpid(), SIGUSR1));
        while (taken <= i) sched_yield();
        CHECK_EQ(pthread_join(short_lived, NULL), 0);
    }
    CHECK_EQ(taken, ROUNDS);
    stop = 1;
    while (pthread_tryjoin_np(last, NULL) != 0) {
        pthread_kill(last, SIGUSR1);
        usleep(1000);
    }
    CHECK_EQ(pthread_join(first, NULL), 0);
    return 0;
}
