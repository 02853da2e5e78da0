// flock(2): shared and exclusive locks belong to the open description; EWOULDBLOCK; released by the last close; blocks until free.
// calls: flock
#include "../harness.h"
#include <sys/file.h>

int main(void) {
    h_scratch();
    int a = OK(open("file", O_RDWR | O_CREAT, 0600)), b = OK(open("file", O_RDONLY)), ready[2];
    OK(flock(a, LOCK_SH));
    OK(flock(b, LOCK_SH | LOCK_NB));
    CHECK_ERRNO(flock(b, LOCK_EX | LOCK_NB), EWOULDBLOCK);
    OK(flock(b, LOCK_UN));
    OK(flock(a, LOCK_EX | LOCK_NB));
    CHECK_ERRNO(flock(b, LOCK_SH | LOCK_NB), EWOULDBLOCK);
    int copy = OK(dup(a));
    OK(close(a));
    CHECK_ERRNO(flock(b, LOCK_SH | LOCK_NB), EWOULDBLOCK);
    OK(pipe(ready));
    pid_t child = h_fork();
    if (child == 0) {
        OK(close(copy)); // the parent's descriptor keeps the lock
        h_signal(ready[1]);
        OK(flock(b, LOCK_EX));
        _exit(0);
    }
    h_await(ready[0]);
    h_until_asleep(child, 0);
    CHECK_EQ(waitpid(child, NULL, WNOHANG), 0);
    OK(flock(copy, LOCK_UN));
    h_join(child);
    CHECK_ERRNO(flock(b, 77), EINVAL);
    CHECK_ERRNO(flock(-1, LOCK_SH), EBADF);
    return 0;
}
