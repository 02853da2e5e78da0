// execve(2): argv and envp arrive byte for byte, also empty strings and 100 KB of them; argv[0] is free; an empty argv becomes one "".
// calls: execve
#include "../harness.h"

int main(int argc, char **argv) {
    if (argc == 4 && !strcmp(argv[0], "zero")) {
        CHECK_STR(argv[1], "");
        CHECK_STR(argv[2], "two words");
        CHECK_EQ(strlen(argv[3]), 100000);
        for (int i = 0; i < 100000; i++) CHECK_EQ(argv[3][i], 'a' + i % 26);
        CHECK_STR(environ[0], "A=1");
        CHECK_STR(environ[1], "EMPTY=");
        CHECK(!environ[2]);
        CHECK(!argv[4]);
        CHECK_EQ((uintptr_t)argv % 8, 0);
        return 21;
    }
    if (argc == 1 && argv[0][0] == 0) return 22;
    static char big[100001];
    for (int i = 0; i < 100000; i++) big[i] = 'a' + i % 26;
    char *args[] = {"zero", "", "two words", big, NULL}, *env[] = {"A=1", "EMPTY=", NULL}, *none[] = {NULL};
    pid_t child = h_fork();
    if (child == 0) execve("/proc/self/exe", args, env), _exit(90);
    CHECK_EQ(h_wait(child), 21 << 8);
    child = h_fork();
    if (child == 0) execve("/proc/self/exe", none, env), _exit(90);
    CHECK_EQ(h_wait(child), 22 << 8);
    CHECK_ERRNO(execve("/proc/self/exe", h_bad, env), EFAULT);
    CHECK_ERRNO(execve(h_bad, args, env), EFAULT);
    char *bad[] = {"zero", h_bad, NULL};
    CHECK_ERRNO(execve("/proc/self/exe", bad, env), EFAULT);
    return 0;
}
