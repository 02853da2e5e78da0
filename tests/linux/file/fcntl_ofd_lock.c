// fcntl(2), open file description locks: owned by the description, so two of one process conflict and close of another does nothing.
// calls: fcntl
#include "../harness.h"

static int set(int fd, int type, off_t start, pid_t pid) {
    struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = 1, .l_pid = pid};
    return fcntl(fd, F_OFD_SETLK, &l);
}

int main(void) {
    h_scratch();
    int a = OK(open("file", O_RDWR | O_CREAT, 0600)), b = OK(open("file", O_RDWR));
    OK(set(a, F_WRLCK, 0, 0));
    CHECK_ERRNO(set(b, F_WRLCK, 0, 0), EAGAIN);
    OK(close(OK(open("file", O_RDWR))));
    CHECK_ERRNO(set(b, F_RDLCK, 0, 0), EAGAIN);
    CHECK_ERRNO(set(b, F_WRLCK, 5, 1), EINVAL);
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
    OK(fcntl(b, F_OFD_GETLK, &l));
    CHECK_EQ(l.l_type, F_WRLCK);
    CHECK_EQ(l.l_pid, -1);
    int copy = OK(dup(a));
    OK(close(a));
    CHECK_ERRNO(set(b, F_WRLCK, 0, 0), EAGAIN);
    OK(close(copy));
    OK(set(b, F_WRLCK, 0, 0));
    return 0;
}
