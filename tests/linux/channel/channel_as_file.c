// A channel's end is a file like others: read(2), write(2), poll(2), dup(2), fcntl(2) work on it, and the last of its
// descriptors closes it.
// calls: chan_create chan_send chan_recv
// only: rvos
#include "../channel.h"

static short events(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};
    OK(poll(&p, 1, 0));
    return p.revents;
}

int main(void) {
    int e[2], fd;
    char text[16];
    signal(SIGPIPE, SIG_IGN);
    ch_pair_of(e, 2, 0);
    CHECK_EQ(events(e[1]), POLLOUT);
    CHECK_EQ(write(e[0], "hello", 5), 5);
    CHECK_EQ(events(e[1]), POLLIN | POLLOUT);
    CHECK_ERRNO(read(e[1], text, 4), EMSGSIZE);
    CHECK_EQ(read(e[1], text, 16), 5);
    CHECK(!memcmp(text, "hello", 5));
    OK(fcntl(e[1], F_SETFL, O_NONBLOCK));
    CHECK_ERRNO(read(e[1], text, 16), EAGAIN);
    CHECK_ERRNO(ch_recv(e[1], text, 16, NULL, 0, 0, NULL), EAGAIN);
    struct iovec parts[2] = {{"ab", 2}, {"cd", 2}};
    CHECK_EQ(writev(e[0], parts, 2), 4);
    CHECK_EQ(write(e[0], "x", 1), 1);
    CHECK_EQ(events(e[0]), 0);
    OK(fcntl(e[0], F_SETFL, O_NONBLOCK));
    CHECK_ERRNO(write(e[0], "x", 1), EAGAIN);
    CHECK_EQ(ch_recv(e[1], text, 16, NULL, 0, 0, NULL), 4);
    CHECK(!memcmp(text, "abcd", 4));
    CHECK_EQ(events(e[0]), POLLOUT);
    CHECK_EQ(read(e[1], text, 16), 1);
    // A message with a descriptor is not for read(2), and stays.
    fd = OK(open("/dev/null", O_RDWR));
    OK(ch_send(e[0], "fd", 2, &fd, 1, 0));
    CHECK_ERRNO(read(e[1], text, 16), EMSGSIZE);
    CHECK_EQ(ch_recv(e[1], text, 16, &fd, 1, 0, NULL), 2);
    OK(close(fd));
    static char large[65537];
    CHECK_ERRNO(write(e[0], large, sizeof large), EMSGSIZE);
    CHECK_ERRNO(lseek(e[0], 0, SEEK_SET), ESPIPE);
    // The last descriptor counts, not the first.
    int copy = OK(dup(e[0]));
    OK(close(e[0]));
    CHECK_EQ(write(copy, "still", 5), 5);
    CHECK_EQ(read(e[1], text, 16), 5);
    OK(close(copy));
    CHECK_EQ(events(e[1]), POLLIN | POLLOUT | POLLHUP);
    CHECK_EQ(read(e[1], text, 16), 0);
    CHECK_ERRNO(write(e[1], "x", 1), EPIPE);
    char link[64], path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", e[1]);
    ssize_t n = OK(readlink(path, link, sizeof link - 1));
    link[n] = 0;
    CHECK(!strncmp(link, "channel:[", 9));
    OK(close(e[1]));
    return 0;
}
