// tkill(2), rt_tgsigqueueinfo(2): to one thread, with SI_TKILL or a value of the sender's; ESRCH, EINVAL, EPERM for forged codes.
// calls: tkill rt_tgsigqueueinfo
#include "../harness.h"

static volatile siginfo_t got;
static volatile pid_t handled_by;
static void handler(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)context;
    got = *info;
    handled_by = syscall(SYS_gettid);
}

static volatile pid_t tid;
static volatile int stop;
static void *thread_main(void *arg) {
    tid = syscall(SYS_gettid);
    while (!stop) sched_yield();
    return arg;
}

int main(void) {
    pthread_t thread;
    h_on_siginfo(SIGUSR1, handler, 0);
    CHECK_EQ(pthread_create(&thread, NULL, thread_main, NULL), 0);
    while (!tid) sched_yield();
    OK(syscall(SYS_tkill, tid, SIGUSR1));
    while (!handled_by) sched_yield();
    CHECK_EQ(handled_by, tid);
    CHECK_EQ(got.si_code, SI_TKILL);
    CHECK_EQ(got.si_pid, getpid());
    siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
    info.si_value.sival_int = 99;
    handled_by = 0;
    OK(syscall(SYS_rt_tgsigqueueinfo, getpid(), tid, SIGUSR1, &info));
    while (!handled_by) sched_yield();
    CHECK_EQ(handled_by, tid);
    CHECK_EQ(got.si_code, SI_QUEUE);
    CHECK_EQ(got.si_value.sival_int, 99);
    CHECK_ERRNO(syscall(SYS_tkill, 1 << 30, SIGUSR1), ESRCH);
    CHECK_ERRNO(syscall(SYS_tkill, -1, SIGUSR1), EINVAL);
    CHECK_ERRNO(syscall(SYS_tkill, tid, 65), EINVAL);
    CHECK_ERRNO(syscall(SYS_rt_tgsigqueueinfo, getpid(), 1 << 30, SIGUSR1, &info), ESRCH);
    CHECK_ERRNO(syscall(SYS_rt_tgsigqueueinfo, getpid(), tid, SIGUSR1, h_bad), EFAULT);
    info.si_code = SI_USER;
    CHECK_ERRNO(syscall(SYS_rt_tgsigqueueinfo, getppid(), getppid(), 0, &info), EPERM);
    stop = 1;
    CHECK_EQ(pthread_join(thread, NULL), 0);
    return 0;
}
