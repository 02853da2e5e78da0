// budget_random: whatever is made, moved and dropped in random order by processes of random budgets, what is charged is what
// exists, and in the end it is nothing.
// calls: budget_create, budget_join, budget_usage, budget_limit, chan_create, chan_send, chan_recv
// only: rvos
// timeout: 300
#include "budget.h"

#ifndef STEPS
#define STEPS 4000
#endif
enum { BUDGETS = 6, HELD = 48 };

static uint64_t seed = 0x9e3779b97f4a7c15;
static unsigned pick(unsigned below) {
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return (seed >> 20) % below;
}

// What one process holds: ends of channels by the number of their peer's place.
static int held[HELD], peer[HELD];

static int place(void) {
    for (int i = 0; i < HELD; i++)
        if (held[i] < 0) return i;
    return -1;
}

static void put(int i, int fd) { held[i] = fd; }

static void drop(int i) {
    if (held[i] >= 0) OK(close(held[i]));
    if (peer[i] >= 0) peer[peer[i]] = -1;
    held[i] = peer[i] = -1;
}

static void step(void) {
    int a = pick(HELD), free = place();
    int ends[2];
    char c = 'x';
    switch (pick(7)) {
    case 0:
    case 1:
        if (free < 0 || rvos_chan_create(ends, NULL, 0) != 0) return;
        put(free, ends[0]);
        int other = place();
        if (other < 0) {
            OK(close(ends[1]));
            return;
        }
        put(other, ends[1]);
        peer[free] = other, peer[other] = free;
        return;
    case 2: {
        // Moves a descriptor into a channel, with a byte. Not an end of one: what holds itself is not what this is about.
        if (held[a] < 0) return;
        int fd = dup(0);
        if (fd < 0) return;
        struct rvos_chan_send s = {.part = {.bytes = (uintptr_t)&c, .fds = (uintptr_t)&fd, .bytes_len = 1, .fds_len = 1}, .flags = RVOS_CHAN_NONBLOCK};
        if (rvos_chan_send(held[a], &s, sizeof s) != 0) OK(close(fd));
        return;
    }
    case 3: {
        if (held[a] < 0) return;
        int fds[1] = {-1};
        struct rvos_chan_recv r = {.room = {.bytes = (uintptr_t)&c, .fds = (uintptr_t)fds, .bytes_cap = 1, .fds_cap = 1}, .flags = RVOS_CHAN_NONBLOCK};
        if (rvos_chan_recv(held[a], &r, sizeof r) >= 0 && fds[0] >= 0) {
            if (free < 0) OK(close(fds[0]));
            else put(free, fds[0]);
        }
        return;
    }
    case 4:
        if (held[a] >= 0 && free >= 0) {
            int fd = dup(held[a]);
            if (fd >= 0) put(free, fd);
        }
        return;
    default:
        drop(a);
    }
}

static void child(int budget, unsigned n) {
    OK(rvos_budget_join(budget));
    seed += n * 0x2545f4914f6cdd1dull + 1;
    for (int i = 0; i < HELD; i++) held[i] = peer[i] = -1;
    for (unsigned i = 0; i < n; i++) {
        step();
        if (pick(200) == 0) {
            // A child of it takes copies of all slots, and leaves.
            pid_t pid = fork();
            if (pid == 0) {
                for (int j = 0; j < 20; j++) step();
                _exit(0);
            }
            if (pid > 0) h_wait(pid);
        }
    }
    // Half of them go with all that they have.
    if (pick(2)) for (int i = 0; i < HELD; i++) drop(i);
    _exit(0);
}

// What each step is to do, in a fresh budget.
static void known(int budget) {
    pid_t pid = budget_fork(budget);
    if (pid == 0) {
        int ends[2];
        char c = 'x';
        OK(rvos_chan_create(ends, NULL, 0));
        CHECK_EQ(budget_look(budget).usage[CHANNELS], 1);
        struct rvos_chan_send s = {.part = {.bytes = (uintptr_t)&c, .bytes_len = 1}};
        OK(rvos_chan_send(ends[0], &s, sizeof s));
        CHECK_EQ(budget_look(budget).usage[MESSAGES], 1);
        c = 0;
        struct rvos_chan_recv r = {.room = {.bytes = (uintptr_t)&c, .bytes_cap = 1}};
        OK(rvos_chan_recv(ends[1], &r, sizeof r));
        CHECK_EQ(c, 'x');
        _exit(0);
    }
    h_join(pid);
}

int main(void) {
    int budgets[BUDGETS];
    for (int i = 0; i < BUDGETS; i++) {
        int parent = i == 0 ? -1 : budgets[pick(i)];
        struct rvos_budget_create args = {.limited = 1 << SLOTS | 1 << CHANNELS | 1 << MESSAGES};
        args.limits[SLOTS] = 40 + pick(100), args.limits[CHANNELS] = 5 + pick(30), args.limits[MESSAGES] = 5 + pick(30);
        budgets[i] = OK(rvos_budget_create(parent, &args, sizeof args));
    }
    for (int i = 0; i < BUDGETS; i++) known(budgets[i]);
    for (unsigned done = 0; done < STEPS;) {
        pid_t pid[3];
        unsigned n = 100 + pick(400);
        for (int i = 0; i < 3; i++, done += n) {
            pid[i] = h_fork();
            seed++;
            if (pid[i] == 0) child(budgets[pick(BUDGETS)], n);
        }
        int changed = pick(BUDGETS);
        uint64_t slots = 20 + pick(100);
        OK(budget_set(budgets[changed], SLOTS, slots));
        CHECK_EQ(budget_look(budgets[changed]).limit[SLOTS], slots);
        for (int i = 0; i < 3; i++) CHECK_EQ(h_wait(pid[i]), 0);
        for (int i = 0; i < BUDGETS; i++) {
            struct rvos_budget_usage u = budget_look(budgets[i]);
            CHECK_EQ(u.usage[PROCESSES], 0);
            CHECK_EQ(u.usage[THREADS], 0);
            CHECK_EQ(u.usage[SLOTS], 0);
            CHECK_EQ(u.usage[CHANNELS], 0);
            CHECK_EQ(u.usage[MESSAGES], 0);
            CHECK_EQ(u.usage[BYTES], 0);
        }
    }
    for (int i = 0; i < BUDGETS; i++) OK(close(budgets[i]));
    return 0;
}
