// pipe(7): with all write ends closed a read first drains, then gives 0, again and again; a blocked reader is woken.
// calls: pipe2 close read
#include "../harness.h"

int main(void) {
    int ends[2];
    char text[8];
    OK(pipe(ends));
    int copy = OK(dup(ends[1]));
    CHECK_EQ(write(copy, "xy", 2), 2);
    OK(close(ends[1]));
    OK(close(copy));
    CHECK_EQ(read(ends[0], text, 8), 2);
    CHECK_EQ(read(ends[0], text, 8), 0);
    CHECK_EQ(read(ends[0], text, 8), 0);
    int nonblock[2];
    OK(pipe2(nonblock, O_NONBLOCK));
    CHECK_ERRNO(read(nonblock[0], text, 8), EAGAIN); // a writer is there, so it is not the end
    OK(close(nonblock[1]));
    CHECK_EQ(read(nonblock[0], text, 8), 0);
    OK(pipe(ends));
    pid_t child = h_fork();
    if (child == 0) {
        OK(close(ends[1]));
        CHECK_EQ(read(ends[0], text, 1), 0);
        _exit(0);
    }
    h_until_asleep(child, 0);
    OK(close(ends[1]));
    h_join(child);
    return 0;
}
