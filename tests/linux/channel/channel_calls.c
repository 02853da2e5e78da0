// Calls on channels: a reply reaches its caller, a caller that leaves makes its reply void, and a server that goes answers
// with an error: EPIPE if nobody took the request, ECONNRESET if somebody had.
// calls: chan_create chan_call chan_recv chan_reply_recv
// only: rvos
#include "../channel.h"

static void serve(int fd, int count) {
    char buffer[64];
    struct rvos_chan_reply_recv args = {.room = ch_room(buffer, sizeof buffer, NULL, 0)};
    for (int i = 0; i < count; i++) {
        long n = OK(rvos_chan_reply_recv(fd, &args, sizeof args));
        CHECK_EQ(args.replied, i != 0);
        CHECK_EQ(args.info.bytes_len, n);
        CHECK(args.info.call != 0 && args.info.reply_bytes == 64);
        for (long at = 0; at < n; at++) buffer[at]++;
        args.call = args.info.call;
        args.part = ch_part(buffer, n, NULL, 0);
    }
    args.flags = RVOS_CHAN_REPLY_ONLY;
    OK(rvos_chan_reply_recv(fd, &args, sizeof args));
    CHECK_EQ(args.replied, 1);
}

static void round_trips(void) {
    int e[2];
    ch_pair(e);
    pid_t child = h_fork();
    if (child == 0) {
        OK(close(e[0]));
        serve(e[1], 500);
        _exit(0);
    }
    OK(close(e[1]));
    for (int i = 0; i < 500; i++) {
        char text[8] = {'a' + i % 20, 'b', 'c'}, reply[64];
        CHECK_EQ(ch_call(e[0], text, 3, reply, sizeof reply), 3);
        CHECK(reply[0] == 'b' + i % 20 && reply[1] == 'c' && reply[2] == 'd');
    }
    char reply[64];
    // Whoever served is gone, or goes at this moment.
    long n = ch_call(e[0], "x", 1, reply, sizeof reply);
    CHECK(n == -1 && (errno == EPIPE || errno == ECONNRESET));
    CHECK_EQ(h_wait(child), 0);
    CHECK_ERRNO(ch_call(e[0], "x", 1, reply, sizeof reply), EPIPE);
    OK(close(e[0]));
}

static void deadline_and_late_reply(void) {
    int e[2];
    ch_pair(e);
    char reply[16], request[16];
    struct rvos_chan_call args = {.part = ch_part("ask", 3, NULL, 0), .room = ch_room(reply, 16, NULL, 0)};
    args.deadline_ns = ch_after_ms(10);
    CHECK_ERRNO(rvos_chan_call(e[0], &args, sizeof args), ETIMEDOUT);
    // Nobody had taken it: it left the queue with its caller.
    CHECK_ERRNO(ch_recv(e[1], request, 16, NULL, 0, RVOS_CHAN_NONBLOCK, NULL), EAGAIN);
    pid_t child = h_fork();
    if (child == 0) {
        args.call = 0;
        args.deadline_ns = ch_after_ms(30);
        CHECK_ERRNO(rvos_chan_call(e[0], &args, sizeof args), ETIMEDOUT);
        _exit(0);
    }
    struct rvos_chan_info info;
    CHECK_EQ(ch_recv(e[1], request, 16, NULL, 0, 0, &info), 3);
    CHECK_EQ(h_wait(child), 0);
    CHECK_EQ(ch_reply(e[1], info.call, "late", 4), 0);
    CHECK_EQ(ch_reply(e[1], 12345678, "never", 5), 0);
    OK(close(e[0]));
    OK(close(e[1]));
}

static void server_dies(void) {
    for (int taken = 0; taken < 3; taken++) {
        int e[2];
        ch_pair(e);
        pid_t server = h_fork();
        if (server == 0) {
            OK(close(e[0]));
            char request[16];
            if (taken) CHECK_EQ(ch_recv(e[1], request, 16, NULL, 0, 0, NULL), 3);
            for (;;) pause();
        }
        // With 2 an end stays open elsewhere: it is the process that is gone.
        if (taken != 2) OK(close(e[1]));
        pid_t client = h_fork();
        if (client == 0) {
            char reply[16];
            CHECK_ERRNO(ch_call(e[0], "ask", 3, reply, 16), taken ? ECONNRESET : EPIPE);
            _exit(0);
        }
        h_until_asleep(client, client);
        if (taken) h_until_asleep(server, server);
        OK(kill(server, SIGKILL));
        CHECK_EQ(h_wait(client), 0);
        CHECK_EQ(h_wait(server), SIGKILL);
        OK(close(e[0]));
        if (taken == 2) OK(close(e[1]));
    }
}

