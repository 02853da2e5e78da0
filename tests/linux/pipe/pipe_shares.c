// pipe(7): what one write brings, or one read frees, serves all who wait for it, one after the other; writes of at most PIPE_BUF
// stay whole while their buffer is not there yet.
// calls: pipe2 read write
#include "../harness.h"

#define WAITERS 4

int main(void) {
    int ends[2];
    pid_t pids[WAITERS];
    static char big[65536];
    OK(pipe(ends));
    for (int i = 0; i < WAITERS; i++)
        if ((pids[i] = h_fork()) == 0) {
            char byte;
            CHECK_EQ(read(ends[0], &byte, 1), 1);
            CHECK_EQ(byte, 'x');
            _exit(0);
        }
    for (int i = 0; i < WAITERS; i++) h_until_asleep(pids[i], 0);
    CHECK_EQ(write(ends[1], "xxxx", WAITERS), WAITERS);
    for (int i = 0; i < WAITERS; i++) h_join(pids[i]);
    CHECK_EQ(write(ends[1], big, sizeof big), sizeof big);
    for (int i = 0; i < WAITERS; i++)
        if ((pids[i] = h_fork()) == 0) {
            CHECK_EQ(write(ends[1], big, 100), 100);
            _exit(0);
        }
    for (int i = 0; i < WAITERS; i++) h_until_asleep(pids[i], 0);
    CHECK_EQ(read(ends[0], big, PAGE), PAGE);
    for (int i = 0; i < WAITERS; i++) h_join(pids[i]);
    for (size_t left = sizeof big - PAGE + WAITERS * 100; left;) left -= OK(read(ends[0], big, left < PAGE ? left : PAGE));
    // A write over two pages, neither of which is there yet, beside a reader that takes what it sees.
    pid_t reader = h_fork();
    if (reader == 0) {
        for (int i = 0; i < 20; i++) CHECK_EQ(read(ends[0], big, sizeof big) % 4000, 0);
        _exit(0);
    }
    for (int i = 0; i < 20; i++) {
        char *fresh = h_pages(2);
        CHECK_EQ(write(ends[1], fresh + 1000, 4000), 4000);
        h_until_asleep(reader, 0);
        OK(munmap(fresh, 2 * PAGE));
        if (i == 18) break; // the last one is for the end of the loop there
    }
    CHECK_EQ(write(ends[1], big, 4000), 4000);
    h_join(reader);
    return 0;
}
