// dup(2), dup3: the target is silently closed and replaced; equal numbers and unknown flags are EINVAL.
// calls: dup3 fcntl
#include "../harness.h"

int main(void) {
    int ends[2], other[2];
    OK(pipe(ends));
    OK(pipe(other));
    CHECK_EQ(dup3(ends[1], other[1], O_CLOEXEC), other[1]);
    CHECK_EQ(fcntl(other[1], F_GETFD), FD_CLOEXEC);
    char byte;
    CHECK_EQ(read(other[0], &byte, 1), 0); // the last writer of the second pipe went
    CHECK_EQ(write(other[1], "q", 1), 1);
    CHECK_EQ(read(ends[0], &byte, 1), 1);
    CHECK_EQ(byte, 'q');
    CHECK_EQ(dup3(ends[1], 200, 0), 200);
    CHECK_EQ(fcntl(200, F_GETFD), 0);
    CHECK_ERRNO(dup3(ends[1], ends[1], 0), EINVAL);
    CHECK_EQ(dup2(ends[1], ends[1]), ends[1]);
    CHECK_ERRNO(dup3(ends[1], 201, O_APPEND), EINVAL);
    CHECK_ERRNO(dup3(202, 203, 0), EBADF);
    CHECK_ERRNO(dup3(ends[1], -1, 0), EBADF);
    CHECK_ERRNO(dup3(ends[1], 1 << 30, 0), EBADF);
    return 0;
}
