// signal(7): a fatal signal to one thread ends all, with that signal as the status; a stop signal stops all.
// calls: tgkill kill wait4
#include "../harness.h"

static volatile long *turns;

static void *spin(void *arg) {
    for (;;) turns[(intptr_t)arg]++;
    return NULL;
}

static pid_t start(void) {
    pid_t pid = h_fork();
    if (pid == 0) {
        pthread_t thread;
        for (intptr_t i = 0; i < 3; i++) CHECK_EQ(pthread_create(&thread, NULL, spin, (void *)i), 0);
        for (;;) pause();
    }
    for (int i = 0; i < 3; i++) while (turns[i] == 0) sched_yield();
    return pid;
}

int main(void) {
    int status;
    turns = h_shared(4096);
    pid_t pid = start();
    OK(kill(pid, SIGSTOP));
    CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
    long before = turns[0] + turns[1] + turns[2];
    h_sleep_ms(10);
    CHECK_EQ(turns[0] + turns[1] + turns[2], before);
    OK(kill(pid, SIGCONT));
    while (turns[2] + turns[1] + turns[0] == before) sched_yield();
    OK(syscall(SYS_tgkill, pid, pid, SIGTERM));
    CHECK_EQ(h_wait(pid), SIGTERM);
    memset((void *)turns, 0, 64);
    pid = start();
    OK(kill(pid, SIGKILL));
    CHECK_EQ(h_wait(pid), SIGKILL);
    before = turns[0];
    h_sleep_ms(5);
    CHECK_EQ(turns[0], before);
    CHECK_ERRNO(kill(pid, 0), ESRCH);
    return 0;
}
