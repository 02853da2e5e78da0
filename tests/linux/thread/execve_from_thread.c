// execve(2): an exec in any thread ends all others; the new program has the process's pid as its one thread, whatever the others did.
// calls: execve gettid
#include "../harness.h"

static int ends[2];

static void *blocked(void *arg) {
    char byte;
    if (read(ends[0], &byte, 1)) {}
    return arg;
}

static void *busy(void *arg) {
    for (;;) {}
    return arg;
}

static void *executes(void *arg) {
    char *args[] = {"self", arg, NULL};
    if (execve("/absent", args, environ) != -1 || errno != ENOENT) _exit(9);
    execve("/proc/self/exe", args, environ);
    _exit(8);
}

int main(int argc, char **argv) {
    if (argc > 1) {
        CHECK_EQ(getpid(), atoi(argv[1]));
        CHECK_EQ(syscall(SYS_gettid), getpid());
        CHECK(strstr(h_read_file("/proc/self/status"), "Threads:\t1\n"));
        return 0;
    }
    OK(pipe(ends));
    IN_CHILD({
        pthread_t thread;
        char number[16];
        snprintf(number, sizeof number, "%d", getpid());
        for (int i = 0; i < 4; i++) CHECK_EQ(pthread_create(&thread, NULL, i % 2 ? blocked : busy, NULL), 0);
        CHECK_EQ(pthread_create(&thread, NULL, executes, number), 0);
        for (;;) pause();
    });
    return 0;
}
