// proc(5): there is a directory for each process and one for each of its threads; they go with it; an open one gives ESRCH afterwards.
// calls: openat getdents64
#include "../harness.h"

static int listed(const char *path, pid_t pid) {
    int found = 0;
    DIR *dir = opendir(path);
    CHECK(dir);
    for (struct dirent *e; (e = readdir(dir));) found += atoi(e->d_name) == pid;
    closedir(dir);
    return found;
}

static int ends[2];
static volatile pid_t tid;
static void *thread_main(void *arg) {
    tid = syscall(SYS_gettid);
    h_await(ends[0]);
    return arg;
}

int main(void) {
    char path[64];
    CHECK_EQ(listed("/proc", getpid()), 1);
    pid_t child = h_fork();
    if (child == 0) for (;;) pause();
    CHECK_EQ(listed("/proc", child), 1);
    snprintf(path, sizeof path, "/proc/%d/stat", child);
    int fd = OK(open(path, O_RDONLY));
    h_kill_and_reap(child);
    CHECK_EQ(listed("/proc", child), 0);
    char text[64];
    CHECK_ERRNO(read(fd, text, sizeof text), ESRCH);
    CHECK_ERRNO(open(path, O_RDONLY), ENOENT);
    pthread_t thread;
    OK(pipe(ends));
    CHECK_EQ(pthread_create(&thread, NULL, thread_main, NULL), 0);
    while (!tid) sched_yield();
    CHECK_EQ(listed("/proc/self/task", tid), 1);
    CHECK_EQ(listed("/proc/self/task", getpid()), 1);
    CHECK_EQ(listed("/proc", tid), 0); // hidden, though it can be opened
    snprintf(path, sizeof path, "/proc/%d/status", tid);
    CHECK(strstr(h_read_file(path), "\nThreads:\t2\n"));
    h_signal(ends[1]);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    return 0;
}
