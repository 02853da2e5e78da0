// /proc/rvos/latency: two columns of counts by powers of two: threads that waited for a hart, and those of them that a
// wake-up had made want one. The turns of a ping-pong count in both.
// calls: read write
// only: rvos
#include "../harness.h"

enum { ROUNDS = 200 };

static void sums(long *queue, long *woken) {
    char *save, *text = h_read_file("/proc/rvos/latency");
    *queue = *woken = 0;
    long from, last = -1, a, b;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        if (sscanf(line, "%ld %ld %ld", &from, &a, &b) != 3) continue;
        CHECK(from > last);
        CHECK(a >= b && b >= 0);
        last = from;
        *queue += a;
        *woken += b;
    }
}

int main(void) {
    int to[2], back[2];
    OK(pipe(to));
    OK(pipe(back));
    pid_t child = h_fork();
    if (child == 0) {
        for (int i = 0; i < ROUNDS; i++) {
            h_await(to[0]);
            h_signal(back[1]);
        }
        _exit(0);
    }
    long queue, woken, queue_after, woken_after;
    sums(&queue, &woken);
    for (int i = 0; i < ROUNDS; i++) {
        h_signal(to[1]);
        h_await(back[0]);
    }
    sums(&queue_after, &woken_after);
    // On one hart each turn is a thread that comes to it. Where who is woken takes its waker's place at once, the waker finds its
    // byte when it comes back, and was not woken; on several harts a byte may be there before anyone sleeps.
    int one = sysconf(_SC_NPROCESSORS_ONLN) == 1;
    CHECK(queue_after - queue >= (one ? 2 * ROUNDS - 2 : ROUNDS / 10));
    CHECK(woken_after - woken >= (one ? ROUNDS - 1 : ROUNDS / 10));
    CHECK(queue_after - queue >= woken_after - woken);
    h_join(child);
    CHECK(strncmp(h_read_file("/proc/rvos/preempt_off"), "longest_ns ", 11) == 0);
    return 0;
}
