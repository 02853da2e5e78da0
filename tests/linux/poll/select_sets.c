// select(2): sets are replaced by what is ready, the count is over all three; EBADF for a closed one, EINVAL for bad counts and times.
// calls: pselect6
#include "../harness.h"

int main(void) {
    int ends[2];
    fd_set r, w, e;
    OK(pipe(ends));
    FD_ZERO(&r); FD_ZERO(&w); FD_ZERO(&e);
    FD_SET(ends[0], &r); FD_SET(ends[1], &w); FD_SET(ends[0], &e);
    int count = ends[1] + 1;
    CHECK_EQ(select(count, &r, &w, &e, NULL), 1);
    CHECK(!FD_ISSET(ends[0], &r) && FD_ISSET(ends[1], &w) && !FD_ISSET(ends[0], &e));
    CHECK_EQ(write(ends[1], "x", 1), 1);
    FD_SET(ends[0], &r);
    CHECK_EQ(select(count, &r, &w, NULL, NULL), 2);
    CHECK(FD_ISSET(ends[0], &r));
    char byte;
    CHECK_EQ(read(ends[0], &byte, 1), 1);
    struct timeval wait = {0, 20000};
    int64_t start = h_now_ns(CLOCK_MONOTONIC);
    CHECK_EQ(select(count, &r, NULL, NULL, &wait), 0);
    CHECK(h_now_ns(CLOCK_MONOTONIC) - start >= 20000000);
    CHECK(!FD_ISSET(ends[0], &r));
    FD_SET(ends[0], &r);
    OK(close(ends[1]));
    CHECK_EQ(select(count, &r, NULL, NULL, NULL), 1); // the end of file is readable
    FD_ZERO(&w); FD_SET(ends[1], &w);
    CHECK_ERRNO(select(count, NULL, &w, NULL, NULL), EBADF);
    CHECK_ERRNO(select(-1, NULL, NULL, NULL, NULL), EINVAL);
    CHECK_ERRNO(select(0, NULL, NULL, NULL, &(struct timeval){-1, 0}), EINVAL);
    CHECK_ERRNO(syscall(SYS_pselect6, 1, h_bad, NULL, NULL, NULL, NULL), EFAULT);
    return 0;
}
