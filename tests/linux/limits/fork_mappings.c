// fork(2), cgroup-v2.rst memory.max: a process with thousands of mappings that forks without end is met by its own cgroup: an error,
// or somebody inside is ended; a program beside it goes on, and when all inside are ended, everything is there again.
// calls: clone mmap mprotect
// timeout: 120
#include "../cgroup/cg.h"
#include "beside.h"

enum { REGIONS = 3000 };

static void forks(volatile int *failed) {
    char *area = mmap(NULL, 2 * REGIONS * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(area != MAP_FAILED);
    for (int i = 0; i < REGIONS; i++) {
        // Every second page is another region.
        OK(mprotect(area + (2 * i + 1) * PAGE, PAGE, PROT_NONE));
        area[2 * i * PAGE] = 1;
    }
    for (;;) {
        pid_t pid = fork();
        if (pid == 0)
            for (;;) pause();
        if (pid < 0) *failed = errno;
    }
}

int main(void) {
    cg_begin("+memory +pids");
    OK(cg_mkdir("forks"));
    cg_write("forks", "memory.max", "48M");
    if (cg_has("forks", "memory.swap.max")) cg_write("forks", "memory.swap.max", "0");
    OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
    struct beside *beside = beside_start(1);
    volatile int *failed = h_shared(PAGE);
    pid_t pid = cg_fork("forks");
    if (pid == 0) forks(failed);
    while (!*failed && cg_field("forks", "memory.events", "oom_kill") < 1) h_sleep_ms(1);
    CHECK(!*failed || *failed == ENOMEM || *failed == EAGAIN);
    beside_goes_on(beside);
    cg_write("forks", "cgroup.kill", "1");
    // But for the one beside.
    int status;
    while (cg_field("forks", "cgroup.events", "populated")) {
        waitpid(-1, &status, WNOHANG);
        h_sleep_ms(1);
    }
    beside->stop = 1;
    for (pid_t ended; (ended = waitpid(-1, &status, 0)) > 0;) CHECK(ended == beside->pid ? status == 0 : status == SIGKILL);
    CHECK_EQ(errno, ECHILD);
    CHECK_EQ(beside->sum, beside_round(0));
    CHECK(cg_number("forks", "memory.current") < 8 << 20);
    cg_remove("forks");
    return 0;
}
