// Ends of channels, sockets and sets of interests that wait in each other: what nobody can reach any more goes, and nothing else
// does.
// calls: chan_create chan_send chan_recv sendmsg svc_bind
// timeout: 120
// only: rvos
// budget: channels:max memory:max fds:max
#include "../channel.h"
#include "../socket/sock.h"
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mount.h>

enum { PAIRS = 500, ENDS = 2 * PAIRS };

static uint64_t seed;
static unsigned below(unsigned n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

// An end in its own queue can be received by nobody: it is closed, with what is beside it there.
static void smallest(void) {
    int e[2], watch[2];
    ch_pair(e);
    ch_pair(watch);
    int both[2] = {e[1], watch[1]};
    OK(ch_send(e[0], "x", 1, both, 2, 0));
    struct pollfd p = {.fd = watch[0], .events = POLLIN};
    CHECK_EQ(poll(&p, 1, 10000), 1);
    CHECK(p.revents & POLLHUP);
    CHECK_ERRNO(ch_send(e[0], "x", 1, NULL, 0, 0), EPIPE);
    OK(close(e[0])), OK(close(watch[0]));
}

// Two in each other's queue, with a way in: they stay as long as that.
static void two(void) {
    int a[2], b[2], out[2];
    ch_pair(a), ch_pair(b), ch_pair(out);
    OK(ch_send(a[0], "b", 1, &b[1], 1, 0));
    OK(ch_send(b[0], "a", 1, &a[1], 1, 0));
    // a's end waits in b's queue, b's in a's: nobody can receive from either.
    CHECK_ERRNO(ch_send(a[0], "", 0, NULL, 0, 0), EPIPE);
    OK(close(a[0]));
    OK(close(b[0]));
    // Through an end that is held they live on.
    ch_pair(a), ch_pair(b);
    OK(ch_send(b[0], "a", 1, &a[1], 1, 0));
    OK(ch_send(out[0], "b", 1, &b[1], 1, 0));
    OK(close(b[0]));
    OK(ch_send(a[0], "still", 5, NULL, 0, 0));
    int fd;
    char text[8] = {0};
    OK(ch_recv(out[1], text, sizeof text, &fd, 1, 0, NULL));
    int inner;
    OK(ch_recv(fd, text, sizeof text, &inner, 1, 0, NULL));
    CHECK_EQ(ch_recv(inner, text, sizeof text, NULL, 0, 0, NULL), 5);
    CHECK(!memcmp(text, "still", 5));
    OK(close(fd)), OK(close(inner)), OK(close(a[0])), OK(close(out[0])), OK(close(out[1]));
}

static void graph(unsigned number) {
    static int ends[ENDS];
    seed = number;
    for (int i = 0; i < PAIRS; i++) ch_pair(&ends[2 * i]);
    int left = ENDS;
    while (left > 0) {
        int what = below(ENDS), through = below(ENDS);
        if (ends[what] < 0) continue;
        if (below(8) == 0) {
            OK(close(ends[what]));
        } else if (through != what && ends[through] >= 0) {
            // A queue that is full or whose reader is gone refuses, and the end stays here.
            if (ch_send(ends[through], "", 0, &ends[what], 1, RVOS_CHAN_NONBLOCK) != 0) {
                CHECK(errno == EAGAIN || errno == EPIPE);
                if (below(4)) continue;
                OK(close(ends[what]));
            }
        } else {
            continue;
        }
        ends[what] = -1;
        left--;
    }
}

// A listener that waits in a connection that nobody has accepted from it.
static void backlog(void) {
    int listener = sock_listener(SOCK_STREAM, "@inflight", 4), client = OK(socket(AF_UNIX, SOCK_STREAM, 0)), watch[2];
    ch_pair(watch);
    OK(sock_connect(client, "@inflight"));
    int both[2] = {listener, watch[1]};
    CHECK_EQ(sock_send_fds(client, "x", 1, both, 2, 0), 1);
    OK(close(watch[1]));
    OK(close(listener));
    struct pollfd p = {.fd = watch[0], .events = POLLIN};
    CHECK_EQ(poll(&p, 1, 10000), 1);
    CHECK(p.revents & POLLHUP);
    int late = OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_ERRNO(sock_connect(late, "@inflight"), ECONNREFUSED);
    OK(close(late)), OK(close(client)), OK(close(watch[0]));
}

// A listen queue of a service that waits in a connection to it; then one that holds connections to another that holds it.
static void service(void) {
    char path[] = "/tmp/inflight.XXXXXX";
    OK(mkdtemp(path) ? 0 : -1);
    OK(mount("svc", path, "svc", 0, NULL));
    int dir = OK(open(path, O_RDONLY | O_DIRECTORY)), watch[2];
    int queue = OK(rvos_svc_bind(dir, "one", NULL, 0));
    int client = OK(openat(dir, "one", O_RDWR));
    ch_pair(watch);
    int both[2] = {queue, watch[1]};
    OK(ch_send(client, "x", 1, both, 2, 0));
    struct pollfd p = {.fd = watch[0], .events = POLLIN};
    CHECK_EQ(poll(&p, 1, 10000), 1);
    CHECK(p.revents & POLLHUP);
    CHECK_ERRNO(openat(dir, "one", O_RDWR), ECONNREFUSED);
    CHECK_ERRNO(ch_send(client, "x", 1, NULL, 0, 0), EPIPE);
    OK(close(client)), OK(close(watch[0]));
    // Each waits in a connection to the other; the clients are closed, and one queue is held: both live.
    int queues[2] = {OK(rvos_svc_bind(dir, "one", NULL, 0)), OK(rvos_svc_bind(dir, "two", NULL, 0))};
    int clients[2] = {OK(openat(dir, "one", O_RDWR)), OK(openat(dir, "two", O_RDWR))};
    int kept = OK(fcntl(queues[1], F_DUPFD_CLOEXEC, 0));
    OK(ch_send(clients[0], "two", 3, &queues[1], 1, 0));
    OK(ch_send(clients[1], "one", 3, &queues[0], 1, 0));
    OK(close(clients[0])), OK(close(clients[1]));
    int again = OK(openat(dir, "one", O_RDWR));
    OK(close(again));
    // They go with the one that is held.
    OK(close(kept));
    CHECK_ERRNO(openat(dir, "one", O_RDWR), ECONNREFUSED);
    CHECK_ERRNO(openat(dir, "two", O_RDWR), ECONNREFUSED);
    OK(close(dir));
    OK(umount(path));
    OK(rmdir(path));
}

// Sends a descriptor, by moving or by copying it, through an end of a channel or a socket. False: it is refused.
static int send_mixed(int through, int what, int is_channel) {
    if (is_channel && below(2)) return ch_send(through, "", 0, &what, 1, RVOS_CHAN_NONBLOCK) == 0;
    if (sock_send_fds(through, "m", 1, &what, 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1) return 0;
    OK(close(what));
    return 1;
}

// The same of channels, sockets of all kinds, and sets that watch them.
static void mixed(unsigned number) {
    enum { SETS = 100, ALL = ENDS - ENDS % 4 };
    static int fds[ALL + SETS], channel[ALL + SETS];
    static const int kinds[3] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    seed = number;
    for (int i = 0; i < ALL; i += 2) {
        channel[i] = channel[i + 1] = i % 4 == 0;
        if (channel[i]) ch_pair(&fds[i]);
        else OK(socketpair(AF_UNIX, kinds[i / 4 % 3], 0, &fds[i]));
    }
    for (int i = ALL; i < ALL + SETS; i++) {
        fds[i] = OK(epoll_create1(EPOLL_CLOEXEC));
        struct epoll_event e = {.events = EPOLLIN | EPOLLET};
        for (int n = 0; n < 10; n++)
            if (epoll_ctl(fds[i], EPOLL_CTL_ADD, fds[below(ALL)], &e) != 0) CHECK_EQ(errno, EEXIST);
    }
    for (int left = ALL + SETS; left > 0;) {
        int what = below(ALL + SETS), through = below(ALL);
        if (fds[what] < 0) continue;
        if (below(8) == 0) {
            OK(close(fds[what]));
        } else if (through != what && fds[through] >= 0) {
            if (!send_mixed(fds[through], fds[what], channel[through])) {
                CHECK(errno == EAGAIN || errno == EPIPE || errno == ECONNREFUSED || errno == ENOTCONN || errno == ECONNRESET);
                if (below(4)) continue;
                OK(close(fds[what]));
            }
        } else {
            continue;
        }
        fds[what] = -1;
        left--;
    }
}

int main(void) {
    struct rlimit files = {.rlim_cur = 4096, .rlim_max = 4096};
    OK(setrlimit(RLIMIT_NOFILE, &files));
    smallest();
    two();
    backlog();
    service();
    for (unsigned n = 0; n < 3; n++) graph(n), mixed(n);
    pid_t children[4];
    for (int i = 0; i < 4; i++)
        if ((children[i] = h_fork()) == 0) {
            graph(100 + i), mixed(200 + i);
            _exit(0);
        }
    for (int i = 0; i < 4; i++) h_join(children[i]);
    return 0;
}
