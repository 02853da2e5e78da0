// vfork(2): the child runs in the parent's memory while the parent waits until it exits or executes.
// calls: clone execve
#include "../harness.h"

static volatile int value;

int main(int argc, char **argv) {
    if (argc == 2) return 9;
    pid_t self = getpid();
    int *flag = h_shared(4096);
    pid_t child = vfork();
    if (child == 0) {
        if (getpid() == self) _exit(99);
        value = 7;
        h_sleep_ms(20);
        *flag = 1;
        _exit(3);
    }
    CHECK(child > 0);
    CHECK_EQ(*flag, 1); // suspended until the exit
    CHECK_EQ(value, 7);
    CHECK_EQ(h_wait(child), 3 << 8);
    child = vfork();
    if (child == 0) {
        char *args[] = {"self", "x", NULL};
        execve("/absent", args, environ);
        value = errno;
        execve("/proc/self/exe", args, environ);
        _exit(98);
    }
    CHECK(child > 0);
    CHECK_EQ(value, ENOENT);
    CHECK_EQ(h_wait(child), 9 << 8);
    return 0;
}
