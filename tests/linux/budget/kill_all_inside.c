// kill_all_inside: processes that fork, execute, move between budgets and leave without end are all ended by one budget_kill, whether
// it comes from outside, from two at once, or from one of them; nobody escapes, and nothing stays charged.
// calls: budget_kill budget_join budget_create budget_usage clone
// only: rvos
// timeout: 120
#include "budget.h"

enum { INNER = 3, MOST = 80, ROUNDS = 15 };

struct board {
    volatile int from_inside; // the first of them is to end all
    volatile int go;
    volatile int inside;
};

static uint64_t seed;
static unsigned pick(unsigned below) {
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return (seed >> 20) % below;
}

static void *execute(void *unused) {
    execl("/proc/self/exe", "bomb", "bomb", NULL);
    return unused;
}

// Goes on for ever: each process makes others, some of which leave by themselves.
static void bomb(const int *inner, int stays) {
    for (unsigned turn = 0;; turn++) {
        pthread_t thread;
        pid_t pid;
        switch (pick(16)) {
        default:
            pid = fork();
            if (pid == 0) seed += getpid() * 0x2545f4914f6cdd1dull, stays = 0;
            if (pid < 0) while (waitpid(-1, NULL, WNOHANG) > 0) {}
            break;
        case 0:
            if (inner) rvos_budget_join(inner[pick(INNER)]);
            break;
        case 1:
            if (!stays && turn > 4) _exit(0);
            break;
        case 2:
            // A thread becomes the process: all others of it end, and it is not to be taken for one that does.
            if (!stays && pthread_create(&thread, NULL, execute, NULL) == 0)
                for (;;) pause();
            break;
        case 3:
            pid = vfork();
            if (pid == 0) _exit(0);
            break;
        case 4:
            while (waitpid(-1, NULL, WNOHANG) > 0) {}
        }
    }
}

static int killer(int all, struct board *board) {
    pid_t pid = h_fork();
    if (pid == 0) {
        while (!board->go) {}
        OK(rvos_budget_kill(all));
        _exit(0);
    }
    return pid;
}

static void round_of(unsigned n, struct board *board) {
    struct rvos_budget_create args = {.limited = 1 << PROCESSES | 1 << THREADS};
    args.limits[PROCESSES] = MOST, args.limits[THREADS] = MOST;
    int all = OK(rvos_budget_create(-1, &args, sizeof args)), inner[INNER];
    for (int i = 0; i < INNER; i++) inner[i] = OK(rvos_budget_create(i == 2 ? inner[0] : all, NULL, 0));
    *board = (struct board){.from_inside = n % 3 == 2};
    pid_t first = budget_fork(all);
    seed = 0x9e3779b97f4a7c15 * (2 * n + 1);
    if (first == 0 && board->from_inside) {
        __sync_fetch_and_add(&board->inside, 1);
        while (!board->go) {}
        rvos_budget_kill(all);
        _exit(1);
    }
    if (first == 0) {
        __sync_fetch_and_add(&board->inside, 1);
        bomb(inner, 1);
    }
    pid_t second = budget_fork(inner[2]);
    if (second == 0) {
        __sync_fetch_and_add(&board->inside, 1);
        seed++;
        bomb(inner, 1);
    }
    // Who joins later is not ended.
    while (board->inside < 2) h_sleep_ms(1);
    pid_t killers[2] = {0};
    for (int i = 0; i < (int)(n % 3) && !board->from_inside; i++) killers[i] = killer(all, board);
    // Zombies count too, so that there may be fewer for a while.
    uint64_t many = 10 + n * 4;
    for (int i = 0; i < 30 && budget_look(all).processes < many; i++) h_sleep_ms(1);
    board->go = 1;
    if (n % 3 == 0) OK(rvos_budget_kill(all));
    for (int i = 0; i < 2; i++)
        if (killers[i]) CHECK_EQ(h_wait(killers[i]), 0);
    CHECK_EQ(h_wait(first), SIGKILL);
    // All of them come to the subreaper; one that lives would be waited for to the end of time.
    int status;
    while (waitpid(-1, &status, 0) > 0) CHECK(status == 0 || status == SIGKILL);
    CHECK_EQ(errno, ECHILD);
    struct rvos_budget_usage u = budget_look(all);
    CHECK_EQ(u.processes, 0);
    CHECK_EQ(u.usage[PROCESSES], 0);
    CHECK_EQ(u.usage[THREADS], 0);
    CHECK_EQ(u.usage[SLOTS], 0);
    for (int i = 0; i < INNER; i++) OK(close(inner[i]));
    OK(close(all));
}

int main(int argc, char **argv) {
    if (argc == 2 && !strcmp(argv[1], "bomb")) {
        seed = getpid() * 0x2545f4914f6cdd1dull + 1;
        bomb(NULL, 0);
    }
    OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
    struct board *board = h_shared(PAGE);
    for (unsigned n = 0; n < ROUNDS; n++) round_of(n, board);
    OK(munmap(board, PAGE));
    return 0;
}
