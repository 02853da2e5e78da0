// /proc/rvos from inside: the processes of the reader's pid scope by their numbers there and nobody else, whichever procfs it is read
// through; what is about the whole machine takes the grant to debug it, and ending it the grant of power.
// calls: spawn pidfd_getfd process_vm_readv chan_create chan_call openat write
// only: rvos
#include "../channel.h"
#include "../native/spawn.h"
#include <sys/uio.h>

static const char *const of_machine[] = {"counters", "figures", "harts", "latency", "preempt_off", "trace", "trace_events"};

// The first words of the lines of a file, which are pids, and how often the one wanted is there.
static int lines_of(const char *file, long pid, long most) {
    char path[64], *save;
    snprintf(path, sizeof path, "/proc/rvos/%s", file);
    int found = 0, head = 1, third = !strcmp(file, "channels");
    for (char *line = strtok_r(h_read_file(path), "\n", &save); line; line = strtok_r(NULL, "\n", &save), head = 0) {
        if (head) continue;
        long number = 0;
        CHECK_EQ(sscanf(line, third ? "%*s %*s %ld" : "%ld", &number), 1);
        if (number < 1 || number > most) FAIL("%s: %s", file, line);
        found += number == pid;
    }
    return found;
}

static void inside(void) {
    CHECK_EQ(getpid(), 1);
    int ends[2];
    ch_pair(ends);
    pid_t caller = h_fork();
    if (caller == 0) {
        char reply[4];
        ch_call(ends[0], "ask", 3, reply, sizeof reply);
        _exit(0);
    }
    CHECK_EQ(caller, 2);
    char text[8];
    struct rvos_chan_info info;
    CHECK_EQ(ch_recv(ends[1], text, sizeof text, NULL, 0, 0, &info), 3);
    CHECK_EQ(lines_of("calls", 2, 2), 1);
    // As h_until_asleep, which would look for another one by this number.
    for (int round = 0; round < 3000 && !lines_of("blocked", 2, 2); round++) h_sleep_ms(1);
    CHECK_EQ(lines_of("blocked", 2, 2), 1);
    CHECK(strstr(h_read_file("/proc/rvos/blocked"), " 1,2\n") || strstr(h_read_file("/proc/rvos/blocked"), " 1\n"));
    CHECK_EQ(lines_of("channels", 1, 2), 2);
    CHECK_EQ(lines_of("channels", 2, 2), 2);
    // Records of the trace name threads of the whole machine.
    CHECK_ERRNO(open("/proc/rvos/trace", O_RDONLY), EPERM);
    CHECK_EQ(strtol(strrchr(h_read_file("/proc/loadavg"), ' '), NULL, 10), 2);
    CHECK_EQ(ch_reply(ends[1], info.call, "ok", 2), 1);
    h_join(caller);
}

// Who has more power exists, and yet cannot be taken hold of.
static int more_powerful(pid_t parent) {
    char path[64], byte;
    int pidfd = (int)syscall(SYS_pidfd_open, parent, 0);
    if (kill(parent, 0) || pidfd < 0) return 51;
    if (syscall(SYS_pidfd_getfd, pidfd, 1, 0) != -1 || errno != EPERM) return 52;
    struct iovec here = {&byte, 1}, there = {&byte, 1};
    if (syscall(SYS_process_vm_readv, parent, &here, 1, &there, 1, 0) != -1 || errno != EPERM) return 53;
    static const char *const names[] = {"cwd", "root", "exe", "fd/1", "ns/mnt"};
    for (int i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "/proc/%d/%s", parent, names[i]);
        if (open(path, O_RDONLY) != -1 || errno != EACCES) return 54 + i;
    }
    snprintf(path, sizeof path, "/proc/%d/calls", parent);
    int fd = open(path, O_WRONLY);
    return fd >= 0 && write(fd, "1", 1) == -1 && errno == EACCES ? 0 : 59;
}

static int without_grants(void) {
    if (more_powerful(getppid())) return more_powerful(getppid());
    for (size_t i = 0; i < sizeof of_machine / sizeof *of_machine; i++) {
        char path[64], byte;
        snprintf(path, sizeof path, "/proc/rvos/%s", of_machine[i]);
        int fd = open(path, O_RDONLY);
        if (fd >= 0 && read(fd, &byte, 1) != -1) return 10 + (int)i;
        if (errno != EPERM) return 20 + (int)i;
        if (fd >= 0) close(fd);
    }
    static const char *const commands[][2] = {{"control", "drain"}, {"control", "exit 3"}, {"trace_events", "all"}, {"preempt_off", "0"}};
    for (int i = 0; i < 4; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/rvos/%s", commands[i][0]);
        int fd = open(path, O_WRONLY);
        if (fd < 0 || write(fd, commands[i][1], strlen(commands[i][1])) != -1 || errno != EPERM) return 30 + i;
        close(fd);
    }
    return access("/proc/rvos/channels", R_OK) || access("/proc/rvos/budgets", R_OK) ? 40 : 0;
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 1) return without_grants();
    int held[2];
    ch_pair(held); // which is not to be seen in there
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
    CHECK(pid >= 0);
    if (pid == 0) {
        OK(close(held[0]));
        OK(close(held[1]));
        inside();
        _exit(0);
    }
    h_join(pid);
    CHECK_EQ(lines_of("channels", getpid(), 1 << 22), 2);
    char self[PATH_MAX] = {0};
    OK(readlink("/proc/self/exe", self, sizeof self - 1));
    char *words[] = {self, "inside", NULL};
    struct spawn_args a = s_args(self, words);
    a.grants = 0;
    int fd = OK(s_spawn(&a));
    CHECK_EQ(s_end(fd), 0);
    return 0;
}
