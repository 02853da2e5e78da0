// fcntl(2), F_SETLKW: two processes that would wait for each other: one of them gets EDEADLK.
// calls: fcntl
#include "../harness.h"

static int set(int fd, int type, off_t start) {
    struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = 1};
    return fcntl(fd, F_SETLKW, &l);
}

int main(void) {
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600)), ready[2];
    OK(pipe(ready));
    OK(set(fd, F_WRLCK, 0));
    pid_t child = h_fork();
    if (child == 0) {
        OK(set(fd, F_WRLCK, 1));
        h_signal(ready[1]);
        OK(set(fd, F_WRLCK, 0)); // waits for the parent
        _exit(0);
    }
    h_await(ready[0]);
    h_until_asleep(child, 0);
    CHECK_ERRNO(set(fd, F_WRLCK, 1), EDEADLK);
    OK(set(fd, F_UNLCK, 0));
    h_join(child);
    OK(set(fd, F_WRLCK, 1));
    return 0;
}
