// pthread_exit(3), _exit(2): the process lives until its last thread ends, also when the first one went; its status is the last's.
// calls: wait4 exit
#include "../harness.h"

static pid_t first;

static void *thread_main(void *arg) {
    while (h_state(first, first) != 'Z' && h_state(first, first) != 0) h_sleep_ms(1);
    CHECK_EQ(getpid(), first);
    CHECK_EQ(kill(first, 0), 0);
    _exit((intptr_t)arg);
}

int main(void) {
    for (int code = 0; code < 3; code++) {
        pid_t child = h_fork();
        if (child == 0) {
            pthread_t thread;
            prctl(PR_SET_PDEATHSIG, 0);
            first = getpid();
            CHECK_EQ(pthread_create(&thread, NULL, thread_main, (void *)(intptr_t)(40 + code)), 0);
            syscall(SYS_exit, 1);
            _exit(2);
        }
        CHECK_EQ(h_wait(child), (40 + code) << 8);
    }
    CHECK_ERRNO(waitpid(-1, NULL, 0), ECHILD);
    return 0;
}
