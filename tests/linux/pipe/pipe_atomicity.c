// pipe(7), PIPE_BUF: writes of up to 4096 bytes by several processes never mix; a non-blocking one is whole or EAGAIN.
// calls: pipe2 write
// timeout: 60
#include "../harness.h"

#define WRITERS 4
#define RECORDS 100

static void writer(int fd, int id) {
    static unsigned char record[PIPE_BUF];
    for (int i = 0; i < RECORDS; i++) {
        int length = 1 + (id * 977 + i * 131) % (PIPE_BUF - 4);
        memset(record, id + 1, sizeof record);
        memcpy(record, &length, 4);
        CHECK_EQ(write(fd, record, length + 4), length + 4);
    }
}

static void read_whole(int fd, void *to, size_t bytes) {
    for (size_t done = 0; done < bytes;) {
        ssize_t n = OK(read(fd, (char *)to + done, bytes - done));
        CHECK(n > 0);
        done += n;
    }
}

int main(void) {
    int ends[2];
    pid_t pids[WRITERS];
    OK(pipe(ends));
    for (int id = 0; id < WRITERS; id++)
        if ((pids[id] = h_fork()) == 0) writer(ends[1], id), _exit(0);
    OK(close(ends[1]));
    static unsigned char record[PIPE_BUF];
    int counts[WRITERS] = {0};
    for (int i = 0; i < WRITERS * RECORDS; i++) {
        int length;
        read_whole(ends[0], &length, 4);
        CHECK(length >= 1 && length <= PIPE_BUF);
        read_whole(ends[0], record, length);
        for (int k = 1; k < length; k++) CHECK(record[k] == record[0]);
        counts[record[0] - 1]++;
    }
    for (int id = 0; id < WRITERS; id++) {
        h_join(pids[id]);
        CHECK_EQ(counts[id], RECORDS);
    }
    OK(pipe2(ends, O_NONBLOCK));
    while (write(ends[1], record, PIPE_BUF) == PIPE_BUF) {}
    CHECK_EQ(errno, EAGAIN);
    CHECK_EQ(read(ends[0], record, PIPE_BUF - 1), PIPE_BUF - 1);
    CHECK_ERRNO(write(ends[1], record, PIPE_BUF), EAGAIN); // there is room, but not for all of it
    return 0;
}
