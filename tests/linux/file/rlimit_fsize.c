// setrlimit(2), RLIMIT_FSIZE: a write up to the limit is short, beyond it EFBIG with SIGXFSZ, whose default ends the process.
// calls: prlimit64 write
#include "../harness.h"

static volatile sig_atomic_t seen;
static void on_signal(int signal) { seen = signal; }

int main(void) {
    h_scratch();
    struct rlimit limit = {.rlim_cur = 100, .rlim_max = 200};
    OK(setrlimit(RLIMIT_FSIZE, &limit));
    h_on_signal(SIGXFSZ, on_signal, 0);
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
    char text[80] = "";
    CHECK_EQ(write(fd, text, 80), 80);
    CHECK_EQ(write(fd, text, 80), 20);
    CHECK_EQ(seen, 0);
    CHECK_ERRNO(write(fd, text, 80), EFBIG);
    CHECK_EQ(seen, SIGXFSZ);
    seen = 0;
    CHECK_ERRNO(ftruncate(fd, 101), EFBIG);
    CHECK_EQ(seen, SIGXFSZ);
    CHECK_EQ(pwrite(fd, text, 80, 20), 80);
    int ends[2];
    OK(pipe(ends));
    static char big[1000];
    CHECK_EQ(write(ends[1], big, sizeof big), sizeof big); // pipes have no size
    pid_t child = h_fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_DFL);
        struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        pwrite(fd, text, 1, 100);
        _exit(0);
    }
    int status = h_wait(child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ);
    return 0;
}
