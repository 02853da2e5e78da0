// sigreturn(2): every integer and floating-point register and fcsr survive a signal between any two instructions.
// calls: setitimer rt_sigaction rt_sigreturn
#include "../harness.h"

static volatile sig_atomic_t count;

static void handler(int signal) {
    (void)signal;
    count++;
    // Spoils everything that a handler may spoil.
    __asm__ volatile("li t0, -1\nli t1, -1\nli t2, -1\nli t3, -1\nli t4, -1\nli t5, -1\nli t6, -1\nli a0, -1\nli a1, -1\nli a2, -1\n"
                     "li a3, -1\nli a4, -1\nli a5, -1\nli a6, -1\nli a7, -1\nfcvt.d.l ft0, a0\nfcvt.d.l ft1, a0\nfcvt.d.l ft11, a0\nfcvt.d.l fa0, a0\nfcvt.d.l fa7, a0\nfsflagsi 31\nfsrmi 1"
                     ::: "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "ft0", "ft1", "ft11", "fa0", "fa7");
}

// Loads each register with a value of its own, spins, and adds up the differences.
static long spin(long turns) {
    long bad;
    __asm__ volatile(
        "fsrmi 2\nfsflagsi 0\n"
        "li t0, 105\nli t1, 106\nli t2, 107\nli t3, 128\nli t4, 129\nli t5, 130\nli t6, 131\nli a1, 111\nli a2, 112\nli a3, 113\nli a4, 114\nli a5, 115\nli a6, 116\nli a7, 117\n"
        "li s2, 118\nli s3, 119\nli s4, 120\nli s5, 121\nli s6, 122\nli s7, 123\nli s8, 124\nli s9, 125\nli s10, 126\nli s11, 127\n"
        "fmv.d.x ft0, t0\nfmv.d.x ft1, t1\nfmv.d.x ft11, t2\nfmv.d.x fa0, t3\nfmv.d.x fa7, t4\nfmv.d.x fs0, t5\nfmv.d.x fs11, t6\n"
        "1: addi %1, %1, -1\nbnez %1, 1b\n"
        "li %0, 0\n"
#define SAME(reg, value) "addi a0, " reg ", -" value "\nsnez a0, a0\nadd %0, %0, a0\n"
        SAME("t0", "105") SAME("t1", "106") SAME("t2", "107") SAME("t3", "128") SAME("t4", "129") SAME("t5", "130") SAME("t6", "131")
        SAME("a1", "111") SAME("a2", "112") SAME("a3", "113") SAME("a4", "114") SAME("a5", "115") SAME("a6", "116") SAME("a7", "117")
        SAME("s2", "118") SAME("s3", "119") SAME("s4", "120") SAME("s5", "121") SAME("s6", "122") SAME("s7", "123") SAME("s8", "124")
        SAME("s9", "125") SAME("s10", "126") SAME("s11", "127")
#define SAME_F(reg, value) "fmv.x.d a1, " reg "\n" SAME("a1", value)
        SAME_F("ft0", "105") SAME_F("ft1", "106") SAME_F("ft11", "107") SAME_F("fa0", "128") SAME_F("fa7", "129") SAME_F("fs0", "130") SAME_F("fs11", "131")
        "frcsr a1\n" SAME("a1", "64") // rounding mode 2, no flags
        "fsrmi 0\n"
        : "=&r"(bad), "+&r"(turns) : : "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "s2", "s3", "s4", "s5", "s6",
          "s7", "s8", "s9", "s10", "s11", "ft0", "ft1", "ft11", "fa0", "fa7", "fs0", "fs11");
    return bad;
}

int main(void) {
    h_on_signal(SIGALRM, handler, 0);
    struct itimerval timer = {.it_value = {0, 500}, .it_interval = {0, 500}};
    OK(setitimer(ITIMER_REAL, &timer, NULL));
    for (int i = 0; i < 2000 && count < 100; i++) CHECK_EQ(spin(100000), 0);
    CHECK(count >= 20);
    timer.it_value.tv_usec = 2000000;
    CHECK_ERRNO(setitimer(ITIMER_REAL, &timer, NULL), EINVAL);
    return 0;
}
