// A process that writes to memory without end, and how it has to end.
#ifndef HOG_H
#define HOG_H
#include "beside.h"

static size_t total_bytes(void) {
    long total = 0;
    char *line = strstr(h_read_file("/proc/meminfo"), "MemTotal:");
    CHECK(line && sscanf(line, "MemTotal: %ld kB", &total) == 1);
    return (size_t)total * 1024;
}

static pid_t hog(int sharing) {
    pid_t pid = h_fork();
    if (pid == 0) {
        size_t step = 16 << 20, most = total_bytes() * 2;
        for (size_t done = 0; done < most; done += step) {
            char *m = mmap(NULL, step, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            if (m == MAP_FAILED) _exit(errno == ENOMEM ? 2 : 1);
            for (size_t i = 0; i < step; i += PAGE) m[i] = 1;
        }
        _exit(0);
    }
    return pid;
}

static void check_end(pid_t pid) {
    int status = h_wait(pid);
    if (!(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) && !(WIFEXITED(status) && WEXITSTATUS(status) == 2))
        FAIL("the hog ended with status %#x", status);
}
#endif
