// fcntl(2), advisory record locking: ranges, F_GETLK, EAGAIN, splitting, F_SETLKW, and release by any close of the file.
// calls: fcntl
#include "../harness.h"

static int lock(int fd, int command, int type, off_t start, off_t length) {
    struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    return fcntl(fd, command, &l);
}

static void in_other_process(int fd, pid_t owner) {
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};
    OK(fcntl(fd, F_GETLK, &l));
    CHECK_EQ(l.l_type, F_WRLCK);
    CHECK_EQ(l.l_pid, owner);
    CHECK_EQ(l.l_start, 10);
    CHECK_EQ(l.l_len, 5);
    CHECK_ERRNO(lock(fd, F_SETLK, F_RDLCK, 12, 1), EAGAIN);
    OK(lock(fd, F_SETLK, F_WRLCK, 0, 10));
    OK(lock(fd, F_SETLK, F_WRLCK, 15, 5));
}

int main(void) {
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600)), ready[2];
    OK(lock(fd, F_SETLK, F_WRLCK, 10, 20));
    OK(lock(fd, F_SETLK, F_UNLCK, 15, 5)); // splits: 10-14 and 20-29
    pid_t owner = getpid();
    IN_CHILD(in_other_process(fd, owner));
    OK(pipe(ready));
    pid_t child = h_fork();
    if (child == 0) {
        h_signal(ready[1]);
        OK(lock(fd, F_SETLKW, F_WRLCK, 10, 1));
        _exit(0);
    }
    h_await(ready[0]);
    h_until_asleep(child, 0);
    CHECK_EQ(waitpid(child, NULL, WNOHANG), 0);
    OK(close(OK(open("file", O_RDONLY)))); // closing any descriptor of the file drops them all
    h_join(child);
    CHECK_ERRNO(lock(OK(open("file", O_RDONLY)), F_SETLK, F_WRLCK, 0, 1), EBADF);
    CHECK_ERRNO(lock(fd, F_SETLK, 55, 0, 1), EINVAL);
    return 0;
}
