// rseq(2): a thread that is preempted inside a critical section goes on at its abort handler, never in the middle; a wrong signature kills.
// calls: rseq
// timeout: 60
#include "../harness.h"
#include <linux/rseq.h>

#define SIGNATURE 0x53053053

static struct rseq area __attribute__((aligned(32)));

// Spins inside a critical section; returns 1 when the section was aborted, 0 when it came to its end.
static int section(long spins) {
    long aborted;
    __asm__ volatile(
        ".pushsection __rseq_cs, \"aw\"\n.balign 32\n3: .4byte 0, 0\n.8byte 1f, 2f - 1f, 4f\n.popsection\n"
        "la t0, 3b\nsd t0, 8(%2)\n"
        "1: addi %1, %1, -1\nbnez %1, 1b\n"
        "2: li %0, 0\nj 5f\n"
        ".4byte 0x53053053\n" // the signature stands before the handler
        "4: li %0, 1\n5:\n"
        : "=&r"(aborted), "+&r"(spins) : "r"(&area) : "t0", "memory");
    return aborted;
}

int main(int argc, char **argv) {
    if (argc == 1) { // see getcpu_rseq.c
        setenv("GLIBC_TUNABLES", "glibc.pthread.rseq=0", 1);
        execl("/proc/self/exe", argv[0], "x", NULL);
        FAIL("exec: errno %d", errno);
    }
    OK(syscall(SYS_rseq, &area, sizeof area, 0, SIGNATURE));
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(sched_getcpu(), &set);
    OK(sched_setaffinity(0, sizeof set, &set));
    pid_t rival = h_fork(); // on the same hart, so that both are preempted
    if (rival == 0) for (;;) {}
    int aborts = 0, whole = 0;
    for (int i = 0; i < 100000 && (aborts < 3 || whole < 3); i++) {
        if (section(i % 2 ? 10 : 10000000)) aborts++;
        else whole++;
    }
    CHECK(aborts >= 3);
    CHECK(whole >= 3);
    struct rlimit no_core = {0, 0};
    OK(setrlimit(RLIMIT_CORE, &no_core));
    pid_t child = h_fork(); // the registration is inherited
    if (child == 0) {
        OK(syscall(SYS_rseq, &area, sizeof area, 1, SIGNATURE));
        OK(syscall(SYS_rseq, &area, sizeof area, 0, SIGNATURE + 1));
        for (int i = 0; i < 1000; i++) section(10000000);
        _exit(0);
    }
    CHECK_EQ(h_wait(child) & 0x7f, SIGSEGV);
    h_kill_and_reap(rival);
    CHECK_ERRNO(syscall(SYS_rseq, &area, 7, 0, SIGNATURE), EINVAL);
    return 0;
}
