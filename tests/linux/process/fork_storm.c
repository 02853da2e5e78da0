// fork(2), exit(2): 500 children in a row and 50 at once, with pipes, memory and threads of their own; every one ends and is reaped.
// calls: clone wait4 pipe2
// timeout: 120
#include "../harness.h"

static void *thread_main(void *arg) { return arg; }

static void child_main(int number) {
    int ends[2];
    OK(pipe(ends));
    CHECK_EQ(write(ends[1], &number, sizeof number), sizeof number);
    char *pages = h_pages(16);
    for (int i = 0; i < 16; i++) pages[i * PAGE] = number;
    if (number % 10 == 0) {
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, thread_main, NULL), 0);
        if (number % 20 == 0) CHECK_EQ(pthread_join(thread, NULL), 0);
    }
    int back;
    CHECK_EQ(read(ends[0], &back, sizeof back), sizeof back);
    _exit(back % 200);
}

int main(void) {
    int before = h_open_fds();
    for (int i = 0; i < 500; i++) {
        pid_t child = h_fork();
        if (child == 0) child_main(i);
        CHECK_EQ(h_wait(child), i % 200 << 8);
    }
    for (int round = 0; round < 4; round++) {
        pid_t pids[50];
        for (int i = 0; i < 50; i++)
            if ((pids[i] = h_fork()) == 0) child_main(i);
        for (int i = 0; i < 50; i++) CHECK_EQ(h_wait(pids[i]), i << 8);
    }
    CHECK_EQ(h_open_fds(), before);
    CHECK_ERRNO(waitpid(-1, NULL, 0), ECHILD);
    return 0;
}
