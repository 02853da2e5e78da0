// Runs a contract test on real Linux with one call broken: `mutate NUMBER MODE PROGRAM [ARGS…]`.
//
// Mode 1: the call answers ENOSYS. Mode 2: it answers 0 without acting. A seccomp filter does it
// (SECCOMP_RET_ERRNO with errno ENOSYS or 0, seccomp(2)), so the oracle itself shows that a test notices.
// The one execve that starts PROGRAM is let through by the address of its argv.
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARGUMENT_LOW(n) (offsetof(struct seccomp_data, args) + 8 * (n))

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: mutate NUMBER MODE PROGRAM [ARGS...]\n");
        return 126;
    }
    uint32_t number = atoi(argv[1]);
    uint32_t answer = atoi(argv[2]) == 1 ? ENOSYS : 0;
    uint32_t own_argv = (uint32_t)(uintptr_t)(argv + 3);
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT_LOW(1)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, own_argv, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | answer),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof code[0], .filter = code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        perror("mutate: seccomp");
        return 126;
    }
    execv(argv[3], argv + 3);
    perror("mutate: execv");
    return 126;
}
