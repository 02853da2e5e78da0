// Rows of channels, which Linux has not. A call's operation is a round trip between two processes.
#include "bench.h"
#include <rvos.h>
#include <sys/resource.h>

// The way in and out for a number behind all calls.
static int64_t native_null(long n, int arg) {
    (void)arg;
    int ends[2];
    need(rvos_chan_create(ends, NULL, 0));
    close(ends[0]), close(ends[1]);
    return TIMED(n, syscall(0x1fff));
}

static void serve(int fd, int with_fd) {
    char buffer[32];
    int got = -1;
    struct rvos_chan_reply_recv args = {
        .room = {.bytes = (uintptr_t)buffer, .bytes_cap = sizeof buffer, .fds = (uintptr_t)&got, .fds_cap = 1},
    };
    while (rvos_chan_reply_recv(fd, &args, sizeof args) >= 0) {
        args.call = args.info.call;
        args.part = (struct rvos_chan_part){.bytes = (uintptr_t)buffer, .bytes_len = 32};
        if (with_fd) args.part.fds = (uintptr_t)&got, args.part.fds_len = 1;
    }
    _exit(0);
}

// 32 bytes there and back; with a descriptor that goes along, if asked for.
static int64_t chan_call(long n, int with_fd) {
    int ends[2], fd = dup(0);
    need(rvos_chan_create(ends, NULL, 0));
    pid_t child = bench_fork();
    if (child == 0) {
        close(ends[0]);
        serve(ends[1], with_fd);
    }
    close(ends[1]);
    char buffer[32] = "request";
    struct rvos_chan_call args = {
        .part = {.bytes = (uintptr_t)buffer, .bytes_len = sizeof buffer, .fds = (uintptr_t)&fd, .fds_len = with_fd},
        .room = {.bytes = (uintptr_t)buffer, .bytes_cap = sizeof buffer, .fds = (uintptr_t)&fd, .fds_cap = with_fd},
    };
    int64_t spent = TIMED(n, need(rvos_chan_call(ends[0], &args, sizeof args)));
    close(ends[0]), close(fd);
    reap(child);
    return spent;
}

// One message of 32 bytes through a queue within one process.
static int64_t chan_send_recv(long n, int arg) {
    (void)arg;
    int ends[2];
    need(rvos_chan_create(ends, NULL, 0));
    char buffer[32] = "message";
    struct rvos_chan_send send = {.part = {.bytes = (uintptr_t)buffer, .bytes_len = sizeof buffer}};
    struct rvos_chan_recv receive = {.room = {.bytes = (uintptr_t)buffer, .bytes_cap = sizeof buffer}};
    int64_t spent = TIMED(n, {
        need(rvos_chan_send(ends[0], &send, sizeof send));
        need(rvos_chan_recv(ends[1], &receive, sizeof receive));
    });
    close(ends[0]), close(ends[1]);
    return spent;
}

// Create and close a channel beside `others`.
static int64_t chan_create_close(long n, int others) {
    static int kept[10000][2];
    struct rlimit limit = {65536, 65536};
    need(setrlimit(RLIMIT_NOFILE, &limit));
    int ends[2];
    for (int i = 0; i < others; i++) need(rvos_chan_create(kept[i], NULL, 0));
    int64_t spent = TIMED(n, {
        need(rvos_chan_create(ends, NULL, 0));
        close(ends[0]);
        close(ends[1]);
    });
    for (int i = 0; i < others; i++) close(kept[i][0]), close(kept[i][1]);
    return spent;
}

const struct row channel_rows[] = {
    {"native_null", 2000, native_null, 0},
    {"chan_call", 1000, chan_call, 0},
    {"chan_call_fd", 1000, chan_call, 1},
    {"chan_send_recv", 1000, chan_send_recv, 0},
    {"chan_create_close", 500, chan_create_close, 0},
    {"beside_10_channels", 500, chan_create_close, 10},
    {"beside_1000_channels", 500, chan_create_close, 1000},
    {"beside_10000_channels", 500, chan_create_close, 10000},
    {},
};