static volatile int handled;
static void on_signal(int signal) {
    handled += signal == SIGUSR1;
}

static void a_signal_does_not_end_it(void) {
    int e[2];
    ch_pair(e);
    pid_t client = h_fork();
    if (client == 0) {
        h_on_signal(SIGUSR1, on_signal, 0);
        char reply[16];
        CHECK_EQ(ch_call(e[0], "ask", 3, reply, 16), 5);
        CHECK(!memcmp(reply, "reply", 5));
        _exit(handled);
    }
    char request[16];
    struct rvos_chan_info info;
    h_until_asleep(client, client);
    for (int i = 0; i < 2; i++) {
        // While the request waits, and after it was taken.
        OK(kill(client, SIGUSR1));
        h_until_asleep(client, client);
        if (i == 0) CHECK_EQ(ch_recv(e[1], request, 16, NULL, 0, 0, &info), 3);
    }
    CHECK_ERRNO(ch_recv(e[1], request, 16, NULL, 0, RVOS_CHAN_NONBLOCK, NULL), EAGAIN);
    CHECK_EQ(ch_reply(e[1], info.call, "reply", 5), 1);
    int status = h_wait(client);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) >= 1);
    OK(close(e[0]));
    OK(close(e[1]));
}

static struct rvos_chan_call narrow;
static void less_room(int signal) {
    handled += signal == SIGUSR1;
    narrow.room.fds_cap = 1;
    narrow.room.bytes_cap = 4;
}

// A call that goes on after a signal has the room that it began with, or does not go on.
static void goes_on_with_its_room(void) {
    int e[2], fds[4], got[4] = {-1, -1, -1, -1};
    char text[200], reply[200];
    ch_pair(e);
    pid_t client = h_fork();
    if (client == 0) {
        h_on_signal(SIGUSR1, less_room, 0);
        memset(reply, 'x', sizeof reply);
        narrow = (struct rvos_chan_call){.part = ch_part("ask", 3, NULL, 0), .room = ch_room(reply, sizeof reply, got, 4)};
        CHECK_ERRNO(rvos_chan_call(e[0], &narrow, sizeof narrow), EMSGSIZE);
        CHECK(narrow.call != 0);
        narrow.room = ch_room(reply, sizeof reply, got, 4);
        CHECK_EQ(rvos_chan_call(e[0], &narrow, sizeof narrow), sizeof reply);
        for (int i = 0; i < 4; i++) OK(close(got[i]));
        CHECK_EQ(reply[199], 'r');
        _exit(handled);
    }
    h_until_asleep(client, client);
    struct rvos_chan_info info;
    CHECK_EQ(ch_recv(e[1], text, sizeof text, NULL, 0, 0, &info), 3);
    OK(kill(client, SIGUSR1));
    h_until_asleep(client, client);
    for (int i = 0; i < 4; i++) fds[i] = OK(dup(0));
    memset(text, 'r', sizeof text);
    struct rvos_chan_reply_recv answer = {
        .call = info.call, .part = ch_part(text, sizeof text, fds, 4), .flags = RVOS_CHAN_REPLY_ONLY};
    OK(rvos_chan_reply_recv(e[1], &answer, sizeof answer));
    CHECK_EQ(answer.replied, 1);
    int status = h_wait(client);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    OK(close(e[0]));
    OK(close(e[1]));
}

static void exec_self(int signal) {
    execl("/proc/self/exe", "channel_calls", signal == SIGUSR1 ? "sleep" : "other", NULL);
    _exit(1);
}

// What was called before an exec, nobody goes on waiting for.
static void ends_at_exec(void) {
    int e[2];
    ch_pair(e);
    struct rvos_chan_info info;
    h_on_signal(SIGUSR1, exec_self, 0);
    pid_t client = ch_asked(e, &info);
    h_until_asleep(client, client);
    OK(kill(client, SIGUSR1));
    char link[64], here[64] = "";
    snprintf(link, sizeof link, "/proc/%d/cmdline", client);
    while (strcmp(here, "channel_calls") != 0 || strcmp(here + sizeof "channel_calls", "sleep") != 0) {
        memset(here, 0, sizeof here);
        int fd = OK(open(link, O_RDONLY));
        OK(read(fd, here, sizeof here - 1));
        OK(close(fd));
        sched_yield();
    }
    h_until_asleep(client, client);
    CHECK_EQ(ch_reply(e[1], info.call, "late", 4), 0);
    OK(kill(client, SIGKILL));
    CHECK_EQ(h_wait(client), SIGKILL);
    OK(close(e[0]));
    OK(close(e[1]));
}

