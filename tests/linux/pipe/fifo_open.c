// fifo(7): open waits for the other end; O_RDWR never; O_NONBLOCK reading succeeds, writing is ENXIO without a reader.
// calls: mknodat openat
#include "../harness.h"

int main(void) {
    h_scratch();
    OK(mkfifo("fifo", 0600));
    CHECK_ERRNO(open("fifo", O_WRONLY | O_NONBLOCK), ENXIO);
    int r = OK(open("fifo", O_RDONLY | O_NONBLOCK));
    char text[8];
    CHECK_EQ(read(r, text, 8), 0); // no writer yet: end of file, not EAGAIN
    int w = OK(open("fifo", O_WRONLY | O_NONBLOCK));
    CHECK_ERRNO(read(r, text, 8), EAGAIN);
    CHECK_EQ(write(w, "hi", 2), 2);
    CHECK_EQ(read(r, text, 8), 2);
    OK(close(r));
    OK(close(w));
    pid_t child = h_fork();
    if (child == 0) {
        int fd = OK(open("fifo", O_WRONLY));
        CHECK_EQ(write(fd, "from child", 10), 10);
        _exit(0);
    }
    h_until_asleep(child, 0);
    CHECK_EQ(waitpid(child, NULL, WNOHANG), 0);
    r = OK(open("fifo", O_RDONLY));
    char long_text[16] = "";
    CHECK_EQ(read(r, long_text, 15), 10);
    CHECK_EQ(read(r, text, 8), 0);
    h_join(child);
    OK(close(r));
    int both = OK(open("fifo", O_RDWR));
    CHECK_EQ(write(both, "z", 1), 1);
    CHECK_EQ(read(both, text, 8), 1);
    CHECK_ERRNO(lseek(both, 0, SEEK_SET), ESPIPE);
    return 0;
}
