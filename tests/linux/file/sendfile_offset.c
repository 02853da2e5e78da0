// sendfile(2): with an offset pointer the input's own offset stays; without it moves; to a pipe and to a file; EBADF, EINVAL.
// calls: sendfile
#include "../harness.h"
#include <sys/sendfile.h>

int main(void) {
    h_scratch();
    h_write_file("in", "0123456789");
    int in = OK(open("in", O_RDONLY)), out = OK(open("out", O_RDWR | O_CREAT, 0600)), ends[2];
    off_t from = 3;
    CHECK_EQ(sendfile(out, in, &from, 4), 4);
    CHECK_EQ(from, 7);
    CHECK_EQ(lseek(in, 0, SEEK_CUR), 0);
    CHECK_EQ(sendfile(out, in, NULL, 2), 2);
    CHECK_EQ(lseek(in, 0, SEEK_CUR), 2);
    CHECK_STR(h_read_file("out"), "345601");
    OK(pipe(ends));
    CHECK_EQ(sendfile(ends[1], in, NULL, 100), 8);
    char text[16] = "";
    CHECK_EQ(read(ends[0], text, 15), 8);
    CHECK_STR(text, "23456789");
    CHECK_EQ(sendfile(out, in, NULL, 5), 0);
    CHECK_ERRNO(sendfile(in, out, NULL, 1), EBADF);
    from = -1;
    CHECK_ERRNO(sendfile(out, in, &from, 1), EINVAL);
    return 0;
}
