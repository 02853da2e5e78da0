// pthread_create(3): thousands of threads of one process end at a limit of the system with EAGAIN; all of them end, and a program beside them goes on.
// calls: clone
// timeout: 300
// budget: none
#include "beside.h"

#define MOST 20000

static void *thread_main(void *arg) {
    for (;;) pause();
    return arg;
}

int main(void) {
    struct beside *beside = beside_start(0);
    long *made = h_shared(PAGE);
    pid_t pid = h_fork();
    if (pid == 0) {
        pthread_attr_t attr;
        pthread_attr_init(&attr);
        pthread_attr_setstacksize(&attr, 16384);
        int error = 0;
        pthread_t thread;
        for (; *made < MOST && (error = pthread_create(&thread, &attr, thread_main, NULL)) == 0;) ++*made;
        CHECK_EQ(error, EAGAIN);
        _exit(0);
    }
    h_join(pid);
    CHECK(*made >= 4096 && *made < MOST);
    beside_goes_on(beside);
    beside_finish(beside);
    return 0;
}
