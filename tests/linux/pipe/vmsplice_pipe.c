// vmsplice(2): user memory into a pipe and out of it; EBADF for what is not a pipe.
// calls: vmsplice
#include "../harness.h"

int main(void) {
    int ends[2];
    OK(pipe(ends));
    char text[8] = "";
    struct iovec out[2] = {{"abc", 3}, {"de", 2}}, in = {text, 8};
    CHECK_EQ(vmsplice(ends[1], out, 2, 0), 5);
    CHECK_EQ(vmsplice(ends[0], &in, 1, 0), 5);
    CHECK_STR(text, "abcde");
    CHECK_ERRNO(vmsplice(OK(open("/dev/null", O_RDWR)), out, 1, 0), EBADF);
    CHECK_ERRNO(vmsplice(-1, out, 1, 0), EBADF);
    return 0;
}
