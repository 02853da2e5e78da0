// open(2), O_CLOEXEC: the descriptor is closed by a successful execve, the plain one is kept.
// calls: openat fcntl execve
#include "../harness.h"

int main(int argc, char **argv) {
    if (argc == 3) {
        CHECK_ERRNO(fcntl(atoi(argv[1]), F_GETFD), EBADF);
        CHECK_EQ(fcntl(atoi(argv[2]), F_GETFD), 0);
        return 0;
    }
    int closed = OK(open("/dev/null", O_RDONLY | O_CLOEXEC));
    int kept = OK(open("/dev/null", O_RDONLY));
    CHECK_EQ(fcntl(closed, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(fcntl(kept, F_GETFD), 0);
    char a[12], b[12];
    snprintf(a, sizeof a, "%d", closed), snprintf(b, sizeof b, "%d", kept);
    // A failed execve closes nothing.
    char *args[] = {argv[0], a, b, NULL};
    CHECK_ERRNO(execve("/absent", args, environ), ENOENT);
    CHECK_EQ(fcntl(closed, F_GETFD), FD_CLOEXEC);
    IN_CHILD(execve("/proc/self/exe", args, environ); FAIL("execve came back"));
    return 0;
}
