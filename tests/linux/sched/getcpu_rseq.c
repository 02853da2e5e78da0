// getcpu(2), rseq(2): the hart's number from the call; the registered area always holds it; EINVAL, EBUSY, EPERM, unregistering.
// calls: getcpu rseq
#include "../harness.h"
#include <linux/rseq.h>

#define SIGNATURE 0x53053053
#define UNREGISTER 1

static struct rseq area __attribute__((aligned(32)));
static const cpu_set_t *all;

static void *thread_main(void *arg) {
    cpu_set_t set;
    area.cpu_id = RSEQ_CPU_ID_UNINITIALIZED;
    OK(syscall(SYS_rseq, &area, sizeof area, 0, SIGNATURE));
    for (int round = 0; round < 3; round++)
        for (int hart = 0; hart < 64; hart++) {
            if (!CPU_ISSET(hart, all)) continue;
            CPU_ZERO(&set);
            CPU_SET(hart, &set);
            OK(sched_setaffinity(0, sizeof set, &set));
            CHECK_EQ(*(volatile unsigned *)&area.cpu_id, hart);
            CHECK_EQ(*(volatile unsigned *)&area.cpu_id_start, hart);
        }
    CHECK_ERRNO(syscall(SYS_rseq, &area, sizeof area, 0, SIGNATURE), EBUSY);
    CHECK_ERRNO(syscall(SYS_rseq, &area, sizeof area, 0, SIGNATURE + 1), EPERM);
    CHECK_ERRNO(syscall(SYS_rseq, (char *)&area + 32, sizeof area, 0, SIGNATURE), EINVAL);
    CHECK_ERRNO(syscall(SYS_rseq, &area, sizeof area, UNREGISTER, SIGNATURE + 1), EPERM);
    OK(syscall(SYS_rseq, &area, sizeof area, UNREGISTER, SIGNATURE));
    CHECK_EQ((int)area.cpu_id, RSEQ_CPU_ID_UNINITIALIZED);
    CHECK_ERRNO(syscall(SYS_rseq, (char *)&area + 1, sizeof area, 0, SIGNATURE), EINVAL);
    CHECK_ERRNO(syscall(SYS_rseq, &area, 7, 0, SIGNATURE), EINVAL);
    return arg;
}

int main(int argc, char **argv) {
    // Newer C libraries register an area of their own in every thread, unless told not to.
    if (argc == 1) {
        setenv("GLIBC_TUNABLES", "glibc.pthread.rseq=0", 1);
        execl("/proc/self/exe", argv[0], "x", NULL);
        FAIL("exec: errno %d", errno);
    }
    unsigned cpu = 999, node = 999;
    cpu_set_t set;
    OK(syscall(SYS_getcpu, &cpu, &node, NULL));
    CHECK(cpu < (unsigned)sysconf(_SC_NPROCESSORS_CONF));
    CHECK_EQ(node, 0);
    OK(syscall(SYS_getcpu, NULL, NULL, NULL));
    CHECK_ERRNO(syscall(SYS_getcpu, h_bad, NULL, NULL), EFAULT);
    OK(sched_getaffinity(0, sizeof set, &set));
    all = &set;
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, thread_main, NULL), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    return 0;
}
