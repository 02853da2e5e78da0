// Every native call through the generated header: structs, constants and prototypes are those that the kernel knows.
// calls: chan_create chan_send chan_recv chan_call chan_reply_recv fd_restrict spawn budget_create budget_limit budget_usage
// calls: budget_watch budget_kill budget_join svc_bind svc_accept svc_connect
// only: rvos
#include "../harness.h"
#include <fcntl.h>
#include <poll.h>
#include <rvos.h>
#include <sys/mount.h>

static struct rvos_chan_part part(const char *text) {
    return (struct rvos_chan_part){.bytes = (uintptr_t)text, .bytes_len = strlen(text)};
}

static struct rvos_chan_room room(char *bytes, size_t size) {
    return (struct rvos_chan_room){.bytes = (uintptr_t)bytes, .bytes_cap = size};
}

static void channels(void) {
    int ends[2];
    char bytes[16];
    struct rvos_chan_create bounds = {.messages = 1, .bytes = 1 << 20};
    OK(rvos_chan_create(ends, &bounds, sizeof bounds));
    struct rvos_chan_send send = {.part = part("one"), .flags = RVOS_CHAN_NONBLOCK};
    OK(rvos_chan_send(ends[0], &send, sizeof send));
    CHECK_ERRNO(rvos_chan_send(ends[0], &send, sizeof send), EAGAIN);
    struct rvos_chan_recv recv = {.room = room(bytes, sizeof bytes), .flags = RVOS_CHAN_NONBLOCK};
    CHECK_EQ(OK(rvos_chan_recv(ends[1], &recv, sizeof recv)), 3);
    CHECK(recv.info.bytes_len == 3 && recv.info.fds_len == 0 && recv.info.call == 0 && recv.info.process != 0);
    CHECK(!memcmp(bytes, "one", 3));
    CHECK_ERRNO(rvos_chan_recv(ends[1], &recv, sizeof recv), EAGAIN);

    pid_t server = h_fork();
    if (server == 0) {
        struct rvos_chan_recv first = {.room = room(bytes, sizeof bytes)};
        CHECK_EQ(OK(rvos_chan_recv(ends[1], &first, sizeof first)), 3);
        CHECK_EQ(first.info.reply_bytes, sizeof bytes);
        struct rvos_chan_reply_recv answer = {.call = first.info.call, .part = part("reply"), .flags = RVOS_CHAN_REPLY_ONLY};
        OK(rvos_chan_reply_recv(ends[1], &answer, sizeof answer));
        CHECK_EQ(answer.replied, 1);
        _exit(0);
    }
    struct rvos_chan_call call = {.part = part("ask"), .room = room(bytes, sizeof bytes)};
    CHECK_EQ(OK(rvos_chan_call(ends[0], &call, sizeof call)), 5);
    CHECK(call.bytes_len == 5 && !memcmp(bytes, "reply", 5));
    CHECK_EQ(h_wait(server), 0);

    CHECK_EQ(OK(rvos_fd_restrict(ends[1], RVOS_RIGHT_READ | RVOS_RIGHT_STAT)), RVOS_RIGHT_READ | RVOS_RIGHT_STAT);
    CHECK_ERRNO(rvos_chan_send(ends[1], &send, sizeof send), EBADF);
    OK(close(ends[0]));
    OK(close(ends[1]));
}

static long start(char *word, int budget) {
    char self[PATH_MAX] = {0}, *argv[] = {self, word, NULL}, *envp[] = {NULL};
    OK(readlink("/proc/self/exe", self, sizeof self - 1));
    struct rvos_spawn_fd fds[] = {{0, 0}, {1, 1}, {2, 2}};
    struct rvos_spawn_args args = {.flags = RVOS_SPAWN_NO_NEW_PRIVS | RVOS_SPAWN_NEW_SESSION,
                                   .path = (uintptr_t)self,
                                   .argv = (uintptr_t)argv,
                                   .envp = (uintptr_t)envp,
                                   .fds = (uintptr_t)fds,
                                   .fd_count = 3,
                                   .grants = RVOS_GRANT_POWER | RVOS_GRANT_MOUNT,
                                   .program = -1,
                                   .root = -1,
                                   .cwd = -1,
                                   .budget = budget};
    return rvos_spawn(&args, sizeof args);
}

