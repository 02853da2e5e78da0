// splice(2): file to pipe, pipe to file, pipe to pipe; EAGAIN with SPLICE_F_NONBLOCK, EINVAL without a pipe, ESPIPE for an offset on it.
// calls: splice
#include "../harness.h"

int main(void) {
    h_scratch();
    h_write_file("in", "0123456789");
    int in = OK(open("in", O_RDONLY)), out = OK(open("out", O_RDWR | O_CREAT, 0600)), a[2], b[2];
    OK(pipe(a));
    OK(pipe(b));
    off64_t from = 2;
    CHECK_EQ(splice(in, &from, a[1], NULL, 5, 0), 5);
    CHECK_EQ(from, 7);
    CHECK_EQ(lseek(in, 0, SEEK_CUR), 0);
    CHECK_EQ(splice(a[0], NULL, b[1], NULL, 3, 0), 3);
    CHECK_EQ(splice(b[0], NULL, out, NULL, 100, 0), 3);
    CHECK_EQ(splice(a[0], NULL, out, NULL, 100, 0), 2);
    CHECK_STR(h_read_file("out"), "23456");
    CHECK_ERRNO(splice(a[0], NULL, out, NULL, 1, SPLICE_F_NONBLOCK), EAGAIN);
    CHECK_ERRNO(splice(in, NULL, out, NULL, 1, 0), EINVAL);
    CHECK_ERRNO(splice(a[0], &from, out, NULL, 1, 0), ESPIPE);
    CHECK_ERRNO(splice(-1, NULL, out, NULL, 1, 0), EBADF);
    OK(close(a[1]));
    CHECK_EQ(splice(a[0], NULL, out, NULL, 1, 0), 0);
    return 0;
}
