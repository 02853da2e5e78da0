// kcmp(2): descriptors, tables, memory, root and handlers that two tasks share or do not; ESRCH, EINVAL, EBADF, EPERM.
// calls: kcmp
#include "../harness.h"
#include <linux/kcmp.h>

static long kcmp(pid_t a, pid_t b, int kind, unsigned long x, unsigned long y) { return syscall(SYS_kcmp, a, b, kind, x, y); }

static _Atomic pid_t tid;
static int hold[2];
static void *worker(void *arg) {
    tid = syscall(SYS_gettid);
    h_await(hold[0]);
    return arg;
}

int main(void) {
    pid_t me = getpid();
    OK(pipe(hold));
    int copy = OK(dup(hold[0]));
    if (kcmp(me, me, KCMP_VM, 0, 0) < 0 && errno == ENOSYS) h_skip("the kernel has no kcmp");
    CHECK_EQ(kcmp(me, me, KCMP_FILE, hold[0], copy), 0);
    long order = kcmp(me, me, KCMP_FILE, hold[0], hold[1]);
    CHECK(order == 1 || order == 2);
    CHECK_EQ(kcmp(me, me, KCMP_FILE, hold[1], hold[0]), 3 - order);
    CHECK_ERRNO(kcmp(me, me, KCMP_FILE, hold[0], 999), EBADF);
    CHECK_ERRNO(kcmp(me, 0x3ffffff, KCMP_VM, 0, 0), ESRCH);
    CHECK_ERRNO(kcmp(me, me, 99, 0, 0), EINVAL);
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, worker, NULL), 0);
    while (!tid) sched_yield();
    for (int kind = KCMP_VM; kind <= KCMP_SIGHAND; kind++) CHECK_EQ(kcmp(me, tid, kind, 0, 0), 0);
    pid_t child = h_fork();
    if (child == 0) {
        for (;;) pause();
    }
    for (int kind = KCMP_VM; kind <= KCMP_SIGHAND; kind++) CHECK(kcmp(me, child, kind, 0, 0) > 0);
    CHECK_EQ(kcmp(me, child, KCMP_FILE, copy, hold[0]), 0);
    if (geteuid() == 0) {
        IN_CHILD({
            h_drop_to(1000);
            CHECK_ERRNO(kcmp(getpid(), child, KCMP_VM, 0, 0), EPERM);
        });
    }
    h_kill_and_reap(child);
    h_signal(hold[1]);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    return 0;
}
