// dup(2), RLIMIT_NOFILE: 300,000 duplicates of one descriptor are refused at the limit, cost the one who makes them, and are all
// gone when they are closed or their process ends; another process opens and closes meanwhile.
// calls: dup, close_range, prlimit64
// timeout: 120
// budget: none
#include "../harness.h"

enum { WANTED = 300000 };

// As many as there may be; what the last one said.
static int take(int fd, int *error) {
    int count = 0;
    while (count < WANTED && dup(fd) >= 0) count++;
    *error = count < WANTED ? errno : 0;
    return count;
}

static void limited(int fd) {
    struct rlimit old, small = {1000, 1000};
    OK(getrlimit(RLIMIT_NOFILE, &old));
    small.rlim_max = old.rlim_max;
    OK(setrlimit(RLIMIT_NOFILE, &small));
    int error;
    int count = take(fd, &error);
    CHECK(count > 900 && count < 1000);
    CHECK_EQ(error, EMFILE);
    CHECK_ERRNO(open("/dev/null", O_RDONLY), EMFILE);
    OK(close(500));
    CHECK_EQ(OK(dup(fd)), 500);
    OK(syscall(SYS_close_range, fd + 1, ~0u, 0));
    OK(setrlimit(RLIMIT_NOFILE, &old));
}

int main(void) {
    int fd = OK(open("/dev/null", O_RDONLY | O_CLOEXEC));
    limited(fd);
    int *stop = h_shared(PAGE);
    pid_t beside = h_fork();
    if (beside == 0) {
        for (unsigned i = 0; !*(volatile int *)stop || i < 100; i++) {
            int ends[2];
            OK(pipe(ends));
            CHECK_EQ(OK(write(ends[1], "x", 1)), 1);
            OK(close(ends[0]));
            OK(close(ends[1]));
        }
        _exit(0);
    }
    // All of them, or what memory and the system's limits have: once closed and once left to the end of the process.
    for (int way = 0; way < 2; way++) {
        pid_t pid = h_fork();
        if (pid == 0) {
            struct rlimit most = {WANTED + 100, WANTED + 100};
            if (setrlimit(RLIMIT_NOFILE, &most) != 0) {
                OK(getrlimit(RLIMIT_NOFILE, &most));
                most.rlim_cur = most.rlim_max;
                OK(setrlimit(RLIMIT_NOFILE, &most));
            }
            int error;
            int count = take(fd, &error);
            CHECK(count > 3000);
            CHECK(error == 0 || error == EMFILE || error == ENOMEM);
            if (way == 0) {
                OK(syscall(SYS_close_range, fd + 1, ~0u, 0));
                CHECK_EQ(OK(dup(fd)), fd + 1);
            }
            _exit(0);
        }
        CHECK_EQ(h_wait(pid), 0);
    }
    *stop = 1;
    CHECK_EQ(h_wait(beside), 0);
    OK(close(fd));
    return 0;
}
