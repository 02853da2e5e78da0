// tee(2): copies between pipes without consuming; EINVAL when one is not a pipe or both are the same; 0 at the end.
// calls: tee
#include "../harness.h"

int main(void) {
    int a[2], b[2];
    OK(pipe(a));
    OK(pipe(b));
    CHECK_EQ(write(a[1], "hello", 5), 5);
    CHECK_EQ(tee(a[0], b[1], 100, 0), 5);
    char text[8] = "", copy[8] = "";
    CHECK_EQ(read(a[0], text, 8), 5);
    CHECK_EQ(read(b[0], copy, 8), 5);
    CHECK_STR(text, "hello");
    CHECK_STR(copy, "hello");
    CHECK_ERRNO(tee(a[0], b[1], 1, SPLICE_F_NONBLOCK), EAGAIN);
    CHECK_ERRNO(tee(a[0], a[1], 1, 0), EINVAL);
    CHECK_ERRNO(tee(a[0], OK(open("/dev/null", O_RDWR)), 1, 0), EINVAL);
    OK(close(a[1]));
    CHECK_EQ(tee(a[0], b[1], 1, 0), 0);
    return 0;
}
