// setrlimit(2), RLIMIT_STACK: growing beyond it is SIGSEGV; below it the stack grows by itself.
// calls: prlimit64
#include "../harness.h"

static int __attribute__((noinline)) deep(int kib) {
    volatile char frame[1024];
    frame[0] = kib;
    return kib == 0 ? 0 : deep(kib - 1) + frame[0] - (char)kib;
}

static int run(rlim_t limit, int kib) {
    pid_t child = h_fork();
    if (child == 0) {
        struct rlimit none = {0, 0}, stack = {limit, RLIM_INFINITY};
        OK(setrlimit(RLIMIT_CORE, &none));
        if (setrlimit(RLIMIT_STACK, &stack) != 0) stack.rlim_max = limit, OK(setrlimit(RLIMIT_STACK, &stack));
        _exit(deep(kib) != 0);
    }
    return h_wait(child);
}

int main(void) {
    CHECK_EQ(run(8 << 20, 4000), 0);
    CHECK_EQ(run(1 << 20, 400), 0);
    CHECK_EQ(run(1 << 20, 4000) & 0x7f, SIGSEGV);
    struct rlimit limit;
    OK(getrlimit(RLIMIT_STACK, &limit));
    CHECK_EQ(limit.rlim_cur, 8 << 20);
    CHECK_ERRNO(setrlimit(99, &limit), EINVAL);
    return 0;
}
