// sigaltstack(2): SA_ONSTACK handlers run there, SS_ONSTACK says so, changing it then is EPERM; ENOMEM too small, EINVAL; threads start without.
// calls: sigaltstack rt_sigaction
#include "../harness.h"

static char *area;
static volatile sig_atomic_t inside, flags, refused;

static void handler(int signal) {
    char here;
    (void)signal;
    stack_t now;
    inside = &here >= area && &here < area + 16 * PAGE;
    OK(sigaltstack(NULL, &now));
    flags = now.ss_flags;
    stack_t none = {.ss_flags = SS_DISABLE};
    refused = sigaltstack(&none, NULL) == -1 && errno == EPERM;
}

static void *thread_main(void *arg) {
    stack_t now;
    OK(sigaltstack(NULL, &now));
    CHECK_EQ(now.ss_flags, SS_DISABLE);
    return arg;
}

int main(void) {
    stack_t now, stack = {.ss_sp = area = h_pages(16), .ss_size = 16 * PAGE};
    OK(sigaltstack(NULL, &now));
    CHECK_EQ(now.ss_flags, SS_DISABLE);
    OK(sigaltstack(&stack, NULL));
    h_on_signal(SIGUSR1, handler, 0);
    OK(raise(SIGUSR1));
    CHECK_EQ(inside, 0);
    OK(sigaltstack(&stack, NULL)); // the handler could disable it, not being on it
    h_on_signal(SIGUSR1, handler, SA_ONSTACK);
    OK(raise(SIGUSR1));
    CHECK_EQ(inside, 1);
    CHECK_EQ(flags, SS_ONSTACK);
    CHECK(refused);
    OK(sigaltstack(NULL, &now));
    CHECK_EQ(now.ss_flags, 0);
    CHECK(now.ss_sp == area);
    IN_CHILD(OK(sigaltstack(NULL, &now)); CHECK(now.ss_sp == area)); // fork keeps it
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, thread_main, NULL), 0);
    pthread_join(thread, NULL);
    stack.ss_size = 1024;
    CHECK_ERRNO(sigaltstack(&stack, NULL), ENOMEM);
    stack.ss_size = 16 * PAGE, stack.ss_flags = 0x40;
    CHECK_ERRNO(sigaltstack(&stack, NULL), EINVAL);
    CHECK_ERRNO(syscall(SYS_sigaltstack, h_bad, NULL), EFAULT);
    return 0;
}
