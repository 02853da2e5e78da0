// setrlimit(2), RLIMIT_NPROC, pthread_create(3): thousands of threads are made until EAGAIN, all work, and all resources come back.
// calls: clone
// timeout: 120
// budget: none
#include "../harness.h"

#include <linux/futex.h>

#define MOST 4096

static volatile int go;
static volatile long ran;

static void *thread_main(void *arg) {
    while (!go) syscall(SYS_futex, &go, FUTEX_WAIT, 0, NULL, NULL, 0);
    __sync_fetch_and_add(&ran, 1);
    syscall(SYS_futex, &go, FUTEX_WAKE, 1, NULL, NULL, 0); // one wakes the next
    return arg;
}

static int make(pthread_t *threads, int most) {
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 16384);
    int made = 0, error = 0;
    while (made < most && (error = pthread_create(&threads[made], &attr, thread_main, NULL)) == 0) made++;
    if (error) CHECK_EQ(error, EAGAIN);
    return made;
}

int main(void) {
    static pthread_t threads[MOST];
    IN_CHILD({
        struct rlimit limit = {100, 100};
        h_drop_to(45678);
        OK(setrlimit(RLIMIT_NPROC, &limit));
        int made = make(threads, MOST);
        CHECK(made >= 90 && made <= 99);
    });
    for (int round = 0; round < 2; round++) {
        go = 0, ran = 0;
        int made = make(threads, round ? 64 : MOST);
        CHECK(made >= 64);
        go = 1;
        syscall(SYS_futex, &go, FUTEX_WAKE, 1, NULL, NULL, 0);
        for (int i = 0; i < made; i++) CHECK_EQ(pthread_join(threads[i], NULL), 0);
        CHECK_EQ(ran, made);
    }
    return 0;
}
