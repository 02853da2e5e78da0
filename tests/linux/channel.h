// What tests of channels share: one line for a message with bytes and descriptors.
#ifndef CHANNEL_H
#define CHANNEL_H
#include "harness.h"
#include <rvos.h>

// A new channel with the default bounds, or those given.
static H_UNUSED void ch_pair(int ends[2]) {
    OK(rvos_chan_create(ends, NULL, 0));
}

static H_UNUSED void ch_pair_of(int ends[2], unsigned messages, uint64_t bytes) {
    struct rvos_chan_create args = {.messages = messages, .bytes = bytes};
    OK(rvos_chan_create(ends, &args, sizeof args));
}

static H_UNUSED struct rvos_chan_part ch_part(const void *bytes, size_t len, const int *fds, size_t count) {
    return (struct rvos_chan_part){.bytes = (uintptr_t)bytes, .fds = (uintptr_t)fds, .bytes_len = len, .fds_len = count};
}

static H_UNUSED struct rvos_chan_room ch_room(void *bytes, size_t cap, int *fds, size_t count) {
    return (struct rvos_chan_room){.bytes = (uintptr_t)bytes, .fds = (uintptr_t)fds, .bytes_cap = cap, .fds_cap = count};
}

static H_UNUSED long ch_send(int fd, const void *bytes, size_t len, const int *fds, size_t count, unsigned flags) {
    struct rvos_chan_send args = {.part = ch_part(bytes, len, fds, count), .flags = flags};
    return rvos_chan_send(fd, &args, sizeof args);
}

static H_UNUSED long ch_recv(int fd, void *bytes, size_t cap, int *fds, size_t count, unsigned flags, struct rvos_chan_info *info) {
    struct rvos_chan_recv args = {.room = ch_room(bytes, cap, fds, count), .flags = flags};
    long n = rvos_chan_recv(fd, &args, sizeof args);
    if (info) *info = args.info;
    return n;
}

static H_UNUSED long ch_call(int fd, const void *bytes, size_t len, void *reply, size_t cap) {
    struct rvos_chan_call args = {.part = ch_part(bytes, len, NULL, 0), .room = ch_room(reply, cap, NULL, 0)};
    return rvos_chan_call(fd, &args, sizeof args);
}

// Answers `call` and returns.
static H_UNUSED long ch_reply(int fd, uint64_t call, const void *bytes, size_t len) {
    struct rvos_chan_reply_recv args = {.call = call, .part = ch_part(bytes, len, NULL, 0), .flags = RVOS_CHAN_REPLY_ONLY};
    long n = rvos_chan_reply_recv(fd, &args, sizeof args);
    return n < 0 ? n : args.replied;
}

// A child whose call through the first end was received at the second. It is to be ended, not answered.
static H_UNUSED pid_t ch_asked(const int ends[2], struct rvos_chan_info *info) {
    char text[16];
    pid_t client = h_fork();
    if (client == 0) {
        ch_call(ends[0], "ask", 3, text, sizeof text);
        _exit(1);
    }
    CHECK_EQ(ch_recv(ends[1], text, sizeof text, NULL, 0, 0, info), 3);
    return client;
}

// CLOCK_MONOTONIC now and `ms` later, as deadlines are given.
static H_UNUSED uint64_t ch_after_ms(unsigned ms) {
    struct timespec t;
    OK(clock_gettime(CLOCK_MONOTONIC, &t));
    return (uint64_t)t.tv_sec * 1000000000u + t.tv_nsec + ms * 1000000ull;
}
#endif
