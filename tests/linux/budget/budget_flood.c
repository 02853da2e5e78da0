// Who makes budgets until there are no more has no more than a part of them: others make theirs, whether they are another user or
// have a limit. Two who flood it together, in budgets within budgets as well, do not change that.
// calls: budget_create budget_join
// only: rvos
// timeout: 120
// budget: memory:max fds:max
#include "budget.h"
#include <sys/resource.h>

enum { FLOODERS = 2, USER = 4711 };

static int fresh(int parent) {
    return rvos_budget_create(parent, NULL, 0);
}

// Makes as many as there are, below its own budget and below the last of them in turn.
static void flood(int ready, int over) {
    int made, last = -1, count = 0;
    while ((made = fresh(count % 2 ? last : -1)) >= 0 || (errno == EDQUOT && count % 2)) {
        if (made >= 0) last = made;
        count++;
    }
    CHECK(errno == EDQUOT);
    CHECK(count > 16);
    h_signal(ready);
    h_await(over);
    _exit(0);
}

// Another user, and one within a limit, have theirs.
static void others(int limited) {
    pid_t user = h_fork();
    if (user == 0) {
        OK(setresuid(USER, USER, USER));
        for (int i = 0; i < 16; i++) OK(fresh(-1));
        _exit(0);
    }
    h_join(user);
    pid_t inside = budget_fork(limited);
    if (inside == 0) {
        for (int i = 0; i < 8; i++) OK(fresh(-1));
        _exit(0);
    }
    h_join(inside);
}

int main(void) {
    struct rlimit many = {.rlim_cur = 8192, .rlim_max = 8192};
    OK(setrlimit(RLIMIT_NOFILE, &many));
    int limited = OK(budget_new(-1, 1 << FRAMES, 0, FRAMES, 4096)), ready[2], over[2];
    OK(pipe(ready));
    OK(pipe(over));
    pid_t flooders[FLOODERS];
    for (int i = 0; i < FLOODERS; i++) {
        flooders[i] = h_fork();
        if (flooders[i] == 0) flood(ready[1], over[0]);
    }
    for (int i = 0; i < FLOODERS; i++) h_await(ready[0]);
    others(limited);
    CHECK_ERRNO(fresh(-1), EDQUOT);
    for (int i = 0; i < FLOODERS; i++) h_signal(over[1]);
    for (int i = 0; i < FLOODERS; i++) h_join(flooders[i]);
    for (int i = 0; i < 16; i++) OK(close(OK(fresh(-1))));
    return 0;
}
