// Floating-point registers that nobody touches for many switches have their values still, whoever uses them in between:
// other processes, other threads, a signal's handler; and a child of fork(2) has them too.
// calls: clone pipe2 read write rt_sigaction rt_sigreturn kill
#include "../harness.h"
#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>

#define ALL(op) \
    op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10) op(11) op(12) op(13) op(14) op(15) op(16) op(17) op(18) op(19) op(20) \
    op(21) op(22) op(23) op(24) op(25) op(26) op(27) op(28) op(29) op(30) op(31)

// Each register gets a value of its own.
static void fill(long base) {
#define FILL(n) __asm__ volatile("addi t0, %0, " #n "\nfmv.d.x f" #n ", t0" ::"r"(base) : "t0");
    ALL(FILL)
    __asm__ volatile("fscsr %0" ::"r"(base & 31));
}

// How many registers have lost theirs. Nothing is written to them.
static long differences(long base) {
    long bad = 0, got;
#define LOOK(n) \
    __asm__ volatile("fmv.x.d %0, f" #n : "=r"(got)); \
    bad += got != base + n;
    ALL(LOOK)
    __asm__ volatile("frcsr %0" : "=r"(got));
    return bad + (got != (base & 31));
}

static volatile sig_atomic_t handled;

static void handler(int signal) {
    (void)signal;
    handled++;
    fill(7000);
}

static void *other_thread(void *arg) {
    long base = (long)arg;
    for (int round = 0; round < 20; round++) {
        fill(base);
        for (int i = 0; i < round; i++) sched_yield();
        if (differences(base)) return (void *)1;
    }
    return NULL;
}

// Passes a byte on, round after round; looks at the registers seldom.
static int pass_on(int from, int to, long base, int rounds) {
    char byte = 0;
    long bad = 0;
    fill(base);
    for (int i = 1; i <= rounds; i++) {
        if (read(from, &byte, 1) != 1) return 1;
        if (i % 37 == 0) bad += differences(base);
        if (i % 50 == 0) fill(base += 100);
        if (write(to, &byte, 1) != 1) return 1;
    }
    return bad + differences(base) != 0;
}

int main(void) {
    int there[2], back[2];
    OK(pipe(there));
    OK(pipe(back));
    pid_t child = OK(fork());
    if (child == 0) _exit(pass_on(there[0], back[1], 3000, 400));
    OK(write(there[1], "x", 1));
    CHECK_EQ(pass_on(back[0], there[1], 5000, 400), 0);
    int status;
    CHECK_EQ(OK(waitpid(child, &status, 0)), child);
    CHECK_EQ(status, 0);

    // A handler that uses them where they have rested for long.
    h_on_signal(SIGUSR1, handler, 0);
    fill(900);
    for (int i = 0; i < 40; i++) sched_yield();
    OK(kill(getpid(), SIGUSR1));
    CHECK_EQ(differences(900), 0);
    CHECK_EQ(handled, 1);

    // They are inherited after a rest.
    fill(400);
    for (int i = 0; i < 40; i++) sched_yield();
    child = fork();
    if (child == 0) _exit(differences(400) != 0);
    CHECK_EQ(OK(waitpid(child, &status, 0)), child);
    CHECK_EQ(status, 0);

    pthread_t threads[6];
    for (long i = 0; i < 6; i++) CHECK_EQ(pthread_create(&threads[i], NULL, other_thread, (void *)(10000 + 1000 * i)), 0);
    for (int i = 0; i < 6; i++) {
        void *bad;
        CHECK_EQ(pthread_join(threads[i], &bad), 0);
        CHECK(bad == NULL);
    }
    return 0;
}
