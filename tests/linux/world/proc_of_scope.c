// pid_namespaces(7), "/proc and PID namespaces": a procfs shows the scope of whoever mounted it, and nobody else.
// calls: clone mount umount2 readlinkat getdents64 pidfd_send_signal
#include "../harness.h"
#include <sys/mount.h>

int main(void) {
    h_scratch();
    OK(mkdir("proc", 0755));
    pid_t outer = getpid();
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
    CHECK(pid >= 0);
    if (pid == 0) {
        OK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
        char link[32] = {0};
        OK(mount("proc", "proc", "proc", 0, NULL));
        CHECK_EQ(readlink("proc/self", link, sizeof link - 1), 1);
        CHECK_STR(link, "1");
        memset(link, 0, sizeof link);
        OK(readlink("proc/thread-self", link, sizeof link - 1));
        CHECK_STR(link, "1/task/1");
        pid_t child = fork();
        if (child == 0)
            for (;;) pause();
        DIR *dir = opendir("proc");
        CHECK(dir);
        int sum = 0;
        for (struct dirent *e; (e = readdir(dir));) sum += atoi(e->d_name);
        closedir(dir);
        CHECK_EQ(sum, 3); // 1 and 2
        char path[64];
        snprintf(path, sizeof path, "proc/%d", outer);
        CHECK_ERRNO(access(path, F_OK), ENOENT);
        // The outer procfs shows whom nothing in here may signal.
        snprintf(path, sizeof path, "/proc/%d", outer);
        CHECK_ERRNO(syscall(SYS_pidfd_send_signal, OK(open(path, O_RDONLY)), 0, NULL, 0), EINVAL);
        int parent = 0;
        CHECK_EQ(sscanf(strrchr(h_read_file("proc/2/stat"), ')') + 4, "%d", &parent), 1);
        CHECK_EQ(parent, 1);
        CHECK(strstr(h_read_file("proc/2/status"), "Pid:\t2\n"));
        CHECK(strstr(h_read_file("proc/2/status"), "PPid:\t1\n"));
        CHECK(strstr(h_read_file("proc/2/status"), "NSpid:\t2\n"));
        CHECK(strstr(h_read_file("proc/1/status"), "PPid:\t0\n"));
        OK(access("proc/2/task/2/stat", F_OK));
        h_kill_and_reap(child);
        CHECK_ERRNO(access("proc/2", F_OK), ENOENT);
        OK(umount2("proc", 0));
        CHECK_ERRNO(access("proc/self", F_OK), ENOENT);
        _exit(0);
    }
    h_join(pid);
    CHECK_ERRNO(access("proc/self", F_OK), ENOENT); // it was mounted in there alone
    return 0;
}