// The status of a process, or minus the signal that ended it.
static int end(int fd) {
    siginfo_t info = {0};
    OK(waitid(3 /* P_PIDFD */, fd, &info, WEXITED));
    OK(close(fd));
    return info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
}

static void budgets(void) {
    struct rvos_budget_create create = {.limited = 1 << RVOS_BUDGET_PROCESSES, .weight = 200};
    create.limits[RVOS_BUDGET_PROCESSES] = 1;
    int budget = OK(rvos_budget_create(-1, &create, sizeof create));
    struct rvos_budget_watch watch = {.kind = RVOS_BUDGET_PROCESSES, .threshold = 1};
    OK(rvos_budget_watch(budget, &watch, sizeof watch));
    struct pollfd ready = {.fd = budget, .events = POLLIN};
    CHECK_EQ(poll(&ready, 1, 0), 0);
    int process = OK(start("wait", budget));
    CHECK_EQ(poll(&ready, 1, -1), 1);
    CHECK_ERRNO(start("wait", budget), EDQUOT);
    struct rvos_budget_usage usage;
    CHECK_EQ(OK(rvos_budget_usage(budget, &usage, sizeof usage)), sizeof usage);
    CHECK(usage.usage[RVOS_BUDGET_PROCESSES] == 1 && usage.limit[RVOS_BUDGET_PROCESSES] == 1 && usage.weight == 200);
    struct rvos_budget_limit limit = {.kind = RVOS_BUDGET_PROCESSES, .limit = 2};
    OK(rvos_budget_limit(budget, &limit, sizeof limit));
    OK(rvos_budget_usage(budget, &usage, sizeof usage));
    CHECK_EQ(usage.limit[RVOS_BUDGET_PROCESSES], 2);
    pid_t joins = h_fork();
    if (joins == 0) {
        OK(rvos_budget_join(budget));
        for (;;) pause();
    }
    while (OK(rvos_budget_usage(budget, &usage, sizeof usage)) && usage.processes < 2) sched_yield();
    OK(rvos_budget_kill(budget));
    CHECK_EQ(end(process), -SIGKILL);
    CHECK_EQ(h_wait(joins), SIGKILL);
    OK(close(budget));
}

static void services(void) {
    h_scratch();
    OK(mount("svc", h_dir, "svc", 0, NULL));
    int dir = OK(open(h_dir, O_RDONLY | O_DIRECTORY));
    struct rvos_svc_bind bind = {.connections = 1, .wait_ns = 1};
    int queue = OK(rvos_svc_bind(dir, "name", &bind, sizeof bind));
    struct rvos_svc_connect now = {.flags = RVOS_SVC_NONBLOCK};
    int client = OK(rvos_svc_connect(dir, "name", &now, sizeof now));
    CHECK_ERRNO(rvos_svc_connect(dir, "name", &now, sizeof now), EAGAIN);
    struct rvos_svc_peer peer;
    int service = OK(rvos_svc_accept(queue, &peer, sizeof peer, RVOS_SVC_NONBLOCK));
    CHECK(peer.pid == (uint32_t)getpid() && peer.uid == geteuid() && peer.budget != 0);
    CHECK_ERRNO(rvos_svc_accept(queue, &peer, sizeof peer, RVOS_SVC_NONBLOCK), EAGAIN);
    OK(close(client));
    OK(close(service));
    OK(close(queue));
    OK(close(dir));
    OK(umount2(h_dir, 0));
}

int main(int argc, char **argv) {
    if (argc > 1 && !strcmp(argv[1], "wait")) return pause();
    if (argc > 1) return atoi(argv[1]);
    channels();
    CHECK_EQ(end(OK(start("42", -1))), 42);
    budgets();
    services();
    return 0;
}
