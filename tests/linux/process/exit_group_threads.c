// exit_group(2): ends every thread at once, wherever it is: running, blocked in read, in a futex, asleep, stopped by a page fault.
// calls: exit_group
#include "../harness.h"

static int ends[2];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *thread_main(void *arg) {
    char byte;
    switch ((intptr_t)arg % 5) {
    case 0: for (;;) {}
    case 1: if (read(ends[0], &byte, 1)) {} break;
    case 2: pthread_mutex_lock(&mutex); break;
    case 3: h_sleep_ms(100000); break;
    case 4: for (;;) memset(h_pages(16), 1, 16 * PAGE);
    }
    _exit(99);
}

static void child_main(void) {
    pthread_t thread;
    pthread_mutex_lock(&mutex);
    for (intptr_t i = 0; i < 10; i++) CHECK_EQ(pthread_create(&thread, NULL, thread_main, (void *)i), 0);
    h_sleep_ms(5);
    syscall(SYS_exit_group, 23);
    _exit(98);
}

int main(void) {
    OK(pipe(ends));
    for (int i = 0; i < 5; i++) {
        pid_t child = h_fork();
        if (child == 0) child_main();
        CHECK_EQ(h_wait(child), 23 << 8);
        CHECK_ERRNO(kill(child, 0), ESRCH);
    }
    return 0;
}
