// /proc/rvos/trace_events, /proc/rvos/trace: records of 32 bytes. A ping-pong between two processes on one hart leaves
// switches from one to the other, wake-ups, and calls whose beginnings and ends match. What is off is not noted.
// calls: read write openat sched_setaffinity
// only: rvos
#include "../harness.h"

enum { SWITCH, WAKE, CALL_BEGIN, CALL_END, INTERRUPT, FAULT_BEGIN, FAULT_END, FORK, NAME, EXIT_, LOST };
enum { ROUNDS = 20 };
struct record {
    uint64_t time;
    uint8_t event, hart;
    uint16_t none;
    uint32_t tid;
    uint64_t a, b;
};

static void set(const char *text) {
    int fd = OK(open("/proc/rvos/trace_events", O_WRONLY));
    CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
    OK(close(fd));
}

static int trace;
static struct record all[8192];

// What is new in the trace.
static size_t new_records(void) {
    size_t used = 0;
    for (;;) {
        ssize_t n = OK(read(trace, (char *)all + used, sizeof all - used));
        CHECK_EQ(n % sizeof *all, 0);
        if (n == 0 || used + n == sizeof all) return (used + n) / sizeof *all;
        used += n;
    }
}

static void turns(int in, int out, int first) {
    for (int i = 0; i < ROUNDS; i++) {
        if (first) h_signal(out);
        h_await(in);
        if (!first) h_signal(out);
    }
}

int main(void) {
    int to[2], back[2], fd = OK(open("/proc/rvos/trace_events", O_WRONLY));
    CHECK(write(fd, "switch nonsense", 15) == -1 && errno == EINVAL);
    close(fd);
    CHECK_STR(h_read_file("/proc/rvos/trace_events"), "none\n");
    trace = OK(open("/proc/rvos/trace", O_RDONLY));
    new_records();
    cpu_set_t one;
    CPU_ZERO(&one);
    CHECK_ERRNO(sched_setaffinity(0, sizeof one, &one), EINVAL);
    CPU_SET(0, &one);
    OK(sched_setaffinity(0, sizeof one, &one));
    OK(pipe(to));
    OK(pipe(back));
    pid_t me = getpid(), child = h_fork();
    if (child == 0) {
        turns(to[0], back[1], 0);
        _exit(0);
    }
    set("switch wake call");
    CHECK_STR(h_read_file("/proc/rvos/trace_events"), "switch wake call\n");
    turns(back[0], to[1], 1);
    set("none");
    size_t count = new_records();
    int there = 0, here = 0, woke = 0, writes[2] = {0, 0};
    static uint64_t last[64];
    for (size_t i = 0; i < count; i++) {
        struct record *r = &all[i];
        CHECK(r->event != LOST && r->event != FORK && r->event != FAULT_BEGIN && r->event != INTERRUPT);
        CHECK(r->hart < 64);
        CHECK(r->time >= last[r->hart]);
        last[r->hart] = r->time;
        there += r->event == SWITCH && r->tid == (uint32_t)me && r->a == (uint64_t)child;
        here += r->event == SWITCH && r->tid == (uint32_t)child && r->a == (uint64_t)me;
        // Who is preempted by the one that it wakes does not sleep itself, so that one of them may do all the waking.
        woke += r->event == WAKE && ((r->tid == (uint32_t)me && r->a == (uint64_t)child) || (r->tid == (uint32_t)child && r->a == (uint64_t)me));
        if (r->tid != (uint32_t)me || r->a != SYS_write) continue;
        if (r->event == CALL_BEGIN) {
            CHECK_EQ(writes[0], writes[1]);
            writes[0]++;
        } else if (r->event == CALL_END && writes[0] != 0) {
            CHECK(r->b == 1 || r->b == 4); // the last one switches it off
            writes[1]++;
            CHECK_EQ(writes[0], writes[1]);
        }
    }
    // The write that switched it off began and was not noted at its end, or was: it is the last one.
    CHECK(writes[1] >= ROUNDS);
    // Others may run in between, now and then.
    if (there < ROUNDS / 2 || here < ROUNDS / 2 || woke < ROUNDS / 2)
        FAIL("%d switches there, %d back, %d wake-ups among %zu records", there, here, woke, count);
    h_join(child);
    // A call that was under way when it was switched off has its end noted, and nothing else is.
    for (size_t i = 0, late = new_records(); i < late; i++) CHECK_EQ(all[i].event, CALL_END);
    IN_CHILD(h_drop_to(1234); CHECK(open("/proc/rvos/trace", O_RDONLY) == -1); CHECK_EQ(errno, EACCES));
    return 0;
}
