// proc_pid_stat(5): the nice value and priority of a process are its first thread's, also once that has ended, and of a zombie.
// calls: setpriority exit wait4
#include "../harness.h"

static pid_t first;

// A field of /proc/PID/stat by its number there.
static long field(pid_t pid, int number) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    char *at = strrchr(h_read_file(path), ')') + 1;
    for (int i = 2; i < number - 1; i++) at = strchr(at + 1, ' ');
    return strtol(at + 1, NULL, 10);
}

static void *thread_main(void *arg) {
    while (h_state(first, first) != 'Z') h_sleep_ms(1);
    CHECK_EQ(field(first, 19), 7);
    CHECK_EQ(field(first, 18), 27);
    OK(setpriority(PRIO_PROCESS, syscall(SYS_gettid), 11)); // of this thread alone
    CHECK_EQ(field(first, 19), 7);
    _exit(0);
    return arg;
}

int main(void) {
    pid_t child = h_fork();
    if (child == 0) {
        pthread_t thread;
        prctl(PR_SET_PDEATHSIG, 0);
        first = getpid();
        OK(setpriority(PRIO_PROCESS, 0, 7));
        CHECK_EQ(pthread_create(&thread, NULL, thread_main, NULL), 0);
        syscall(SYS_exit, 1);
    }
    siginfo_t info;
    OK(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
    CHECK_EQ(h_state(child, 0), 'Z');
    CHECK_EQ(field(child, 19), 7);
    h_join(child);
    return 0;
}
