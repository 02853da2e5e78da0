// Budgets through the generated header.
#ifndef BUDGET_H
#define BUDGET_H
#include "../harness.h"
#include <rvos.h>

enum { FRAMES, PROCESSES, THREADS, SLOTS, CHANNELS, MESSAGES, BYTES, DMA, KINDS };
#define NO_LIMIT UINT64_MAX

static H_UNUSED int budget_new(int parent, unsigned limited, unsigned carved, int kind, uint64_t units) {
    struct rvos_budget_create args = {.limited = limited, .carved = carved};
    args.limits[kind] = units;
    return rvos_budget_create(parent, &args, sizeof args);
}

static H_UNUSED struct rvos_budget_usage budget_look(int fd) {
    struct rvos_budget_usage usage = {0};
    CHECK_EQ(rvos_budget_usage(fd, &usage, sizeof usage), sizeof usage);
    return usage;
}

static H_UNUSED long budget_set(int fd, int kind, uint64_t limit) {
    struct rvos_budget_limit args = {.kind = kind, .limit = limit};
    return rvos_budget_limit(fd, &args, sizeof args);
}

// A child that is in the budget.
static H_UNUSED pid_t budget_fork(int fd) {
    pid_t pid = h_fork();
    if (pid == 0) OK(rvos_budget_join(fd));
    return pid;
}
#endif
