// fcntl(2), F_SETLKW: a circle of waits that goes through one of two threads of a process is found (EDEADLK).
// calls: fcntl
#include "../harness.h"

static int fd;
static _Atomic pid_t tids[2];

static int set(int type, off_t start) {
    struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = 1};
    return fcntl(fd, F_SETLKW, &l);
}

static void *wait_for(void *arg) {
    long n = (long)arg;
    tids[n] = syscall(SYS_gettid);
    OK(set(F_WRLCK, n + 1));
    return NULL;
}

int main(void) {
    h_scratch();
    fd = OK(open("file", O_RDWR | O_CREAT, 0600));
    int ready[2], go[2], done[2];
    OK(pipe(ready));
    OK(pipe(go));
    OK(pipe(done));
    OK(set(F_WRLCK, 0));
    pid_t idle = h_fork();
    if (idle == 0) { // holds 1, and waits for nobody
        OK(set(F_WRLCK, 1));
        h_signal(ready[1]);
        h_await(done[0]);
        _exit(0);
    }
    h_await(ready[0]);
    pid_t other = h_fork();
    if (other == 0) { // holds 2
        OK(set(F_WRLCK, 2));
        h_signal(ready[1]);
        h_await(go[0]);
        CHECK_ERRNO(set(F_WRLCK, 0), EDEADLK);
        _exit(0);
    }
    h_await(ready[0]);
    pthread_t threads[2];
    for (long n = 0; n < 2; n++) {
        CHECK_EQ(pthread_create(&threads[n], NULL, wait_for, (void *)n), 0);
        while (!tids[n]) sched_yield();
        h_until_asleep(getpid(), tids[n]);
    }
    h_signal(go[1]);
    h_join(other);
    h_signal(done[1]);
    h_join(idle);
    for (int n = 0; n < 2; n++) CHECK_EQ(pthread_join(threads[n], NULL), 0);
    return 0;
}
