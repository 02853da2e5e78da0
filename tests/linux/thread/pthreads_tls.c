// clone(2), pthreads(7): 64 threads with thread-local data, own ids, own errno, joined with their values; a mutex and a condition variable.
// calls: clone futex gettid
#include "../harness.h"

#define THREADS 64

static __thread long local = 5;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int arrived;
static pid_t tids[THREADS];

static void *thread_main(void *arg) {
    long id = (intptr_t)arg;
    CHECK_EQ(local, 5);
    local += id;
    tids[id] = syscall(SYS_gettid);
    pthread_mutex_lock(&mutex);
    if (++arrived == THREADS) pthread_cond_broadcast(&changed);
    while (arrived < THREADS) pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < 200; i++) {
        errno = id;
        sched_yield();
        CHECK_EQ(errno, id);
        CHECK_EQ(local, 5 + id);
    }
    return (void *)(id * 3);
}

int main(void) {
    pthread_t threads[THREADS];
    for (intptr_t i = 0; i < THREADS; i++) CHECK_EQ(pthread_create(&threads[i], NULL, thread_main, (void *)i), 0);
    for (intptr_t i = 0; i < THREADS; i++) {
        void *value = NULL;
        CHECK_EQ(pthread_join(threads[i], &value), 0);
        CHECK_EQ((intptr_t)value, i * 3);
        CHECK(tids[i] > 0 && tids[i] != getpid());
        for (int k = 0; k < i; k++) CHECK(tids[k] != tids[i]);
    }
    CHECK_EQ(local, 5);
    // A value that does not match does not wait.
    int word = 1;
    CHECK_ERRNO(syscall(SYS_futex, &word, 0, 0, NULL, NULL, 0), EAGAIN);
    return 0;
}
