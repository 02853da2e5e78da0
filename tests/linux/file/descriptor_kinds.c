// fstat(2), statx(2), fstatfs(2), proc_pid_fd(5), proc_pid_fdinfo(5) of each kind of descriptor: type and permission bits, links, sizes,
// the name behind /proc/self/fd, and the lines of fdinfo.
// calls: fstat newfstatat statx fstatfs readlinkat
#include "../harness.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/timerfd.h>

static const char *what;

// `%` in `link` stands for the inode's number.
static struct stat check(int fd, unsigned mode, const char *link, long magic, const char *line) {
    struct stat st, again;
    struct statx x;
    struct statfs fs;
    char path[64], got[PATH_MAX] = {0}, want[PATH_MAX];
    memset(&st, 0x55, sizeof st);
    OK(syscall(SYS_fstat, fd, &st)); // fstat(3) makes another call
    if (st.st_mode != mode) FAIL("%s: mode %o, want %o", what, st.st_mode, mode);
    if (st.st_nlink != (mode == (S_IFREG | 0777) ? 0 : 1)) FAIL("%s: %u links", what, (unsigned)st.st_nlink);
    if (st.st_blksize != 4096) FAIL("%s: blocks of %ld", what, (long)st.st_blksize);
    if (st.st_uid != 0 || st.st_gid != 0 || st.st_rdev != 0 || st.st_size != 0 || st.st_blocks != 0)
        FAIL("%s: uid %u gid %u rdev %lx size %ld", what, st.st_uid, st.st_gid, st.st_rdev, st.st_size);
    OK(syscall(SYS_newfstatat, fd, "", &again, AT_EMPTY_PATH));
    if (memcmp(&st, &again, sizeof st)) FAIL("%s: fstat and fstatat differ", what);
    OK(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &x));
    if (x.stx_mode != st.st_mode || x.stx_ino != st.st_ino || x.stx_nlink != st.st_nlink) FAIL("%s: statx differs", what);
    OK(fstatfs(fd, &fs));
    if (fs.f_type != magic) FAIL("%s: file system %lx", what, (long)fs.f_type);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    OK(readlink(path, got, sizeof got - 1));
    const char *mark = strchr(link, '%');
    if (mark)
        snprintf(want, sizeof want, "%.*s%lu%s", (int)(mark - link), link, st.st_ino, mark + 1);
    else
        snprintf(want, sizeof want, "%s", link);
    if (strcmp(got, want)) FAIL("%s: link %s, want %s", what, got, want);
    OK(stat(path, &again));
    if (again.st_mode != st.st_mode || again.st_ino != st.st_ino || again.st_dev != st.st_dev) FAIL("%s: its link leads elsewhere", what);
    if (access(path, R_OK | W_OK)) FAIL("%s: no access by its link: errno %d", what, errno);
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    char *text = h_read_file(path), *at = strstr(text, "ino:\t");
    if (strncmp(text, "pos:\t0\nflags:\t0", 15) || !strstr(text, "\nmnt_id:\t") || !at) FAIL("%s: fdinfo %s", what, text);
    if (strtoul(at + 5, NULL, 10) != st.st_ino) FAIL("%s: fdinfo %s of %lu", what, text, st.st_ino);
    if (line && !strstr(text, line)) FAIL("%s: no %s in %s", what, line, text);
    return st;
}

int main(void) {
    int ends[2], pair[2], set = OK(epoll_create1(0));
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    OK(pipe(ends));
    what = "pipe";
    struct stat a = check(ends[0], S_IFIFO | 0600, "pipe:[%]", 0x50495045, NULL);
    struct stat b = check(ends[1], S_IFIFO | 0600, "pipe:[%]", 0x50495045, "flags:\t01\n");
    CHECK_EQ(a.st_ino, b.st_ino);
    CHECK_EQ(a.st_dev, b.st_dev);
    what = "socket";
    OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    struct stat s = check(pair[0], S_IFSOCK | 0777, "socket:[%]", 0x534f434b, "flags:\t02\n");
    struct stat t = check(pair[1], S_IFSOCK | 0777, "socket:[%]", 0x534f434b, NULL);
    CHECK(s.st_ino != t.st_ino);
    CHECK_EQ(s.st_dev, t.st_dev);
    CHECK(s.st_dev != a.st_dev);
    t = check(OK(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)), S_IFSOCK | 0777, "socket:[%]", 0x534f434b, "flags:\t04002\n");
    CHECK(s.st_ino != t.st_ino);
    what = "epoll";
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = 0xabc};
    OK(epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &e));
    s = check(set, 0600, "anon_inode:[eventpoll]", 0x09041934, "tfd:        ");
    CHECK(s.st_dev != a.st_dev);
    what = "eventfd";
    t = check(OK(eventfd(5, EFD_SEMAPHORE)), 0600, "anon_inode:[eventfd]", 0x09041934, "eventfd-count:                5\neventfd-id: ");
    CHECK_EQ(s.st_dev, t.st_dev);
    what = "timerfd";
    check(OK(timerfd_create(CLOCK_MONOTONIC, 0)), 0600, "anon_inode:[timerfd]", 0x09041934, "clockid: 1\nticks: 0\nsettime flags: 00\nit_value: (0, 0)\nit_interval: (0, 0)\n");
    what = "signalfd";
    check(OK(signalfd(-1, &signals, 0)), 0600, "anon_inode:[signalfd]", 0x09041934, "sigmask:\t0000000000000200\n");
    what = "inotify";
    int watch = OK(inotify_init1(0));
    OK(inotify_add_watch(watch, "/", IN_CREATE));
    check(watch, 0600, "anon_inode:inotify", 0x09041934, "inotify wd:1 ino:");
    what = "memfd";
    check(OK(syscall(SYS_memfd_create, "some", 0)), S_IFREG | 0777, "/memfd:some (deleted)", 0x01021994, NULL);
    return 0;
}
