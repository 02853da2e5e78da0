// poll(2), pipe(7): POLLOUT while there is room, POLLIN with data, POLLHUP at the reader, POLLERR at the writer.
// calls: pipe2 ppoll
#include "../harness.h"

static int bits(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT | POLLPRI};
    int n = OK(poll(&p, 1, 0));
    CHECK_EQ(n, p.revents != 0);
    return p.revents;
}

int main(void) {
    int ends[2];
    static char big[70000];
    OK(pipe2(ends, O_NONBLOCK));
    CHECK_EQ(bits(ends[0]), 0);
    CHECK_EQ(bits(ends[1]), POLLOUT);
    CHECK_EQ(write(ends[1], "x", 1), 1);
    CHECK_EQ(bits(ends[0]), POLLIN);
    OK(write(ends[1], big, sizeof big));
    CHECK_EQ(bits(ends[1]), 0);
    while (read(ends[0], big, sizeof big) > 0) {}
    CHECK_EQ(bits(ends[1]), POLLOUT);
    CHECK_EQ(write(ends[1], "y", 1), 1);
    int writer = ends[1];
    OK(close(writer));
    CHECK_EQ(bits(ends[0]), POLLIN | POLLHUP);
    CHECK_EQ(read(ends[0], big, 9), 1);
    CHECK_EQ(bits(ends[0]), POLLHUP);
    CHECK_EQ(bits(writer), POLLNVAL);
    OK(pipe(ends));
    OK(close(ends[0]));
    CHECK_EQ(bits(ends[1]), POLLOUT | POLLERR);
    CHECK_ERRNO(poll(h_bad, 1, 0), EFAULT);
    return 0;
}
