// signal(7), pthreads(7): tgkill and pthread_kill reach one thread, kill any that does not block it; each thread has its own mask.
// calls: tgkill rt_sigprocmask
#include "../harness.h"

static volatile pid_t handled_by;
static int ready[2], go[2];
static void handler(int signal) { (void)signal; handled_by = syscall(SYS_gettid); }

static void *thread_main(void *arg) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK_EQ(pthread_sigmask(SIG_UNBLOCK, &set, NULL), 0);
    *(pid_t *)arg = syscall(SYS_gettid);
    h_signal(ready[1]);
    h_await(go[0]);
    return NULL;
}

int main(void) {
    sigset_t set, pending;
    pthread_t thread;
    pid_t tid = 0, self = getpid();
    OK(pipe(ready));
    OK(pipe(go));
    h_on_signal(SIGUSR1, handler, SA_RESTART);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    OK(sigprocmask(SIG_BLOCK, &set, NULL));
    CHECK_EQ(pthread_create(&thread, NULL, thread_main, &tid), 0);
    h_await(ready[0]);
    CHECK(tid != self && tid > 0);
    OK(kill(self, SIGUSR1)); // only the other thread can take it
    while (!handled_by) sched_yield();
    CHECK_EQ(handled_by, tid);
    handled_by = 0;
    OK(syscall(SYS_tgkill, self, self, SIGUSR1));
    OK(sigpending(&pending));
    CHECK(sigismember(&pending, SIGUSR1)); // stays with this thread
    CHECK_EQ(handled_by, 0);
    OK(syscall(SYS_tgkill, self, tid, SIGUSR1));
    while (!handled_by) sched_yield();
    CHECK_EQ(handled_by, tid);
    h_signal(go[1]);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    while (syscall(SYS_tgkill, self, tid, 0) == 0) sched_yield(); // its number goes a little after the join
    CHECK_EQ(errno, ESRCH);
    return 0;
}
