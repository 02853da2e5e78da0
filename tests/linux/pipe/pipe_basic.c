// pipe(2): bytes come out in order, also in other pieces; read of nothing is 0; wrong ends are EBADF; flags; EFAULT leaks nothing.
// calls: pipe2 read write
#include "../harness.h"

int main(void) {
    int ends[2] = {-1, -1};
    OK(pipe2(ends, O_CLOEXEC));
    CHECK(ends[0] >= 0 && ends[1] > ends[0]);
    CHECK_EQ(fcntl(ends[0], F_GETFD), FD_CLOEXEC);
    CHECK_EQ(fcntl(ends[0], F_GETFL) & O_ACCMODE, O_RDONLY);
    CHECK_EQ(fcntl(ends[1], F_GETFL) & O_ACCMODE, O_WRONLY);
    CHECK_EQ(write(ends[1], "abc", 3), 3);
    CHECK_EQ(write(ends[1], "defg", 4), 4);
    char text[16] = "";
    CHECK_EQ(read(ends[0], text, 0), 0);
    CHECK_EQ(read(ends[0], text, 2), 2);
    CHECK_EQ(read(ends[0], text + 2, 14), 5);
    CHECK_STR(text, "abcdefg");
    CHECK_EQ(write(ends[1], "", 0), 0);
    CHECK_ERRNO(read(ends[1], text, 1), EBADF);
    CHECK_ERRNO(write(ends[0], text, 1), EBADF);
    int before = h_open_fds();
    CHECK_ERRNO(syscall(SYS_pipe2, h_bad, 0), EFAULT);
    CHECK_EQ(h_open_fds(), before);
    CHECK_ERRNO(pipe2(ends, O_APPEND), EINVAL);
    int queued = -1;
    CHECK_EQ(write(ends[1], "12345", 5), 5);
    OK(ioctl(ends[0], FIONREAD, &queued));
    CHECK_EQ(queued, 5);
    return 0;
}
