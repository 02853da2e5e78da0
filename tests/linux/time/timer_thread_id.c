// timer_create(2), SIGEV_THREAD_ID and SIGEV_NONE: the signal goes to that thread; without notification only the time shows; not inherited by fork.
// calls: timer_create timer_settime timer_gettime
#include "../harness.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif
static volatile pid_t handled_by;
static pid_t tid;
static volatile int stop;
static void handler(int signal) { (void)signal; handled_by = syscall(SYS_gettid); }

static void *thread_main(void *arg) {
    tid = syscall(SYS_gettid);
    while (!stop) sched_yield();
    return arg;
}

int main(void) {
    pthread_t thread;
    timer_t timer;
    h_on_signal(SIGUSR1, handler, 0);
    CHECK_EQ(pthread_create(&thread, NULL, thread_main, NULL), 0);
    while (!*(volatile pid_t *)&tid) sched_yield();
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
    event.sigev_notify_thread_id = tid;
    OK(timer_create(CLOCK_MONOTONIC, &event, &timer));
    struct itimerspec set = {.it_value = {0, 1000000}}, now;
    OK(timer_settime(timer, 0, &set, NULL));
    while (!handled_by) sched_yield();
    CHECK_EQ(handled_by, tid);
    IN_CHILD(CHECK_ERRNO(timer_gettime(timer, &now), EINVAL));
    stop = 1;
    pthread_join(thread, NULL);
    event.sigev_notify_thread_id = 1;
    CHECK_ERRNO(timer_create(CLOCK_MONOTONIC, &event, &timer), EINVAL); // a thread of another process
    struct sigevent none = {.sigev_notify = SIGEV_NONE};
    OK(timer_create(CLOCK_REALTIME, &none, &timer));
    set.it_value.tv_sec = 1000;
    OK(timer_settime(timer, 0, &set, NULL));
    OK(timer_gettime(timer, &now));
    CHECK(now.it_value.tv_sec >= 900 && now.it_value.tv_sec <= 1000);
    return 0;
}
