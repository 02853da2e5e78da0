// poll(2): sleeps until an event, returns the number of ready descriptors, ignores negative ones, POLLNVAL for closed ones.
// calls: ppoll
#include "../harness.h"

int main(void) {
    int a[2], b[2];
    OK(pipe(a));
    OK(pipe(b));
    struct pollfd p[4] = {{.fd = a[0], .events = POLLIN}, {.fd = -1, .events = POLLIN, .revents = 77}, {.fd = b[0], .events = POLLIN}, {.fd = 999, .events = POLLIN}};
    CHECK_EQ(poll(p, 3, 0), 0);
    CHECK_EQ(p[1].revents, 0);
    CHECK_EQ(poll(p, 4, -1), 1);
    CHECK_EQ(p[3].revents, POLLNVAL);
    CHECK_EQ(write(a[1], "x", 1), 1);
    CHECK_EQ(poll(p, 4, -1), 2);
    CHECK_EQ(p[0].revents, POLLIN);
    CHECK_EQ(p[2].revents, 0);
    char byte;
    CHECK_EQ(read(a[0], &byte, 1), 1);
    pid_t parent = getpid(), child = h_fork();
    if (child == 0) {
        h_until_asleep(parent, 0);
        h_signal(b[1]);
        _exit(0);
    }
    CHECK_EQ(poll(p, 3, -1), 1);
    CHECK_EQ(p[2].revents, POLLIN);
    h_join(child);
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
    struct pollfd file = {.fd = fd, .events = POLLIN | POLLOUT};
    CHECK_EQ(poll(&file, 1, -1), 1); // regular files are always ready
    CHECK_EQ(file.revents, POLLIN | POLLOUT);
    return 0;
}
