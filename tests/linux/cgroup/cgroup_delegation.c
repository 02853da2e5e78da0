// cgroup-v2.rst, nsdelegate: the root of a cgroup namespace is bounded by who made it: from inside its limits are read and not set
// (EPERM), whatever user it is, and nobody is moved across it (ENOENT); what is made below is the inside's own. Who opened a file
// counts, not who writes to it.
// calls: unshare write clone
#include "../socket/sock.h"
#include "cg.h"

static void send_fd(int to, int fd) { CHECK_EQ(sock_send_fds(to, "f", 1, &fd, 1, 0), 1); }

static int recv_fd(int from) {
    char byte;
    struct sock_got got = sock_recv_fds(from, &byte, 1, 1, 0);
    CHECK(got.len == 1 && got.count == 1);
    return got.fds[0];
}

static int try_write(const char *path, const char *text) {
    int fd = OK(open(path, O_WRONLY | O_CLOEXEC));
    int error = write(fd, text, strlen(text)) < 0 ? errno : 0;
    OK(close(fd));
    return error;
}

static void limits(void) {
    static const char *const bounded[][2] = {
        {"cg/memory.max", "max"}, {"cg/pids.max", "max"}, {"cg/cpu.max", "max"}, {"cg/cpu.weight", "10000"}, {"cg/cgroup.kill", "1"},
    };
    for (size_t i = 0; i < sizeof bounded / sizeof *bounded; i++) {
        int error = try_write(bounded[i][0], bounded[i][1]);
        if (error != EPERM) FAIL("%s: %s", bounded[i][0], strerror(error));
    }
    CHECK_STR(h_read_file("cg/pids.max"), "20\n");
    CHECK_STR(h_read_file("cg/cpu.weight"), "50\n");
    // Below is all as usual, and does not lead beyond.
    OK(mkdir("cg/below", 0755));
    CHECK_EQ(try_write("cg/below/cgroup.procs", "0"), 0);
    CHECK_EQ(try_write("cg/cgroup.subtree_control", "+pids"), 0);
    CHECK_EQ(try_write("cg/below/pids.max", "1000"), 0);
    CHECK_STR(h_read_file("cg/below/pids.max"), "1000\n");
    pid_t pids[32];
    int n = 0;
    while (n < 32 && (pids[n] = fork()) > 0) n++;
    if (n < 32 && pids[n] == 0)
        for (;;) pause();
    CHECK(n < 20);
    CHECK_EQ(errno, EAGAIN);
    while (n > 0) h_kill_and_reap(pids[--n]);
}

static void inside(int outside, int channel) {
    OK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
    OK(mkdir("cg", 0755));
    OK(mount("cgroup", "cg", "cgroup2", 0, NULL));
    limits();
    // Who is outside stays there, and who is inside stays inside: by the mount of the outside, which this process still sees.
    char number[16];
    snprintf(number, sizeof number, "%d", outside);
    CHECK_EQ(try_write("cg/below/cgroup.procs", number), ENOENT);
    CHECK_EQ(try_write(CG_ROOT "/beside/cgroup.procs", "0"), ENOENT);
    CHECK_EQ(try_write(CG_ROOT "/cgroup.procs", "0"), ENOENT);
    // A file that was opened outside may be written to here, and not the other way round.
    int fd = recv_fd(channel);
    CHECK_EQ(write(fd, "30", 2), 2);
    CHECK_STR(h_read_file("cg/pids.max"), "30\n");
    OK(close(fd));
    fd = OK(open("cg/pids.max", O_WRONLY));
    send_fd(channel, fd);
    OK(close(fd));
    CHECK_EQ(try_write("cg/cgroup.subtree_control", "-pids"), 0);
    CHECK_EQ(try_write("cg/cgroup.procs", "0"), 0);
    OK(rmdir("cg/below"));
    // Once the other side has closed it, nothing of this mount is open.
    char closed;
    CHECK_EQ(read(channel, &closed, 1), 1);
    OK(umount("cg"));
    OK(rmdir("cg"));
    _exit(0);
}

int main(void) {
    h_scratch();
    cg_begin("+cpu +memory +pids");
    OK(mount(NULL, CG_ROOT, NULL, MS_REMOUNT, "nsdelegate"));
    OK(cg_mkdir("delegated"));
    OK(cg_mkdir("beside"));
    cg_write("delegated", "pids.max", "20");
    cg_write("delegated", "memory.max", "64M");
    cg_write("delegated", "cpu.weight", "50");
    int pair[2];
    OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    pid_t outside = cg_fork("beside");
    if (outside == 0)
        for (;;) pause();
    pid_t child = cg_fork("delegated");
    if (child == 0) {
        OK(close(pair[0]));
        OK(unshare(CLONE_NEWCGROUP | CLONE_NEWNS));
        inside(outside, pair[1]);
    }
    int fd = OK(open(CG_ROOT "/delegated/pids.max", O_WRONLY));
    send_fd(pair[0], fd);
    OK(close(fd));
    fd = recv_fd(pair[0]);
    CHECK_ERRNO(write(fd, "max", 3), EPERM);
    OK(close(fd));
    CHECK_EQ(write(pair[0], "c", 1), 1);
    h_join(child);
    h_kill_and_reap(outside);
    cg_remove("delegated");
    cg_remove("beside");
    return 0;
}
