// cgroup-v2.rst, pids: what is inside and below counts, fork fails with EAGAIN at the limit, moving in never does.
// calls: clone, write
#include "cg.h"

static void *idle(void *stop) {
    while (!*(volatile int *)stop) h_sleep_ms(1);
    return NULL;
}

static void inside(int *go) {
    // It is alone, and there may be three.
    CHECK_EQ(cg_number("p", "pids.current"), 1);
    pid_t one = fork();
    CHECK(one >= 0);
    if (one == 0) for (;;) pause();
    static volatile int stop;
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, idle, (void *)&stop), 0);
    CHECK_EQ(cg_number("p", "pids.current"), 3);
    CHECK_EQ(fork(), -1);
    CHECK_EQ(errno, EAGAIN);
    pthread_t more;
    CHECK_EQ(pthread_create(&more, NULL, idle, (void *)&stop), EAGAIN);
    stop = 1;
    CHECK_EQ(pthread_join(thread, NULL), 0);
    // A thread that was joined may still be on its way out.
    for (int i = 0; cg_number("p", "pids.current") > 2 && i < 2000; i++) h_sleep_ms(1);
    CHECK_EQ(cg_number("p", "pids.current"), 2);
    OK(kill(one, SIGKILL));
    h_wait(one);
    CHECK_EQ(cg_number("p", "pids.current"), 1);
    *go = 1;
    _exit(0);
}

int main(void) {
    cg_begin("+pids");
    OK(cg_mkdir("p"));
    cg_write("p", "pids.max", "3");
    int *go = h_shared(PAGE);
    pid_t pid = cg_fork("p");
    if (pid == 0) inside(go);
    CHECK_EQ(h_wait(pid), 0);
    CHECK_EQ(*go, 1);
    CHECK_EQ(cg_number("p", "pids.peak"), 3);
    CHECK(cg_field("p", "pids.events", "max") >= 2);
    // A limit below counts above.
    OK(cg_mkdir("p/q"));
    cg_write("p", "pids.max", "1");
    pid = cg_fork("p/q");
    if (pid == 0) {
        CHECK_EQ(cg_number("p", "pids.current"), 1);
        _exit(fork() == -1 && errno == EAGAIN ? 0 : 1);
    }
    CHECK_EQ(h_wait(pid), 0);
    // What is refused below counts above.
    cg_write("p", "pids.max", "max");
    cg_write("p", "cgroup.subtree_control", "+pids");
    OK(cg_mkdir("p/r"));
    cg_write("p/r", "pids.max", "1");
    long before = cg_field("p", "pids.events", "max");
    pid = cg_fork("p/r");
    if (pid == 0) _exit(fork() == -1 && errno == EAGAIN ? 0 : 1);
    CHECK_EQ(h_wait(pid), 0);
    CHECK_EQ(cg_field("p/r", "pids.events", "max"), 1);
    CHECK_EQ(cg_field("p", "pids.events", "max"), before + 1);
    cg_remove("p/r");
    cg_write("p", "cgroup.subtree_control", "-pids");
    // Moving in is not refused.
    cg_write("p", "pids.max", "0");
    pid = cg_fork("p/q");
    if (pid == 0) _exit(fork() == -1 && errno == EAGAIN ? 0 : 1);
    CHECK_EQ(h_wait(pid), 0);
    CHECK_EQ(cg_number("p", "pids.current"), 0);
    cg_remove("p/q");
    cg_remove("p");
    return 0;
}
