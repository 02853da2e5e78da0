// The benchmark program: one static binary, the same on Linux and on rvOS.
//
//     bench [--only NAME]... [--quick] [--rounds N] [--list]
//
// prints `ROW name value` for each row (nanoseconds, which are instructions under `-icount shift=0,sleep=off`,
// for one operation: the median of the rounds; `start_to_shell`: what the system took before), `ROW name n/a` when a call or a family of sockets is missing, `ROW name error …`
// otherwise, and at the end `DONE rows`. Exit status 0 unless a row had an error.
//
// Build: riscv64-linux-gnu-gcc -static -s -O2 -Wall -pthread bench.c rows_*.c tiny.S -o bench
#include "bench.h"
#include <setjmp.h>
#include <sys/prctl.h>

static const struct row *const families[] = {call_rows, file_rows, ipc_rows, event_rows, process_rows, memory_rows, signal_rows, scale_rows, channel_rows};
#define FAMILIES (sizeof families / sizeof *families)
#define MAX_ROUNDS 31
#define MAX_CHILDREN 80

#define MAX_SCRATCH 8

static struct { char *at; size_t bytes; } scratches[MAX_SCRATCH];
static jmp_buf leave_row;
static pid_t main_pid, children[MAX_CHILDREN];
static int problem; // the errno that ended the row
static const char *problem_at;

_Noreturn void give_up(const char *what) {
    problem = errno ? errno : EIO;
    problem_at = what;
    if (getpid() != main_pid) _exit(1);
    longjmp(leave_row, 1);
}

long need_(long result, const char *what) {
    if (result == -1) give_up(what);
    return result;
}

pid_t bench_fork(void) {
    pid_t pid = need(fork());
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        return 0;
    }
    for (int i = 0; i < MAX_CHILDREN; i++)
        if (!children[i]) {
            children[i] = pid;
            break;
        }
    return pid;
}

void reap(pid_t pid) {
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    for (int i = 0; i < MAX_CHILDREN; i++)
        if (children[i] == pid) children[i] = 0;
}

char *scratch(size_t bytes) {
    char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) give_up("mmap");
    for (int i = 0; i < MAX_SCRATCH; i++)
        if (!scratches[i].at) {
            scratches[i].at = at, scratches[i].bytes = bytes;
            break;
        }
    return at;
}

static void clean_up(void) {
    for (int i = 0; i < MAX_CHILDREN; i++)
        if (children[i]) {
            kill(children[i], SIGKILL);
            reap(children[i]);
        }
    for (int i = 0; i < MAX_SCRATCH; i++) {
        if (scratches[i].at) munmap(scratches[i].at, scratches[i].bytes);
        scratches[i].at = NULL;
    }
    for (int fd = 3; fd < 700; fd++) close(fd);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Returns whether the row is fine (a figure or n/a).
static int measure(const struct row *row, int rounds, int divisor) {
    double results[MAX_ROUNDS];
    volatile int round = 0;
    long n = row->count / divisor > 0 ? row->count / divisor : 1;
    if (setjmp(leave_row) != 0) {
        clean_up();
        int missing = problem == ENOSYS || problem == EAFNOSUPPORT;
        if (missing) printf("ROW %s n/a\n", row->name);
        else printf("ROW %s error %s: %s\n", row->name, problem_at, strerror(problem));
        fflush(stdout);
        return missing;
    }
    row->run(n / 10 + 1, row->arg); // caches and free lists as in later rounds
    clean_up();
    for (; round < rounds; round++) {
        results[round] = (double)row->run(n, row->arg) / n;
        clean_up();
    }
    qsort(results, rounds, sizeof *results, ascending);
    printf("ROW %s %.1f\n", row->name, results[rounds / 2]);
    fflush(stdout);
    return 1;
}

static const struct row *find(const char *name) {
    for (unsigned f = 0; f < FAMILIES; f++)
        for (const struct row *row = families[f]; row->name; row++)
            if (strcmp(row->name, name) == 0) return row;
    return NULL;
}

// Each row runs in a fresh process image, so that none depends on what ran before it.
static int measure_apart(const char *name, const char *rounds, const char *divisor) {
    fflush(stdout);
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        execl("/proc/self/exe", "bench", "--row", name, rounds, divisor, NULL);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) > 1) {
        printf("ROW %s error its process ended with status %#x\n", name, status);
        return 0;
    }
    return status == 0;
}

static int wanted(const char *name, char **only, int count) {
    for (int i = 0; i < count; i++)
        if (strcmp(only[i], name) == 0) return 1;
    return count == 0;
}

// What the system took until this program began; no row, since those run in processes of their own.
// The clock behind rdtime runs at 10 MHz in QEMU, from reset on.
static double since_reset(void) {
    uint64_t ticks;
    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return (double)ticks * 100;
}

static int measure_one(char **argv) {
    const struct row *row = find(argv[2]);
    int rounds = atoi(argv[3]), divisor = atoi(argv[4]);
    if (!row || rounds < 1 || rounds > MAX_ROUNDS || divisor < 1) return 2;
    main_pid = getpid();
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); // rows count pages of 4 KiB
    return !measure(row, rounds, divisor);
}

#define START "start_to_shell"

int main(int argc, char **argv) {
    double began = since_reset();
    char *only[64], *rounds = "5", *divisor = "1";
    int only_count = 0, list = 0, measured = 0, failed = 0;
    if (argc == 2 && strcmp(argv[1], "--exit") == 0) return 0; // what fork_exec_self starts
    if (argc == 5 && strcmp(argv[1], "--row") == 0) return measure_one(argv);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--only") == 0 && i + 1 < argc && only_count < 64) only[only_count++] = argv[++i];
        else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc) rounds = argv[++i];
        else if (strcmp(argv[i], "--quick") == 0) rounds = "3", divisor = "5";
        else if (strcmp(argv[i], "--list") == 0) list = 1;
        else return fprintf(stderr, "usage: bench [--only NAME]... [--quick] [--rounds N] [--list]\n"), 2;
    }
    if (wanted(START, only, only_count)) {
        measured++;
        if (list) puts(START);
        else printf("ROW " START " %.1f\n", began);
    }
    char dir[] = "/tmp/bench-XXXXXX";
    if (!mkdtemp(dir) || chdir(dir) != 0) return perror("bench: scratch directory"), 2;
    for (unsigned f = 0; f < FAMILIES; f++)
        for (const struct row *row = families[f]; row->name; row++) {
            if (!wanted(row->name, only, only_count)) continue;
            measured++;
            if (list) puts(row->name);
            else failed += !measure_apart(row->name, rounds, divisor);
        }
    if (chdir("/") == 0) rmdir(dir);
    if (!list) printf("DONE %d\n", measured);
    return failed > 0;
}
