// Integer and floating-point registers and fcsr of threads and processes on all harts survive preemption, migration and random signals.
// calls: setitimer sched_setaffinity
// timeout: 120
#include "../harness.h"

#define WORKERS 6
#define TURNS 1200

static volatile int *signals;

static void handler(int signal) {
    (void)signal;
    __sync_fetch_and_add(signals, 1);
    volatile double spoil = 1.0;
    for (int i = 0; i < 20; i++) spoil = spoil * 1.5 + i;
}

// Every register gets a value made from the seed; a mixed run of moves keeps them apart, then the sum must be right.
static int storm_once(long seed, long spins) {
    long bad;
    __asm__ volatile(
        "fsrm zero\nfsflagsi 0\n"
#define SET(reg, n) "addi " reg ", %2, " #n "\n"
        SET("t0", 1) SET("t1", 2) SET("t2", 3) SET("t3", 4) SET("t4", 5) SET("t5", 6) SET("t6", 7) SET("a1", 8) SET("a2", 9) SET("a3", 10) SET("a4", 11)
        SET("a5", 12) SET("a6", 13) SET("a7", 14) SET("s2", 15) SET("s3", 16) SET("s4", 17) SET("s5", 18) SET("s6", 19) SET("s7", 20)
#define SETF(reg, n) "addi a0, %2, " #n "\nfmv.d.x " reg ", a0\n"
        SETF("f0", 100) SETF("f1", 101) SETF("f2", 102) SETF("f3", 103) SETF("f4", 104) SETF("f5", 105) SETF("f6", 106) SETF("f7", 107)
        SETF("f8", 108) SETF("f9", 109) SETF("f10", 110) SETF("f11", 111) SETF("f12", 112) SETF("f13", 113) SETF("f14", 114) SETF("f15", 115)
        SETF("f16", 116) SETF("f17", 117) SETF("f18", 118) SETF("f19", 119) SETF("f20", 120) SETF("f21", 121) SETF("f22", 122) SETF("f23", 123)
        SETF("f24", 124) SETF("f25", 125) SETF("f26", 126) SETF("f27", 127) SETF("f28", 128) SETF("f29", 129) SETF("f30", 130) SETF("f31", 131)
        "1: addi %1, %1, -1\nbnez %1, 1b\nli %0, 0\n"
#define GET(reg, n) "sub a0, " reg ", %2\naddi a0, a0, -" #n "\nsnez a0, a0\nadd %0, %0, a0\n"
        GET("t0", 1) GET("t1", 2) GET("t2", 3) GET("t3", 4) GET("t4", 5) GET("t5", 6) GET("t6", 7) GET("a1", 8) GET("a2", 9) GET("a3", 10) GET("a4", 11)
        GET("a5", 12) GET("a6", 13) GET("a7", 14) GET("s2", 15) GET("s3", 16) GET("s4", 17) GET("s5", 18) GET("s6", 19) GET("s7", 20)
#define GETF(reg, n) "fmv.x.d a1, " reg "\n" GET("a1", n)
        GETF("f0", 100) GETF("f1", 101) GETF("f2", 102) GETF("f3", 103) GETF("f4", 104) GETF("f5", 105) GETF("f6", 106) GETF("f7", 107)
        GETF("f8", 108) GETF("f9", 109) GETF("f10", 110) GETF("f11", 111) GETF("f12", 112) GETF("f13", 113) GETF("f14", 114) GETF("f15", 115)
        GETF("f16", 116) GETF("f17", 117) GETF("f18", 118) GETF("f19", 119) GETF("f20", 120) GETF("f21", 121) GETF("f22", 122) GETF("f23", 123)
        GETF("f24", 124) GETF("f25", 125) GETF("f26", 126) GETF("f27", 127) GETF("f28", 128) GETF("f29", 129) GETF("f30", 130) GETF("f31", 131)
        "frcsr a0\nsnez a0, a0\nadd %0, %0, a0\n"
        : "=&r"(bad), "+&r"(spins) : "r"(seed)
        : "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "ft0", "ft1", "ft2",
          "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1", "fa0", "fa1", "fa2", "fa3", "fa4", "fa5", "fa6", "fa7", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7",
          "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11");
    return bad;
}

static void *worker(void *arg) {
    unsigned random = (intptr_t)arg * 2654435761u + 1;
    int harts = sysconf(_SC_NPROCESSORS_ONLN);
    for (int i = 0; i < TURNS; i++) {
        random = random * 1664525 + 1013904223;
        CHECK_EQ(storm_once(random, 1 + random % 8192), 0);
        if (random >> 28 == 0) sched_yield();
        if (random >> 27 == 3) {
            cpu_set_t set;
            CPU_ZERO(&set);
            CPU_SET(random % harts, &set);
            OK(sched_setaffinity(0, sizeof set, &set));
        }
        if (random >> 26 == 9) {
            struct timespec time = {0, random % 100000};
            nanosleep(&time, NULL);
        }
        if (i % 50 == 0) {
            struct itimerval timer = {.it_value = {0, 1 + random % 2000}};
            OK(setitimer(ITIMER_REAL, &timer, NULL));
        }
    }
    return NULL;
}

int main(void) {
    pid_t pids[2];
    cpu_set_t none;
    signals = h_shared(4096);
    for (int p = 0; p < 2; p++)
        if ((pids[p] = h_fork()) == 0) {
            pthread_t threads[WORKERS];
            h_on_signal(SIGALRM, handler, SA_RESTART);
            for (intptr_t i = 0; i < WORKERS; i++) CHECK_EQ(pthread_create(&threads[i], NULL, worker, (void *)(i + p * WORKERS)), 0);
            for (int i = 0; i < WORKERS; i++) CHECK_EQ(pthread_join(threads[i], NULL), 0);
            CHECK(*signals > 0);
            _exit(0);
        }
    for (int p = 0; p < 2; p++) h_join(pids[p]);
    CPU_ZERO(&none);
    CHECK_ERRNO(sched_setaffinity(0, sizeof none, &none), EINVAL);
    return 0;
}
