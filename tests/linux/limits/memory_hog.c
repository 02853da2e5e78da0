// proc_sys_vm(5), overcommit: a process that writes to more memory than there is gets killed, alone or with others like it, with
// private or shared memory; a program beside it goes on.
// calls: mmap
// timeout: 300
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

int main(void) {
    struct beside *beside = beside_start(1);
    check_end(hog(MAP_PRIVATE));
    beside_goes_on(beside);
    check_end(hog(MAP_SHARED));
    beside_goes_on(beside);
    pid_t hogs[4];
    for (int i = 0; i < 4; i++) hogs[i] = hog(i % 2 ? MAP_SHARED : MAP_PRIVATE);
    // One or several end; those that are left get the room, and end as well.
    for (int i = 0; i < 4; i++) check_end(hogs[i]);
    beside_goes_on(beside);
    beside_finish(beside);
    return 0;
}
