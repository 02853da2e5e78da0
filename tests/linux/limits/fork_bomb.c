// fork(2), RLIMIT_NPROC: processes that fork without end get EAGAIN at the limit of their user, and nobody else notices.
// calls: clone
// timeout: 120
// budget: pids:400
#include "beside.h"

#define LIMIT 200

struct bomb { volatile long made, again, other; };

static void bomb(struct bomb *b) {
    for (;;) {
        pid_t pid = fork();
        if (pid > 0) __sync_fetch_and_add(&b->made, 1);
        if (pid < 0) {
            __sync_fetch_and_add(errno == EAGAIN ? &b->again : &b->other, 1);
            pause();
        }
    }
}

int main(void) {
    struct beside *beside = beside_start(1);
    struct bomb *b = h_shared(PAGE);
    OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
    pid_t first = h_fork();
    if (first == 0) {
        struct rlimit limit = {LIMIT, LIMIT};
        h_drop_to(23456);
        OK(setrlimit(RLIMIT_NPROC, &limit));
        OK(setpgid(0, 0));
        bomb(b);
    }
    while (b->again < LIMIT) h_sleep_ms(5); // each of them was told
    CHECK_EQ(b->made, LIMIT - 1);
    CHECK_EQ(b->other, 0);
    beside_goes_on(beside);
    OK(kill(-first, SIGKILL));
    // All of them come to the subreaper.
    int ended = 0, status;
    while (ended < LIMIT) {
        OK(waitpid(-first, &status, 0));
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        ended++;
    }
    CHECK_ERRNO(waitpid(-first, &status, 0), ECHILD);
    beside_finish(beside);
    return 0;
}
