// proc_pid_fd(5): an end of a pipe opened anew by its name in /proc/self/fd waits for nobody, as a FIFO's would: without writers what is
// left is read and then the end; without readers a write is EPIPE; either end can be opened from the other.
// calls: openat pipe2 read write
#include "../harness.h"

static int anew(int fd, int flags) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, flags);
}

int main(void) {
    int ends[2];
    char text[16];
    signal(SIGPIPE, SIG_IGN);
    // The writer is gone before the reader opens.
    OK(pipe(ends));
    CHECK_EQ(write(ends[1], "left", 4), 4);
    OK(close(ends[1]));
    int fd = OK(anew(ends[0], O_RDONLY));
    OK(close(ends[0]));
    struct pollfd p = {.fd = fd, .events = POLLIN};
    CHECK_EQ(poll(&p, 1, 0), 1);
    CHECK_EQ(p.revents, POLLIN | POLLHUP);
    CHECK_EQ(read(fd, text, sizeof text), 4);
    CHECK_EQ(read(fd, text, sizeof text), 0);
    // From a read end a writer, while nobody else writes.
    int writer = OK(anew(fd, O_WRONLY));
    CHECK_EQ(write(writer, "again", 5), 5);
    CHECK_EQ(read(fd, text, sizeof text), 5);
    // The readers are gone.
    OK(close(fd));
    CHECK_ERRNO(write(writer, "x", 1), EPIPE);
    int other = OK(anew(writer, O_WRONLY | O_NONBLOCK));
    CHECK_ERRNO(write(other, "x", 1), EPIPE);
    int blocking = OK(anew(writer, O_WRONLY));
    CHECK_ERRNO(write(blocking, "x", 1), EPIPE);
    // A reader of the writers' pipe.
    fd = OK(anew(other, O_RDONLY));
    CHECK_EQ(write(writer, "y", 1), 1);
    CHECK_EQ(read(fd, text, sizeof text), 1);
    OK(close(writer));
    OK(close(other));
    OK(close(blocking));
    CHECK_EQ(read(fd, text, sizeof text), 0);
    fd = OK(anew(fd, O_RDWR));
    CHECK_EQ(write(fd, "self", 4), 4);
    CHECK_EQ(read(fd, text, sizeof text), 4);
    return 0;
}
