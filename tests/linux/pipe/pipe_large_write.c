// pipe(7): a write larger than the pipe blocks until all is read; a non-blocking one is partial; every byte keeps its place.
// calls: pipe2 write read
#include "../harness.h"

#define TOTAL 1000000

int main(void) {
    int ends[2];
    OK(pipe(ends));
    pid_t child = h_fork();
    if (child == 0) {
        char *bytes = malloc(TOTAL);
        for (int i = 0; i < TOTAL; i++) bytes[i] = i % 251;
        CHECK_EQ(write(ends[1], bytes, TOTAL), TOTAL);
        _exit(0);
    }
    OK(close(ends[1]));
    static unsigned char piece[7777];
    int at = 0;
    for (;;) {
        int n = OK(read(ends[0], piece, 1 + at % sizeof piece));
        if (n == 0) break;
        for (int i = 0; i < n; i++, at++)
            if (piece[i] != at % 251) FAIL("byte %d is %d", at, piece[i]);
    }
    CHECK_EQ(at, TOTAL);
    h_join(child);
    OK(pipe2(ends, O_NONBLOCK));
    static char big[200000];
    CHECK_EQ(write(ends[1], big, sizeof big), 65536);
    CHECK_ERRNO(write(ends[1], big, 1), EAGAIN);
    return 0;
}
