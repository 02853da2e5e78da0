// fcntl(2), F_SETFL: changes O_APPEND and O_NONBLOCK only; access mode and creation flags stay as they were.
// calls: fcntl
#include "../harness.h"

int main(void) {
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT | O_EXCL, 0600));
    CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_CREAT | O_EXCL), O_RDWR);
    OK(fcntl(fd, F_SETFL, O_RDONLY | O_APPEND | O_NONBLOCK | O_TRUNC));
    CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK | O_TRUNC), O_RDWR | O_APPEND | O_NONBLOCK);
    OK(fcntl(fd, F_SETFL, 0));
    CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_RDWR);
    int ends[2];
    char byte;
    OK(pipe(ends));
    OK(fcntl(ends[0], F_SETFL, O_NONBLOCK));
    CHECK_ERRNO(read(ends[0], &byte, 1), EAGAIN);
    CHECK_EQ(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
    OK(close(fd));
    CHECK_ERRNO(fcntl(fd, F_GETFL), EBADF);
    return 0;
}
