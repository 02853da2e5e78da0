// execve(2), open(2): a file that is open for writing is not executed, one that runs is not opened for writing: ETXTBSY.
// calls: execve openat
#include "../harness.h"

int main(int argc, char **argv) {
    if (argc > 1) {
        h_await(0);
        return 0;
    }
    h_scratch();
    int in = OK(open("/proc/self/exe", O_RDONLY)), out = OK(open("copy", O_WRONLY | O_CREAT, 0755)), ends[2];
    static char piece[65536];
    for (ssize_t n; (n = OK(read(in, piece, sizeof piece))) > 0;) CHECK_EQ(write(out, piece, n), n);
    char *args[] = {"copy", "wait", NULL};
    CHECK_ERRNO(execve("./copy", args, environ), ETXTBSY);
    OK(close(out));
    OK(pipe(ends));
    int started[2];
    OK(pipe2(started, O_CLOEXEC));
    pid_t child = h_fork();
    if (child == 0) {
        OK(dup2(ends[0], 0));
        execve("./copy", args, environ);
        _exit(90);
    }
    OK(close(started[1]));
    char byte;
    CHECK_EQ(read(started[0], &byte, 1), 0); // closed by the exec
    CHECK_ERRNO(open("copy", O_WRONLY), ETXTBSY);
    CHECK_ERRNO(truncate("copy", 0), ETXTBSY);
    OK(close(OK(open("copy", O_RDONLY))));
    h_signal(ends[1]);
    h_join(child);
    OK(close(OK(open("copy", O_WRONLY))));
    return 0;
}
