// recv(2), unix(7): several readers of one stream. Each gets bytes that followed one another, all together get all of them; and one
// that waits for more than there is (MSG_WAITALL) leaves none of those asleep for whom there is something.
// calls: recvfrom sendto socketpair
#include "sock.h"

enum { READERS = 3, NUMBERS = 200000, PIECE = 1777 };

static pid_t reader(int fd, size_t len, int flags, int done) {
    pid_t pid = h_fork();
    if (pid == 0) {
        char buf[64];
        OK(recv(fd, buf, len, flags));
        h_signal(done);
        _exit(0);
    }
    h_until_asleep(pid, pid);
    return pid;
}

static void one_waits_for_all(void) {
    int s[2], done[2];
    OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    OK(pipe(done));
    pid_t patient = reader(s[0], 15, MSG_WAITALL, done[1]);
    CHECK_EQ(send(s[1], "12345", 5, 0), 5);
    h_until_asleep(patient, patient);
    pid_t other = reader(s[0], 5, 0, done[1]);
    CHECK_EQ(send(s[1], "12345", 5, 0), 5);
    h_sleep_ms(10);
    CHECK_EQ(send(s[1], "12345", 5, 0), 5);
    // Whoever was first: there is enough for one of them.
    h_await(done[0]);
    h_kill_and_reap(patient);
    h_kill_and_reap(other);
    for (int i = 0; i < 2; i++) OK(close(s[i])), OK(close(done[i]));
}

// Reads what comes and notes each number; some readers wait, some do not.
static void note(int fd, int flags, volatile unsigned char *seen) {
    static char buf[PIECE];
    uint64_t next = 0;
    for (;;) {
        ssize_t n = recv(fd, buf, sizeof buf / 8 * 8, flags);
        if (n == 0) _exit(0);
        if (n < 0) {
            CHECK_EQ(errno, EAGAIN);
            sched_yield();
            continue;
        }
        // Every read is of whole numbers, since all are.
        CHECK_EQ(n % 8, 0);
        for (ssize_t i = 0; i < n; i += 8) {
            uint64_t number;
            memcpy(&number, buf + i, 8);
            CHECK(number < NUMBERS);
            if (i != 0) CHECK_EQ(number, next);
            next = number + 1;
            CHECK_EQ(seen[number], 0);
            seen[number] = 1;
        }
    }
}

static void all_of_it_in_order(void) {
    int s[2];
    unsigned char *seen = h_shared(NUMBERS);
    OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    pid_t pids[READERS];
    for (int i = 0; i < READERS; i++) {
        pids[i] = h_fork();
        if (pids[i] == 0) {
            OK(close(s[1]));
            note(s[0], i == 0 ? 0 : MSG_DONTWAIT, seen);
        }
    }
    OK(close(s[0]));
    static uint64_t numbers[1000];
    for (uint64_t first = 0; first < NUMBERS; first += 1000) {
        for (int i = 0; i < 1000; i++) numbers[i] = first + i;
        CHECK_EQ(send(s[1], numbers, sizeof numbers, 0), sizeof numbers);
    }
    OK(close(s[1]));
    for (int i = 0; i < READERS; i++) h_join(pids[i]);
    for (int i = 0; i < NUMBERS; i++)
        if (!seen[i]) FAIL("%d is missing", i);
}

int main(void) {
    one_waits_for_all();
    all_of_it_in_order();
    return 0;
}
