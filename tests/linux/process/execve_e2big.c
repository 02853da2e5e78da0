// execve(2), limits: arguments and environment may take a quarter of the stack limit, one string 128 KiB; above that E2BIG.
// calls: execve
#include "../harness.h"

int main(int argc, char **argv) {
    if (argc > 1) return 5;
    static char string[131073];
    memset(string, 'x', sizeof string - 1);
    char *one[] = {"self", string, NULL};
    CHECK_ERRNO(execve("/proc/self/exe", one, environ), E2BIG); // 131072 bytes and the final zero
    string[131071] = 0;
    pid_t child = h_fork();
    if (child == 0) execve("/proc/self/exe", one, environ), _exit(90);
    CHECK_EQ(h_wait(child), 5 << 8);
    char *many[20] = {"self"};
    for (int i = 1; i < 16; i++) many[i] = string; // about 2 MiB
    child = h_fork();
    if (child == 0) {
        struct rlimit limit = {.rlim_cur = 8 << 20, .rlim_max = 8 << 20};
        OK(setrlimit(RLIMIT_STACK, &limit));
        many[15] = NULL;
        execve("/proc/self/exe", many, environ);
        _exit(90);
    }
    CHECK_EQ(h_wait(child), 5 << 8);
    many[16] = string, many[17] = string;
    IN_CHILD({
        struct rlimit limit = {.rlim_cur = 8 << 20, .rlim_max = 8 << 20};
        OK(setrlimit(RLIMIT_STACK, &limit));
        CHECK_ERRNO(execve("/proc/self/exe", many, environ), E2BIG);
    });
    return 0;
}
