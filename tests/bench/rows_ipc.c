// Rows of two or more processes that exchange bytes. A ping-pong operation is a round trip, a ring's a hop.
#include "bench.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

enum kind { PIPE, UNIX, TCP, EVENT };

static void tcp_pair(int ends[2]) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int one = 1, listener = need(socket(AF_INET, SOCK_STREAM, 0));
    need(bind(listener, (void *)&address, sizeof address));
    need(listen(listener, 1));
    need(getsockname(listener, (void *)&address, &length));
    ends[0] = need(socket(AF_INET, SOCK_STREAM, 0));
    need(connect(ends[0], (void *)&address, sizeof address));
    ends[1] = need(accept(listener, NULL, NULL));
    for (int i = 0; i < 2; i++) setsockopt(ends[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    close(listener);
}

// What the parent writes and reads, and what the child reads and writes.
struct wires { int parent_out, parent_in, child_in, child_out; };

static struct wires connect_pair(enum kind kind) {
    int a[2], b[2];
    if (kind == EVENT) {
        a[0] = need(eventfd(0, 0)), b[0] = need(eventfd(0, 0));
        return (struct wires){a[0], b[0], a[0], b[0]};
    }
    if (kind == PIPE) {
        need(pipe(a)), need(pipe(b));
        return (struct wires){a[1], b[0], a[0], b[1]};
    }
    if (kind == UNIX) need(socketpair(AF_UNIX, SOCK_STREAM, 0, a));
    else tcp_pair(a);
    return (struct wires){a[0], a[0], a[1], a[1]};
}

static int64_t pingpong(long n, int kind) {
    struct wires w = connect_pair(kind);
    uint64_t value = 1;
    int size = kind == EVENT ? 8 : 1;
    pid_t child = bench_fork();
    if (child == 0) {
        while (read(w.child_in, &value, size) == size && write(w.child_out, &value, size) == size) {}
        _exit(0);
    }
    int64_t spent = TIMED(n, need(write(w.parent_out, &value, size)); need(read(w.parent_in, &value, size)));
    kill(child, SIGKILL);
    reap(child);
    return spent;
}

static int64_t eventfd_rw(long n, int arg) {
    (void)arg;
    uint64_t value = 1;
    int fd = need(eventfd(0, 0));
    return TIMED(n, need(write(fd, &value, 8)); need(read(fd, &value, 8)));
}

// One operation is 64 KiB, written at once and read as it comes.
static int64_t bandwidth(long n, int kind) {
    char *buffer = scratch(KIB64);
    memset(buffer, 1, KIB64);
    struct wires w = connect_pair(kind);
    pid_t child = bench_fork();
    if (child == 0) {
        for (;;)
            if (write(w.child_out, buffer, KIB64) <= 0) _exit(0);
    }
    close(w.child_out);
    for (long skip = 0; skip < KIB64;) skip += need(read(w.parent_in, buffer, KIB64));
    int64_t start = now();
    for (int64_t left = (int64_t)n * KIB64; left > 0;) left -= need(read(w.parent_in, buffer, KIB64));
    int64_t spent = now() - start;
    kill(child, SIGKILL);
    reap(child);
    return spent;
}

static int64_t tcp_connect(long n, int arg) {
    (void)arg;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = need(socket(AF_INET, SOCK_STREAM, 0));
    need(bind(listener, (void *)&address, sizeof address));
    need(listen(listener, 16));
    need(getsockname(listener, (void *)&address, &length));
    struct linger reset = {1, 0}; // no state stays behind
    return TIMED(n, {
        int client = need(socket(AF_INET, SOCK_STREAM, 0));
        need(connect(client, (void *)&address, sizeof address));
        int server = need(accept(listener, NULL, NULL));
        setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(client);
        close(server);
    });
}

// `members` processes pass one byte round; the parent is one of them.
static int64_t ring(long n, int members) {
    int pipes[32][2];
    char byte = 1;
    for (int i = 0; i < members; i++) need(pipe(pipes[i]));
    for (int i = 1; i < members; i++)
        if (bench_fork() == 0) {
            while (read(pipes[i - 1][0], &byte, 1) == 1 && write(pipes[i][1], &byte, 1) == 1) {}
            _exit(0);
        }
    long turns = n / members + 1;
    int64_t spent = TIMED(turns, need(write(pipes[0][1], &byte, 1)); need(read(pipes[members - 1][0], &byte, 1)));
    return spent * n / (turns * members);
}

const struct row ipc_rows[] = {
    {"pipe_pingpong", 400, pingpong, PIPE},  {"unix_pingpong", 300, pingpong, UNIX},     {"tcp_pingpong", 200, pingpong, TCP},
    {"eventfd_pingpong", 400, pingpong, EVENT}, {"eventfd_rw", 2000, eventfd_rw, 0},     {"pipe_bw_64k", 200, bandwidth, PIPE},
    {"unix_bw_64k", 200, bandwidth, UNIX},   {"tcp_bw_64k", 200, bandwidth, TCP},        {"tcp_connect", 100, tcp_connect, 0},
    {"ring_2", 1000, ring, 2},               {"ring_8", 1000, ring, 8},                  {"ring_32", 1600, ring, 32},
    {0},
};
