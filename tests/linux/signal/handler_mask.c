// sigaction(2), sa_mask and SA_NODEFER: during a handler its signal and sa_mask are blocked, afterwards the old mask holds.
// calls: rt_sigaction kill
#include "../harness.h"

static volatile sig_atomic_t depth, deepest, order[8], used;

static void nested(int signal) {
    if (++depth > deepest) deepest = depth;
    order[used++] = signal;
    if (used == 1) {
        OK(kill(getpid(), SIGUSR1));
        OK(kill(getpid(), SIGUSR2));
    }
    order[used++] = -signal;
    depth--;
}

static void run(int flags, int mask_signal) {
    struct sigaction action = {.sa_handler = nested, .sa_flags = flags};
    if (mask_signal) sigaddset(&action.sa_mask, mask_signal);
    OK(sigaction(SIGUSR1, &action, NULL));
    struct sigaction other = {.sa_handler = nested};
    OK(sigaction(SIGUSR2, &other, NULL));
    depth = deepest = used = 0;
    OK(kill(getpid(), SIGUSR1));
    CHECK_EQ(used, 6);
    sigset_t now;
    OK(sigprocmask(SIG_BLOCK, NULL, &now));
    CHECK(!sigismember(&now, SIGUSR1) && !sigismember(&now, SIGUSR2));
}

int main(void) {
    run(0, SIGUSR2); // both wait
    CHECK_EQ(deepest, 1);
    CHECK_EQ(order[1], -SIGUSR1);
    run(0, 0); // SIGUSR2 nests, SIGUSR1 waits
    CHECK_EQ(deepest, 2);
    CHECK_EQ(order[1], SIGUSR2);
    run(SA_NODEFER, SIGUSR2); // SIGUSR1 nests
    CHECK_EQ(order[1], SIGUSR1);
    CHECK_EQ(deepest, 2);
    CHECK_ERRNO(kill(getpid(), 65), EINVAL);
    return 0;
}
