// After a chan_call that failed, `call` says who has the request's descriptors: 0, the caller still does, all of them; else the
// request has left with them, and they are closed with it. The same error comes in both cases.
// calls: chan_create chan_call chan_recv chan_send chan_reply_recv
// only: rvos
#include "../channel.h"

#define MOST 3

static int fds[MOST], witness;

// Pipes' writing ends, whose common reading end tells when the last one is closed.
static void make(void) {
    int p[2];
    OK(pipe(p));
    witness = p[0];
    fds[0] = p[1];
    for (int i = 1; i < MOST; i++) fds[i] = OK(dup(p[1]));
}

static int open_ones(void) {
    int count = 0;
    for (int i = 0; i < MOST; i++) count += fcntl(fds[i], F_GETFD) >= 0;
    return count;
}

// It failed before the request has left.
static void kept(const struct rvos_chan_call *args) {
    CHECK_EQ(args->call, 0);
    CHECK_EQ(open_ones(), MOST);
    for (int i = 0; i < MOST; i++) OK(close(fds[i]));
    OK(close(witness));
}

// It failed after that: nobody has them any more.
static void left(const struct rvos_chan_call *args, int count) {
    char byte;
    CHECK(args->call != 0);
    CHECK_EQ(open_ones(), MOST - count);
    for (int i = count; i < MOST; i++) OK(close(fds[i]));
    CHECK_EQ(read(witness, &byte, 1), 0);
    OK(close(witness));
}

static struct rvos_chan_call request(int count) {
    make();
    return (struct rvos_chan_call){.part = ch_part("ask", 3, fds, count)};
}

static void before_it_leaves(void) {
    int e[2];
    ch_pair_of(e, 1, 0);
    struct rvos_chan_call args = request(MOST);
    args.part.fds_len = MOST + 1;
    args.part.fds = (uintptr_t)(int[]){fds[0], fds[1], fds[2], 900};
    CHECK_ERRNO(rvos_chan_call(e[0], &args, sizeof args), EBADF);
    kept(&args);
    OK(ch_send(e[0], "full", 4, NULL, 0, 0));
    args = request(MOST);
    args.deadline_ns = ch_after_ms(5);
    CHECK_ERRNO(rvos_chan_call(e[0], &args, sizeof args), ETIMEDOUT);
    kept(&args);
    args = request(1);
    args.flags = RVOS_CHAN_NONBLOCK;
    CHECK_ERRNO(rvos_chan_call(e[0], &args, sizeof args), EAGAIN);
    kept(&args);
    OK(close(e[1]));
    for (int count = 1; count <= MOST; count += MOST - 1) {
        args = request(count);
        CHECK_ERRNO(rvos_chan_call(e[0], &args, sizeof args), EPIPE);
        kept(&args);
    }
    OK(close(e[0]));
}

// The server ends with the request in its queue (EPIPE), or taken (ECONNRESET).
static void server_goes(int taken, int count) {
    int e[2];
    ch_pair(e);
    pid_t server = h_fork();
    if (server == 0) {
        OK(close(e[0]));
        char text[8];
        int got[MOST];
        if (taken) CHECK_EQ(ch_recv(e[1], text, 8, got, MOST, 0, NULL), 3);
        else h_until_asleep(getppid(), getppid());
        _exit(0);
    }
    OK(close(e[1]));
    struct rvos_chan_call args = request(count);
    CHECK_ERRNO(rvos_chan_call(e[0], &args, sizeof args), taken ? ECONNRESET : EPIPE);
    left(&args, count);
    CHECK_EQ(h_wait(server), 0);
    OK(close(e[0]));
}

static void deadline(int count) {
    int e[2];
    ch_pair(e);
    struct rvos_chan_call args = request(count);
    args.deadline_ns = ch_after_ms(5);
    CHECK_ERRNO(rvos_chan_call(e[0], &args, sizeof args), ETIMEDOUT);
    left(&args, count);
    for (int end = 0; end < 2; end++) OK(close(e[end]));
}

// The reply has no place: it is destroyed, and the request was taken.
static void no_place_for_the_reply(int count, size_t len) {
    int e[2];
    ch_pair(e);
    pid_t server = h_fork();
    if (server == 0) {
        OK(close(e[0]));
        static char text[2000];
        int got[MOST];
        struct rvos_chan_info info;
        CHECK_EQ(ch_recv(e[1], text, 8, got, MOST, 0, &info), 3);
        CHECK_EQ(ch_reply(e[1], info.call, text, len), 1);
        _exit(0);
    }
    OK(close(e[1]));
    struct rvos_chan_call args = request(count);
    args.room = ch_room(h_bad, len, NULL, 0);
    CHECK_ERRNO(rvos_chan_call(e[0], &args, sizeof args), EFAULT);
    CHECK_EQ(h_wait(server), 0);
    left(&args, count);
    OK(close(e[0]));
}

// A reply is gone in either case: also to a caller that has left.
static void late_reply(int count) {
    int e[2];
    ch_pair(e);
    struct rvos_chan_info info;
    pid_t client = ch_asked(e, &info);
    OK(kill(client, SIGKILL));
    CHECK_EQ(h_wait(client), SIGKILL);
    make();
    struct rvos_chan_reply_recv args = {.call = info.call, .part = ch_part("late", 4, fds, count), .flags = RVOS_CHAN_REPLY_ONLY};
    OK(rvos_chan_reply_recv(e[1], &args, sizeof args));
    CHECK_EQ(args.replied, 0);
    CHECK_EQ(open_ones(), MOST - count);
    for (int i = count; i < MOST; i++) OK(close(fds[i]));
    OK(close(witness));
    for (int end = 0; end < 2; end++) OK(close(e[end]));
}

int main(void) {
    before_it_leaves();
    for (int count = 1; count <= MOST; count += MOST - 1) {
        server_goes(0, count);
        server_goes(1, count);
        deadline(count);
        no_place_for_the_reply(count, 8);
        no_place_for_the_reply(count, 2000);
        late_reply(count);
    }
    return 0;
}
