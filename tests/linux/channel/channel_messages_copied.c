// sendmsg(2) and recvmsg(2) on channels: descriptors are duplicated, where chan_send moves them; a message is received as a whole or
// stays where it is.
// calls: sendmsg recvmsg chan_create
// only: rvos
#include "../channel.h"
#include "../rights/rights.h"
#include <sys/socket.h>

static ssize_t transfer(int fd, int out, void *bytes, size_t len, int *fds, int *count, int flags) {
    union {
        char bytes[CMSG_SPACE(70 * sizeof(int))];
        struct cmsghdr header;
    } control = {0};
    struct iovec iov = {bytes, len};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
    if (*count) m.msg_control = control.bytes, m.msg_controllen = CMSG_SPACE(*count * sizeof(int));
    if (out) {
        control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(*count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), fds, *count * sizeof(int));
        return sendmsg(fd, &m, flags);
    }
    ssize_t n = recvmsg(fd, &m, flags);
    if (n < 0) return n;
    *count = 0;
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    if (c) {
        CHECK_EQ(c->cmsg_type, SCM_RIGHTS);
        *count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(fds, CMSG_DATA(c), *count * sizeof(int));
    }
    return n;
}

static ssize_t send_fds(int fd, const char *text, int *fds, int count) {
    return transfer(fd, 1, (void *)text, strlen(text), fds, &count, MSG_DONTWAIT | MSG_NOSIGNAL);
}

int main(void) {
    int e[2], p[2], got[70], count;
    char buf[16];
    ch_pair(e);
    OK(pipe(p));
    CHECK_EQ(send_fds(e[0], "plain", NULL, 0), 5);
    CHECK_EQ(send_fds(e[0], "with", &p[1], 1), 4);
    // The sender still has it.
    CHECK_EQ(write(p[1], "x", 1), 1);
    CHECK_EQ(read(p[0], buf, 1), 1);
    CHECK_EQ(transfer(e[1], 0, buf, sizeof buf, got, (count = 0, &count), 0), 5);
    // No room for the descriptor, or for the bytes; a plain read has neither.
    CHECK_ERRNO(transfer(e[1], 0, buf, sizeof buf, got, (count = 0, &count), 0), EMSGSIZE);
    CHECK_ERRNO(transfer(e[1], 0, buf, 3, got, (count = 1, &count), 0), EMSGSIZE);
    CHECK_ERRNO(read(e[1], buf, sizeof buf), EMSGSIZE);
    struct rlimit limit, low;
    OK(getrlimit(RLIMIT_NOFILE, &limit));
    low = limit, low.rlim_cur = 0;
    OK(setrlimit(RLIMIT_NOFILE, &low));
    CHECK_ERRNO(transfer(e[1], 0, buf, sizeof buf, got, (count = 1, &count), 0), EMFILE);
    OK(setrlimit(RLIMIT_NOFILE, &limit));
    CHECK_EQ(transfer(e[1], 0, buf, sizeof buf, got, (count = 1, &count), MSG_CMSG_CLOEXEC), 4);
    CHECK_EQ(count, 1);
    CHECK_EQ(OK(fcntl(got[0], F_GETFD)), FD_CLOEXEC);
    OK(close(p[1]));
    struct pollfd hung = {.fd = p[0], .events = POLLIN};
    CHECK_EQ(poll(&hung, 1, 0), 0);
    OK(close(got[0]));
    CHECK_EQ(poll(&hung, 1, 0), 1);
    CHECK_ERRNO(transfer(e[1], 0, buf, sizeof buf, got, (count = 1, &count), MSG_DONTWAIT), EAGAIN);

    // A descriptor that may not be duplicated, or not be handed on.
    int kept = OK(dup(p[0]));
    OK(restrict_to(kept, R_READ | R_TRANSFER));
    CHECK_ERRNO(send_fds(e[0], "no", &kept, 1), EACCES);
    OK(close(kept)), kept = OK(dup(p[0]));
    OK(restrict_to(kept, R_READ | R_DUP));
    CHECK_ERRNO(send_fds(e[0], "no", &kept, 1), EACCES);
    OK(close(kept)), kept = OK(dup(p[0]));
    // What is received has no more rights than what was sent.
    OK(restrict_to(kept, R_WAIT | R_TRANSFER | R_DUP));
    CHECK_EQ(send_fds(e[0], "yes", &kept, 1), 3);
    CHECK_EQ(transfer(e[1], 0, buf, sizeof buf, got, (count = 1, &count), 0), 3);
    CHECK_ERRNO(read(got[0], buf, 1), EBADF);
    OK(close(got[0])), OK(close(kept));

    // Too many for a channel, and a queue that is full.
    for (int i = 0; i < 65; i++) got[i] = p[0];
    CHECK_ERRNO(send_fds(e[0], "many", got, 65), EMSGSIZE);
    CHECK_EQ(send_fds(e[0], "many", got, 64), 4);
    int sent = 1;
    while (send_fds(e[0], "more", got, 1) == 4) sent++;
    CHECK_EQ(errno, EAGAIN);
    CHECK(sent > 8);
    CHECK_EQ(transfer(e[1], 0, buf, sizeof buf, got, (count = 64, &count), 0), 4);
    CHECK_EQ(count, 64);
    for (int i = 0; i < 64; i++) OK(close(got[i]));
    // An end that nobody can reach, sent by copying.
    CHECK_EQ(transfer(e[1], 0, buf, sizeof buf, got, (count = 1, &count), 0), 4);
    OK(close(got[0]));
    CHECK_EQ(send_fds(e[0], "self", &e[1], 1), 4);
    OK(close(e[1]));
    CHECK_ERRNO(send_fds(e[0], "x", NULL, 0), EPIPE);
    OK(close(e[0])), OK(close(p[0]));
    return 0;
}
