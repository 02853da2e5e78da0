// proc(5): cmdline, environ, comm, exe, cwd, root of a process; of another one, and of a zombie.
// calls: readlinkat openat
#include "../harness.h"

static long raw(const char *path, char *to, size_t size) {
    int fd = OK(open(path, O_RDONLY));
    long n = OK(read(fd, to, size));
    OK(close(fd));
    return n;
}

int main(int argc, char **argv) {
    char text[4096], link[PATH_MAX] = "", path[64];
    if (argc > 1) {
        long n = raw("/proc/self/cmdline", text, sizeof text);
        CHECK_EQ(n, 14);
        CHECK(memcmp(text, "zero\0one\0\0two\0", 14) == 0);
        n = raw("/proc/self/environ", text, sizeof text);
        CHECK_EQ(n, 9);
        CHECK(memcmp(text, "A=1\0BC=2\0", 9) == 0);
        return 0;
    }
    char *args[] = {"zero", "one", "", "two", NULL}, *env[] = {"A=1", "BC=2", NULL};
    IN_CHILD(execve("/proc/self/exe", args, env); FAIL("exec"));
    h_scratch();
    OK(readlink("/proc/self/cwd", link, sizeof link - 1));
    CHECK_STR(link, h_dir);
    memset(link, 0, sizeof link);
    OK(readlink("/proc/self/root", link, sizeof link - 1));
    CHECK_STR(link, "/");
    memset(link, 0, sizeof link);
    OK(readlink("/proc/self/exe", link, sizeof link - 1));
    CHECK(link[0] == '/');
    struct stat by_link, by_name;
    OK(stat("/proc/self/exe", &by_link));
    OK(stat(link, &by_name));
    CHECK_EQ(by_link.st_ino, by_name.st_ino);
    memset(link, 0, sizeof link);
    OK(readlink("/proc/self", link, sizeof link - 1));
    CHECK_EQ(atoi(link), getpid());
    pid_t child = h_fork();
    if (child == 0) _exit(0);
    siginfo_t info;
    OK(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
    CHECK_EQ(h_state(child, 0), 'Z');
    snprintf(path, sizeof path, "/proc/%d/cmdline", child);
    CHECK_EQ(raw(path, text, sizeof text), 0);
    snprintf(path, sizeof path, "/proc/%d/exe", child);
    CHECK_ERRNO(readlink(path, link, sizeof link), ENOENT);
    h_wait(child);
    CHECK_ERRNO(open(path, O_RDONLY), ENOENT);
    return 0;
}
