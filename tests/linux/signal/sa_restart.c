// signal(7), interruption: with SA_RESTART read, wait, futex and locks go on; without it, and always in nanosleep and poll, EINTR.
// calls: rt_sigaction read wait4 futex clock_nanosleep
#include "../harness.h"
#include <linux/futex.h>

static volatile sig_atomic_t count;
static void on_signal(int signal) { (void)signal; count++; }

// Sends SIGUSR1 to the parent once it sleeps, then does what ends the call in another way.
static pid_t helper(int fd, int *word) {
    pid_t parent = getpid(), child = h_fork();
    if (child != 0) return child;
    h_until_asleep(parent, 0);
    OK(kill(parent, SIGUSR1));
    h_sleep_ms(20);
    h_until_asleep(parent, 0);
    if (fd >= 0) h_signal(fd);
    if (word) {
        *word = 1;
        syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
    }
    _exit(7);
}

static void matrix(int restart) {
    int ends[2], status;
    char byte;
    h_on_signal(SIGUSR1, on_signal, restart ? SA_RESTART : 0);
    count = 0;
    OK(pipe(ends));
    pid_t child = helper(restart ? ends[1] : -1, NULL);
    if (restart) CHECK_EQ(read(ends[0], &byte, 1), 1);
    else CHECK_ERRNO(read(ends[0], &byte, 1), EINTR);
    CHECK_EQ(count, 1);
    CHECK_EQ(h_wait(child), 7 << 8);
    child = helper(-1, NULL);
    if (restart) CHECK_EQ(waitpid(child, &status, 0), child);
    else CHECK_ERRNO(waitpid(child, &status, 0), EINTR);
    if (!restart) h_wait(child);
    CHECK_EQ(count, 2);
    int *word = h_shared(4096);
    child = helper(-1, restart ? word : NULL);
    if (restart) CHECK_EQ(syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0), 0);
    else CHECK_ERRNO(syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0), EINTR);
    CHECK_EQ(count, 3);
    h_wait(child);
    child = helper(-1, NULL);
    struct timespec time = {1000, 0}, left = {0, 0};
    CHECK_ERRNO(nanosleep(&time, &left), EINTR); // never restarted after a handler
    CHECK(left.tv_sec > 900 && left.tv_sec < 1000);
    h_wait(child);
    child = helper(-1, NULL);
    CHECK_ERRNO(pause(), EINTR);
    h_wait(child);
    CHECK_EQ(count, 5);
}

int main(void) {
    matrix(1);
    matrix(0);
    return 0;
}
