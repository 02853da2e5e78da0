// cmsg(3), sendmsg(2): control data of any form is taken or refused with an error, and what was passed is closed with the message.
// calls: sendmsg recvmsg
#include "fuzz.h"
#include <sys/socket.h>

static union {
    char bytes[512];
    struct cmsghdr header;
} control;

// Headers that nearly make sense, one behind the other; where they end.
static size_t compose(int s[2]) {
    size_t at = 0;
    memset(&control, 0, sizeof control);
    while (at + sizeof(struct cmsghdr) + 32 < sizeof control && fuzz_below(4)) {
        struct cmsghdr *header = (struct cmsghdr *)(control.bytes + at);
        size_t payload = fuzz_below(32);
        header->cmsg_len = CMSG_LEN(payload);
        header->cmsg_level = fuzz_below(8) ? SOL_SOCKET : (int)fuzz_number();
        header->cmsg_type = fuzz_below(8) ? (fuzz_below(4) ? SCM_RIGHTS : SCM_CREDENTIALS) : (int)fuzz_number();
        for (size_t n = 0; n < payload / sizeof(int); n++) ((int *)CMSG_DATA(header))[n] = fuzz_below(16) ? s[fuzz_below(2)] : (int)fuzz_number();
        if (header->cmsg_type == SCM_CREDENTIALS && fuzz_below(2)) {
            struct ucred me = {getpid(), getuid(), getgid()};
            header->cmsg_len = CMSG_LEN(sizeof me);
            memcpy(CMSG_DATA(header), &me, sizeof me);
            payload = sizeof me;
        }
        at += CMSG_SPACE(payload);
    }
    return at;
}

static int known(int error) {
    static const int errors[] = {EINVAL, EBADF, EPERM, ESRCH, EFAULT, EMSGSIZE, ETOOMANYREFS, ENOBUFS, EAGAIN, ENOMEM, EOPNOTSUPP};
    for (size_t n = 0; n < sizeof errors / sizeof *errors; n++)
        if (errors[n] == error) return 1;
    return 0;
}

// Takes what has come, with room for all, some or none of it, and closes the descriptors.
static void take(int fd) {
    char data[8];
    static union {
        char bytes[2048];
        struct cmsghdr header;
    } room;
    struct iovec iov = {data, sizeof data};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = room.bytes, .msg_controllen = fuzz_below(4) ? sizeof room : fuzz_below(64)};
    size_t had = msg.msg_controllen;
    CHECK_EQ(OK(recvmsg(fd, &msg, MSG_DONTWAIT)), 1);
    CHECK(msg.msg_controllen <= had);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
        CHECK(c->cmsg_len >= sizeof *c && c->cmsg_level == SOL_SOCKET);
        if (c->cmsg_type != SCM_RIGHTS) continue;
        for (size_t n = 0; n < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); n++) OK(close(((int *)CMSG_DATA(c))[n]));
    }
}

int main(int argc, char **argv) {
    fuzz_begin(argc, argv);
    int s[2], fds = h_open_fds(), good = 0, refused = 0;
    for (int n = 0, end = fuzz_amount(4000); n < end; n++) {
        OK(socketpair(AF_UNIX, fuzz_below(2) ? SOCK_STREAM : SOCK_DGRAM, 0, s));
        size_t used = compose(s);
        if (fuzz_below(2)) fuzz_damage(&control, used ? used : 16);
        struct iovec iov = {"x", 1};
        struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = used};
        if (!fuzz_below(4)) msg.msg_controllen = fuzz_below(sizeof control + 1);
        if (!fuzz_below(32)) msg.msg_control = h_bad;
        ssize_t sent = sendmsg(s[0], &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && !known(errno)) FAIL("round %d: errno %d (%s)", n, errno, strerror(errno));
        if (sent == 1) {
            good++;
            if (fuzz_below(4)) take(s[1]);
        } else {
            CHECK_EQ(sent, -1);
            refused++;
        }
        OK(close(s[0]));
        OK(close(s[1]));
    }
    CHECK_EQ(h_open_fds(), fds);
    CHECK(good > 100 && refused > 100);
    return 0;
}
