// fork(2): the superuser's processes end at kernel.threads-max (EAGAIN) or at memory (ENOMEM); the rest of the system goes on.
// calls: clone
// timeout: 300
// only: rvos
// budget: none
#include "beside.h"

struct flood { volatile long made, again, memory, other, held; };

int main(void) {
    struct beside *beside = beside_start(0);
    struct flood *f = h_shared(PAGE);
    OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
    pid_t first = h_fork();
    if (first == 0) {
        OK(setpgid(0, 0));
        // It and its children are to go first if memory runs out.
        int fd = OK(open("/proc/self/oom_score_adj", O_WRONLY));
        CHECK_EQ(write(fd, "1000", 4), 4);
        OK(close(fd));
        for (;;) {
            pid_t pid = fork();
            if (pid == 0) {
                __sync_fetch_and_add(&f->held, 1);
                for (;;) pause();
            }
            if (pid > 0) f->made++;
            else {
                long *count = (long *)(errno == EAGAIN ? &f->again : errno == ENOMEM ? &f->memory : &f->other);
                __sync_fetch_and_add(count, 1);
                break;
            }
        }
        for (;;) pause();
    }
    // It ends in an error, or in a kill because there is no memory.
    int status = -1;
    while (f->again + f->memory + f->other == 0) {
        if (waitpid(first, &status, WNOHANG) == first) break;
        h_sleep_ms(10);
    }
    CHECK_EQ(f->other, 0);
    CHECK(status == -1 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
    CHECK(f->made >= 500);
    beside_goes_on(beside);
    kill(-first, SIGKILL);
    if (status == -1) CHECK_EQ(h_wait(first), SIGKILL);
    while (waitpid(-first, &status, 0) > 0) CHECK_EQ(status, SIGKILL);
    CHECK_EQ(errno, ECHILD);
    beside_finish(beside);
    return 0;
}
