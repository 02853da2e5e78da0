// The calls on budgets: a tree with limits that hold for who is inside, and nobody else.
// calls: budget_create, budget_limit, budget_usage, budget_watch, budget_kill, budget_join
// only: rvos
#include "budget.h"

static void arguments(void) {
    struct rvos_budget_create args = {0};
    CHECK_ERRNO(rvos_budget_create(-2, &args, sizeof args), EBADF);
    CHECK_ERRNO(rvos_budget_create(0, &args, sizeof args), EINVAL);
    CHECK_ERRNO(rvos_budget_create(-1, &args, sizeof args - 8), EINVAL);
    CHECK_ERRNO(rvos_budget_create(-1, h_bad, sizeof args), EFAULT);
    args.flags = 1;
    CHECK_ERRNO(rvos_budget_create(-1, &args, sizeof args), EINVAL);
    args = (struct rvos_budget_create){.limited = 1, .carved = 1};
    CHECK_ERRNO(rvos_budget_create(-1, &args, sizeof args), EINVAL);
    args = (struct rvos_budget_create){.limited = 1 << KINDS};
    CHECK_ERRNO(rvos_budget_create(-1, &args, sizeof args), EINVAL);
    struct { struct rvos_budget_create args; uint64_t more; } longer = {0};
    int fd = OK(rvos_budget_create(-1, (void *)&longer, sizeof longer));
    CHECK_EQ(OK(fcntl(fd, F_GETFD)), FD_CLOEXEC);
    longer.more = 1;
    CHECK_ERRNO(rvos_budget_create(-1, (void *)&longer, sizeof longer), E2BIG);
    CHECK_ERRNO(rvos_budget_kill(0), EINVAL);
    CHECK_ERRNO(rvos_budget_join(-1), EBADF);
    CHECK_ERRNO(budget_set(-1, SLOTS, 1), EBADF);
    CHECK_ERRNO(budget_set(fd, KINDS, 1), EINVAL);
    struct rvos_budget_watch watch = {.kind = KINDS};
    CHECK_ERRNO(rvos_budget_watch(fd, &watch, sizeof watch), EINVAL);
    uint64_t id = 0;
    CHECK_EQ(rvos_budget_usage(fd, (void *)&id, sizeof id), sizeof id);
    CHECK_EQ(id, budget_look(fd).id);
    CHECK_EQ(budget_look(fd).parent, budget_look(-1).id);
    CHECK(budget_look(fd).limit[SLOTS] == NO_LIMIT);
    OK(close(fd));
}

static void slots(void) {
    int fd = OK(budget_new(-1, 1 << SLOTS, 0, SLOTS, 8));
    pid_t pid = budget_fork(fd);
    if (pid == 0) {
        // What it had stays its old budget's; a table of its own is its new budget's, and too large.
        for (int n = 10; n < 20; n++) OK(dup2(0, n));
        CHECK_EQ(fork(), -1);
        CHECK_EQ(errno, EMFILE);
        for (int n = 3; n < 20; n++) close(n);
        pid_t inner = fork();
        CHECK(inner >= 0);
        if (inner == 0) {
            struct rvos_budget_usage u = budget_look(-1);
            CHECK_EQ(u.usage[SLOTS], 3);
            for (int n = 10; n < 15; n++) OK(dup2(0, n));
            CHECK_ERRNO(dup(0), EMFILE);
            CHECK_ERRNO(open("/", O_RDONLY), EMFILE);
            int ends[2];
            CHECK_ERRNO(rvos_chan_create(ends, NULL, 0), EMFILE);
            OK(close(10));
            CHECK_EQ(OK(dup(0)), 3);
            CHECK_EQ(budget_look(-1).usage[SLOTS], 8);
            CHECK(budget_look(-1).refused[SLOTS] >= 3);
            _exit(0);
        }
        _exit(h_wait(inner) == 0 ? 0 : 1);
    }
    CHECK_EQ(h_wait(pid), 0);
    CHECK_EQ(budget_look(fd).usage[SLOTS], 0);
    OK(close(fd));
}

static void carved(void) {
    int outer = OK(budget_new(-1, 0, 1 << SLOTS, SLOTS, 100));
    int inner = OK(budget_new(outer, 0, 1 << SLOTS, SLOTS, 60));
    CHECK_EQ(budget_look(outer).usage[SLOTS], 60);
    CHECK_EQ(budget_look(outer).carved, 1 << SLOTS);
    CHECK_ERRNO(budget_new(outer, 0, 1 << SLOTS, SLOTS, 41), EDQUOT);
    OK(budget_set(inner, SLOTS, 100));
    CHECK_ERRNO(budget_set(inner, SLOTS, 101), EDQUOT);
    OK(budget_set(inner, SLOTS, 20));
    CHECK_ERRNO(budget_set(outer, SLOTS, 19), EBUSY);
    OK(close(inner));
    CHECK_EQ(budget_look(outer).usage[SLOTS], 0);
    OK(close(outer));
}

static void pressure(void) {
    int fd = OK(rvos_budget_create(-1, NULL, 0));
    struct rvos_budget_watch watch = {.kind = THREADS, .threshold = 3};
    OK(rvos_budget_watch(fd, &watch, sizeof watch));
    struct pollfd p = {.fd = fd, .events = POLLIN};
    CHECK_EQ(poll(&p, 1, 0), 0);
    pid_t pid[3];
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(poll(&p, 1, 0), 0);
        pid[i] = h_fork();
        if (pid[i] == 0) {
            h_sleep_ms(20 * (i + 1));
            OK(rvos_budget_join(fd));
            for (;;) pause();
        }
    }
    CHECK_EQ(poll(&p, 1, 10000), 1);
    CHECK_EQ(budget_look(fd).usage[THREADS], 3);
    CHECK_EQ(budget_look(fd).processes, 3);
    OK(rvos_budget_kill(fd));
    for (int i = 0; i < 3; i++) CHECK_EQ(h_wait(pid[i]), SIGKILL);
    CHECK_EQ(poll(&p, 1, 0), 0);
    CHECK_EQ(budget_look(fd).usage[THREADS], 0);
    OK(close(fd));
}

// Memory runs out inside: who is outside does not notice, and what survives is its parent's.
static void memory(void) {
    int fd = OK(budget_new(-1, 1 << FRAMES, 0, FRAMES, 2048));
    pid_t pid = budget_fork(fd);
    if (pid == 0) {
        char *m = mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        for (size_t i = 0; i < 64 << 20; i += PAGE) m[i] = 1;
        _exit(0);
    }
    CHECK_EQ(h_wait(pid), SIGKILL);
    CHECK_EQ(budget_look(fd).killed, 1);
    uint64_t before = budget_look(-1).usage[FRAMES];
    int file = OK(memfd_create("survivor", 0));
    pid = budget_fork(fd);
    if (pid == 0) {
        OK(ftruncate(file, 1 << 20));
        char *m = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        for (size_t i = 0; i < 1 << 20; i += PAGE) m[i] = 1;
        _exit(0);
    }
    CHECK_EQ(h_wait(pid), 0);
    CHECK(budget_look(fd).usage[FRAMES] >= 256);
    OK(close(fd));
    CHECK(budget_look(-1).usage[FRAMES] >= before + 200);
    OK(close(file));
    CHECK(budget_look(-1).usage[FRAMES] <= before + 64);
}

int main(void) {
    arguments();
    slots();
    carved();
    pressure();
    memory();
    return 0;
}