static void killed_caller(void) {
    int e[2];
    char request[16];
    ch_pair(e);
    struct rvos_chan_info info;
    pid_t client = ch_asked(e, &info);
    OK(kill(client, SIGKILL));
    CHECK_EQ(h_wait(client), SIGKILL);
    CHECK_EQ(ch_reply(e[1], info.call, "late", 4), 0);
    // A reply that is too large is the server's mistake: the call stays open.
    client = h_fork();
    if (client == 0) {
        char reply[16];
        CHECK_EQ(ch_call(e[0], "ask", 3, reply, 4), 4);
        _exit(0);
    }
    CHECK_EQ(ch_recv(e[1], request, 16, NULL, 0, 0, &info), 3);
    CHECK_EQ(info.reply_bytes, 4);
    CHECK_ERRNO(ch_reply(e[1], info.call, "reply", 5), EMSGSIZE);
    CHECK_ERRNO(ch_reply(e[1], info.call, h_bad, 4), EFAULT);
    CHECK_EQ(ch_reply(e[1], info.call, "repl", 4), 1);
    CHECK_EQ(h_wait(client), 0);
    OK(close(e[0]));
    OK(close(e[1]));
}

// Replying and receiving in one: what cannot be delivered goes back to the front, and the reply before it is not sent again.
static void what_fails_goes_back(void) {
    int e[2];
    ch_pair(e);
    pid_t client = h_fork();
    if (client == 0) {
        char reply[128], large[100] = "large";
        CHECK_EQ(ch_call(e[0], "one", 3, reply, 16), 3);
        CHECK_EQ(ch_call(e[0], "two", 3, reply, 2), 2);
        CHECK_EQ(ch_call(e[0], large, sizeof large, reply, sizeof reply), 100);
        _exit(0);
    }
    char buffer[128] = "";
    struct rvos_chan_reply_recv args = {.room = ch_room(h_bad, 64, NULL, 0)};
    CHECK_ERRNO(rvos_chan_reply_recv(e[1], &args, sizeof args), EFAULT);
    CHECK_ERRNO(rvos_chan_reply_recv(e[1], &args, sizeof args), EFAULT);
    args.room = ch_room(buffer, 2, NULL, 0);
    CHECK_ERRNO(rvos_chan_reply_recv(e[1], &args, sizeof args), EMSGSIZE);
    args.room = ch_room(buffer, sizeof buffer, NULL, 0);
    CHECK_EQ(rvos_chan_reply_recv(e[1], &args, sizeof args), 3);
    CHECK(memcmp(buffer, "one", 3) == 0 && args.info.reply_bytes == 16);
    // The reply is sent, the next request stays.
    args.call = args.info.call, args.part = ch_part("eno", 3, NULL, 0), args.room = ch_room(h_bad, 64, NULL, 0);
    CHECK_ERRNO(rvos_chan_reply_recv(e[1], &args, sizeof args), EFAULT);
    CHECK(args.call == 0 && args.replied == 1);
    args.room = ch_room(buffer, sizeof buffer, NULL, 0);
    CHECK_EQ(rvos_chan_reply_recv(e[1], &args, sizeof args), 3);
    CHECK(memcmp(buffer, "two", 3) == 0 && args.info.reply_bytes == 2);
    // A reply that is too large sends and receives nothing.
    args.call = args.info.call;
    CHECK_ERRNO(rvos_chan_reply_recv(e[1], &args, sizeof args), EMSGSIZE);
    args.part = ch_part("ow", 2, NULL, 0);
    CHECK_EQ(rvos_chan_reply_recv(e[1], &args, sizeof args), 100);
    CHECK(args.replied == 1 && strcmp(buffer, "large") == 0);
    CHECK_EQ(ch_reply(e[1], args.info.call, buffer, 100), 1);
    CHECK_EQ(h_wait(client), 0);
    OK(close(e[0]));
    OK(close(e[1]));
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "sleep") == 0) return pause();
    round_trips();
    what_fails_goes_back();
    deadline_and_late_reply();
    server_dies();
    a_signal_does_not_end_it();
    goes_on_with_its_room();
    ends_at_exec();
    killed_caller();
    return 0;
}
