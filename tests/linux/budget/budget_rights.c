// What a budget's descriptor may be used for is what its rights say, however it came: CHANGE to set limits, to end all inside and to
// make budgets below; WRITE to join it and to start programs in it; STAT to look at its figures; READ to wait for pressure. What is
// reserved is bounded, and a cap has the ranges of cpu.max.
// calls: budget_create, budget_limit, budget_usage, budget_watch, budget_kill, budget_join, fd_restrict
// only: rvos
// budget: none
#include "../channel.h"
#include "budget.h"

enum { READ = 1, WRITE = 2, STAT = 64, CHANGE = 128, DUP = 1024, TRANSFER = 2048 };

static int with(unsigned rights) {
    int fd = OK(rvos_budget_create(-1, NULL, 0));
    OK(rvos_fd_restrict(fd, rights));
    return fd;
}

static void each_right(void) {
    struct rvos_budget_watch watch = {.kind = THREADS, .threshold = 1000};
    struct rvos_budget_usage usage;
    static const unsigned one[] = {0, READ, WRITE, STAT, CHANGE};
    for (size_t i = 0; i < sizeof one / sizeof *one; i++) {
        int fd = with(one[i] | DUP | TRANSFER), ends[2], got = -1;
        // Moved to somebody it is as before.
        char c = 'x';
        ch_pair(ends);
        CHECK_EQ(ch_send(ends[0], &c, 1, &fd, 1, 0), 0);
        CHECK_EQ(ch_recv(ends[1], &c, 1, &got, 1, 0, NULL), 1);
        for (int j = 0; j < 2; j++) OK(close(ends[j]));
        CHECK_EQ(OK(rvos_fd_restrict(got, 0x7fff)), one[i] | DUP | TRANSFER);
        if (one[i] != CHANGE) {
            CHECK_ERRNO(budget_set(got, SLOTS, 100), EACCES);
            CHECK_ERRNO(rvos_budget_kill(got), EACCES);
            CHECK_ERRNO(rvos_budget_create(got, NULL, 0), EACCES);
        } else {
            OK(budget_set(got, SLOTS, 100));
            OK(rvos_budget_kill(got));
            OK(close(OK(rvos_budget_create(got, NULL, 0))));
        }
        if (one[i] == WRITE) IN_CHILD(OK(rvos_budget_join(got)));
        else CHECK_ERRNO(rvos_budget_join(got), EBADF);
        if (one[i] == STAT) CHECK_EQ(rvos_budget_usage(got, &usage, sizeof usage), sizeof usage);
        else CHECK_ERRNO(rvos_budget_usage(got, &usage, sizeof usage), EACCES);
        if (one[i] == READ) OK(rvos_budget_watch(got, &watch, sizeof watch));
        else CHECK_ERRNO(rvos_budget_watch(got, &watch, sizeof watch), EBADF);
        OK(close(got));
    }
}

static void reserved(void) {
    // What costs nothing to reserve would be missing everywhere else.
    for (int kind = PROCESSES; kind <= BYTES; kind++) {
        CHECK_ERRNO(budget_new(-1, 0, 1 << kind, kind, 1ull << 40), EDQUOT);
        CHECK_ERRNO(budget_new(-1, 0, 1 << kind, kind, UINT64_MAX), EDQUOT);
        int fd = OK(budget_new(-1, 0, 1 << kind, kind, 10));
        CHECK_ERRNO(budget_set(fd, kind, 1ull << 40), EDQUOT);
        CHECK_EQ(budget_look(fd).limit[kind], 10);
        OK(close(fd));
    }
    OK(close(OK(dup(0))));
    // All memory of the machine there is not, and some of it is for who may take the processor as well.
    CHECK_ERRNO(budget_new(-1, 0, 1 << FRAMES, FRAMES, 1ull << 40), EDQUOT);
    int fd = OK(budget_new(-1, 0, 1 << FRAMES, FRAMES, 1000));
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(budget_new(-1, 0, 1 << FRAMES, FRAMES, 1), EPERM);
        CHECK_ERRNO(budget_new(OK(rvos_budget_create(-1, NULL, 0)), 0, 1 << FRAMES, FRAMES, 1), EPERM);
        CHECK_ERRNO(budget_set(fd, FRAMES, 1001), EPERM);
        // Inside it is the budget's own.
        OK(budget_new(fd, 0, 1 << FRAMES, FRAMES, 500));
        CHECK_ERRNO(budget_new(fd, 0, 1 << FRAMES, FRAMES, 500), EDQUOT);
        OK(budget_set(fd, FRAMES, 900));
    });
    OK(close(fd));
}

static void caps(void) {
    static const uint64_t bad[][2] = {{1, 0}, {999, 100000}, {1000, 999}, {1000, 1000001}, {1000, UINT64_MAX}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct rvos_budget_create args = {.quota_us = bad[i][0], .period_us = bad[i][1]};
        CHECK_ERRNO(rvos_budget_create(-1, &args, sizeof args), EINVAL);
    }
    struct rvos_budget_create args = {.quota_us = 1000, .period_us = 1000};
    OK(close(OK(rvos_budget_create(-1, &args, sizeof args))));
    args = (struct rvos_budget_create){.weight = 10001};
    CHECK_ERRNO(rvos_budget_create(-1, &args, sizeof args), EINVAL);
}

// There is room for so many budgets: who has a part of the memory has that part of it.
static void many(void) {
    int outer = OK(budget_new(-1, 1 << FRAMES, 0, FRAMES, 4096));
    pid_t pid = budget_fork(outer);
    if (pid == 0) {
        int fds[256], made = 0;
        while (made < 256 && (fds[made] = rvos_budget_create(-1, NULL, 0)) >= 0) made++;
        CHECK_EQ(errno, EDQUOT);
        CHECK(made >= 8 && made < 200);
        for (int i = 0; i < made; i++) OK(close(fds[i]));
        // One that nobody has any more takes its place as long as something in it survives.
        int survivors = 0, fd;
        while (survivors < 256 && (fd = rvos_budget_create(outer, NULL, 0)) >= 0) {
            int ends[2];
            OK(rvos_budget_join(fd));
            ch_pair(ends);
            OK(rvos_budget_join(outer));
            OK(close(fd));
            survivors++;
        }
        CHECK_EQ(errno, EDQUOT);
        CHECK(survivors >= 8 && survivors <= made);
        _exit(0);
    }
    // Who is beside it has the rest.
    int beside[50];
    for (int i = 0; i < 50; i++) beside[i] = OK(rvos_budget_create(-1, NULL, 0));
    CHECK_EQ(h_wait(pid), 0);
    for (int i = 0; i < 50; i++) OK(close(beside[i]));
    OK(close(outer));
}

int main(void) {
    each_right();
    reserved();
    caps();
    many();
    return 0;
}
