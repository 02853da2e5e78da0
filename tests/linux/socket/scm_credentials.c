// unix(7), SO_PASSCRED, SCM_CREDENTIALS, SO_PEERCRED: who sent a message and who is at the other end; nobody may say that he is
// somebody else without the capability.
// calls: sendmsg recvmsg setsockopt getsockopt socketpair
#include "sock.h"

static ssize_t send_creds(int fd, struct ucred creds) {
    union {
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
        struct cmsghdr header;
    } control = {0};
    control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof creds), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_CREDENTIALS};
    memcpy(CMSG_DATA(&control.header), &creds, sizeof creds);
    struct iovec iov = {"c", 1};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    return sendmsg(fd, &m, 0);
}

static void pass(int kind) {
    int s[2], on = 1;
    char buf[16];
    OK(socketpair(AF_UNIX, kind, 0, s));
    CHECK_EQ(sock_option(s[1], SO_PASSCRED), 0);
    OK(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
    CHECK_EQ(sock_option(s[1], SO_PASSCRED), 1);
    CHECK_EQ(write(s[0], "a", 1), 1);
    pid_t child = h_fork();
    if (child == 0) {
        CHECK_EQ(write(s[0], "b", 1), 1);
        _exit(0);
    }
    h_join(child);
    CHECK_EQ(write(s[0], "c", 1), 1);
    // Another sender's bytes are not added, in a stream neither.
    struct sock_got got = sock_recv_fds(s[1], buf, sizeof buf, 0, 0);
    CHECK_EQ(got.len, 1);
    CHECK(got.has_creds);
    CHECK_EQ(got.creds.pid, getpid());
    CHECK_EQ(got.creds.uid, getuid());
    CHECK_EQ(got.creds.gid, getgid());
    got = sock_recv_fds(s[1], buf, sizeof buf, 0, 0);
    CHECK_EQ(got.len, 1);
    CHECK_EQ(got.creds.pid, child);
    // No room for them is told.
    struct iovec iov = {buf, sizeof buf};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
    CHECK_EQ(recvmsg(s[1], &m, 0), 1);
    CHECK(m.msg_flags & MSG_CTRUNC);
    // Descriptors and credentials together.
    int fd = 0;
    CHECK_EQ(sock_send_fds(s[0], "f", 1, &fd, 1, 0), 1);
    got = sock_recv_fds(s[1], buf, sizeof buf, 1, 0);
    CHECK_EQ(got.count, 1);
    CHECK(got.has_creds);
    OK(close(got.fds[0]));
    OK(close(s[0])), OK(close(s[1]));
}

static void claims(void) {
    int s[2], on = 1;
    char byte;
    OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
    OK(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
    // Root may claim what it wants, as long as there is such a process.
    struct ucred other = {.pid = getppid(), .uid = 77, .gid = 78};
    CHECK_EQ(send_creds(s[0], other), 1);
    struct sock_got got = sock_recv_fds(s[1], &byte, 1, 0, 0);
    CHECK_EQ(got.creds.pid, getppid());
    CHECK_EQ(got.creds.uid, 77);
    CHECK_EQ(got.creds.gid, 78);
    IN_CHILD({
        h_drop_to(1234);
        struct ucred mine = {.pid = getpid(), .uid = 1234, .gid = 1234};
        CHECK_EQ(send_creds(s[0], mine), 1);
        mine.uid = 0;
        CHECK_ERRNO(send_creds(s[0], mine), EPERM);
        mine.uid = 1234, mine.gid = 0;
        CHECK_ERRNO(send_creds(s[0], mine), EPERM);
        mine.gid = 1234, mine.pid = getppid();
        CHECK_ERRNO(send_creds(s[0], mine), EPERM);
    });
    OK(close(s[0])), OK(close(s[1]));
}

static struct ucred peer(int fd) {
    struct ucred c;
    socklen_t len = sizeof c;
    OK(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &len));
    CHECK_EQ(len, sizeof c);
    return c;
}

static void peers(void) {
    int s[2];
    OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_EQ(peer(s[0]).pid, getpid());
    CHECK_EQ(peer(s[1]).uid, geteuid());
    OK(close(s[0])), OK(close(s[1]));
    int fresh = OK(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_EQ(peer(fresh).pid, 0);
    CHECK_EQ(peer(fresh).uid, -1u);
    OK(close(fresh));
    h_scratch();
    int listener = sock_listener(SOCK_STREAM, "name", 4);
    OK(chmod("name", 0777));
    OK(chmod(".", 0777));
    int ready[2];
    OK(pipe(ready));
    pid_t child = h_fork();
    if (child == 0) {
        h_drop_to(4321);
        int c = OK(socket(AF_UNIX, SOCK_STREAM, 0));
        OK(sock_connect(c, "name"));
        CHECK_EQ(peer(c).pid, getppid());
        CHECK_EQ(peer(c).uid, 0);
        h_await(ready[0]);
        _exit(0);
    }
    int a = OK(accept(listener, NULL, NULL));
    CHECK_EQ(peer(a).pid, child);
    CHECK_EQ(peer(a).uid, 4321);
    CHECK_EQ(peer(a).gid, 4321);
    h_signal(ready[1]);
    h_join(child);
    OK(close(a)), OK(close(listener)), OK(close(ready[0])), OK(close(ready[1]));
}

int main(void) {
    pass(SOCK_STREAM);
    pass(SOCK_DGRAM);
    pass(SOCK_SEQPACKET);
    claims();
    peers();
    return 0;
}
