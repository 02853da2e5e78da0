// Two processes call each other and neither answers: /proc/rvos/calls says who waits for whom, and that this is a circle; one that goes
// ends the call of the other.
// calls: chan_call chan_recv
// only: rvos
#include "../channel.h"

// Whether the line of a process says that it waits for another one, and whether in a circle. 0: there is no line.
static int line_of(pid_t pid, uint64_t *process, uint64_t *waits_for, char *circle) {
    char *save, *text = h_read_file("/proc/rvos/calls");
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        long p, tid;
        unsigned long channel, call;
        if (sscanf(line, "%ld %ld %lu %lu %lx %lu %7s", &p, &tid, process, &channel, &call, waits_for, circle) == 7 && p == pid)
            return 1;
    }
    return 0;
}

int main(void) {
    int there[2], back[2];
    char text[8], circle[8];
    struct rvos_chan_info info;
    ch_pair(there), ch_pair(back);
    pid_t a = h_fork();
    if (a == 0) {
        OK(close(there[1])), OK(close(back[0]));
        // It is who receives at this end.
        CHECK_EQ(ch_recv(back[1], text, 8, NULL, 0, 0, NULL), 1);
        CHECK_ERRNO(ch_call(there[0], "?", 1, text, 8), ECONNRESET);
        _exit(0);
    }
    pid_t b = h_fork();
    if (b == 0) {
        OK(close(there[0])), OK(close(back[1]));
        OK(ch_send(back[0], "x", 1, NULL, 0, 0));
        CHECK_EQ(ch_recv(there[1], text, 8, NULL, 0, 0, &info), 1);
        CHECK(info.call != 0);
        // A call that nobody has taken yet: it waits for who receives there as a rule.
        ch_call(back[0], "?", 1, text, 8);
        _exit(1);
    }
    for (int i = 0; i < 2; i++) OK(close(there[i])), OK(close(back[i]));
    uint64_t ids[2], waits[2];
    char also[8];
    // Until both are in their calls.
    while (!line_of(a, &ids[0], &waits[0], circle) || !line_of(b, &ids[1], &waits[1], also)) h_sleep_ms(1);
    // The first may have been looked at before the other took its request.
    CHECK(line_of(a, &ids[0], &waits[0], circle) && line_of(b, &ids[1], &waits[1], also));
    CHECK_EQ(waits[0], ids[1]);
    CHECK_EQ(waits[1], ids[0]);
    CHECK_STR(circle, "yes");
    CHECK_STR(also, "yes");
    OK(kill(b, SIGKILL));
    CHECK_EQ(h_wait(b), SIGKILL);
    h_join(a);
    CHECK(!line_of(a, &ids[0], &waits[0], circle));
    return 0;
}
