// unix(7), datagrams: to a name, to a peer, from whom; a message is whole or cut, and told so; a queue that is full makes senders
// wait; a receiver that is gone refuses.
// calls: socket bind connect sendto recvfrom recvmsg sendmmsg recvmmsg
#include "sock.h"

static void by_name(void) {
    int server = OK(socket(AF_UNIX, SOCK_DGRAM, 0)), client = OK(socket(AF_UNIX, SOCK_DGRAM, 0));
    char buf[16];
    OK(sock_bind(server, "server"));
    CHECK_ERRNO(send(client, "x", 1, 0), ENOTCONN);
    CHECK_ERRNO(sock_sendto(client, "x", 0, "@nobody"), ECONNREFUSED);
    CHECK_EQ(sock_sendto(client, "one", 0, "server"), 3);
    OK(sock_bind(client, "@client"));
    CHECK_EQ(sock_sendto(client, "two", 0, "server"), 3);
    struct sockaddr_un from;
    socklen_t len = sizeof from;
    CHECK_EQ(recvfrom(server, buf, sizeof buf, 0, (struct sockaddr *)&from, &len), 3);
    // The name is that of now: the sender has got one meanwhile.
    CHECK_EQ(len, sizeof(sa_family_t) + 7);
    CHECK(!memcmp(from.sun_path, "\0client", 7));
    len = sizeof from;
    CHECK_EQ(recvfrom(server, buf, sizeof buf, 0, (struct sockaddr *)&from, &len), 3);
    CHECK(!memcmp(buf, "two", 3));
    CHECK_EQ(sendto(server, "back", 4, 0, (struct sockaddr *)&from, len), 4);
    CHECK_EQ(recv(client, buf, sizeof buf, 0), 4);
    // Without a name there is none.
    int nameless = OK(socket(AF_UNIX, SOCK_DGRAM, 0));
    CHECK_EQ(sock_sendto(nameless, "n", 0, "server"), 1);
    len = sizeof from;
    CHECK_EQ(recvfrom(server, buf, sizeof buf, 0, (struct sockaddr *)&from, &len), 1);
    CHECK_EQ(len, 0);
    // Who is connected hears its peer alone.
    OK(sock_connect(client, "server"));
    CHECK_ERRNO(sock_sendto(nameless, "n", 0, "@client"), EPERM);
    CHECK_EQ(sock_sendto(server, "s", 0, "@client"), 1);
    CHECK_EQ(recv(client, buf, sizeof buf, 0), 1);
    OK(close(server));
    CHECK_ERRNO(send(client, "x", 1, 0), ECONNREFUSED);
    CHECK_ERRNO(send(client, "x", 1, 0), ENOTCONN);
    // Disconnected: open to everybody again.
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    OK(connect(client, &none, sizeof none));
    CHECK_EQ(sock_sendto(nameless, "n", 0, "@client"), 1);
    CHECK_EQ(recv(client, buf, sizeof buf, 0), 1);
    OK(close(client)), OK(close(nameless));
}

static void whole(int kind) {
    int s[2];
    char buf[32];
    OK(socketpair(AF_UNIX, kind, 0, s));
    CHECK_EQ(send(s[0], "0123456789", 10, 0), 10);
    CHECK_EQ(send(s[0], "", 0, 0), 0);
    CHECK_EQ(send(s[0], "abc", 3, 0), 3);
    int waiting = -1;
    OK(ioctl(s[1], FIONREAD, &waiting));
    // Of datagrams the first is meant.
    CHECK_EQ(waiting, kind == SOCK_DGRAM ? 10 : 13);
    CHECK_EQ(recv(s[1], buf, 4, MSG_PEEK), 4);
    CHECK_EQ(recv(s[1], buf, 4, MSG_PEEK | MSG_TRUNC), 10);
    struct sock_got got = sock_recv_fds(s[1], buf, 4, 0, 0);
    CHECK_EQ(got.len, 4);
    CHECK(got.flags & MSG_TRUNC);
    got = sock_recv_fds(s[1], buf, 4, 0, 0);
    CHECK_EQ(got.len, 0);
    CHECK(!(got.flags & MSG_TRUNC));
    CHECK_EQ(recv(s[1], buf, 0, MSG_TRUNC), 3);
    CHECK_ERRNO(recv(s[1], buf, 4, MSG_DONTWAIT), EAGAIN);
    // Larger than fits ever.
    int size = sock_option(s[0], SO_SNDBUF);
    char *large = malloc(size);
    memset(large, 1, size);
    CHECK_ERRNO(send(s[0], large, size, 0), EMSGSIZE);
    CHECK_EQ(send(s[0], large, size - 32, 0), size - 32);
    large[size - 33] = 0;
    CHECK_EQ(recv(s[1], large, size, 0), size - 32);
    CHECK_EQ(large[size - 33], 1);
    // What cannot be copied stays.
    CHECK_EQ(send(s[0], "stay", 4, 0), 4);
    CHECK_ERRNO(send(s[0], h_bad, 4, 0), EFAULT);
    CHECK_EQ(recv(s[1], buf, sizeof buf, 0), 4);
    CHECK_ERRNO(recv(s[1], buf, sizeof buf, MSG_DONTWAIT), EAGAIN);
    free(large);
    OK(close(s[0])), OK(close(s[1]));
}

static void full(void) {
    int server = OK(socket(AF_UNIX, SOCK_DGRAM, 0)), client = OK(socket(AF_UNIX, SOCK_DGRAM, 0));
    OK(sock_bind(server, "@full"));
    int sent = 0;
    while (sent < 100000 && sock_sendto(client, "x", MSG_DONTWAIT, "@full") == 1) sent++;
    CHECK_EQ(errno, EAGAIN);
    CHECK(sent > 4 && sent < 100000);
    pid_t child = h_fork();
    if (child == 0) {
        CHECK_EQ(sock_sendto(client, "last", 0, "@full"), 4);
        _exit(0);
    }
    h_until_asleep(child, 0);
    char buf[8];
    for (int i = 0; i < sent; i++) CHECK_EQ(recv(server, buf, sizeof buf, 0), 1);
    h_join(child);
    CHECK_EQ(recv(server, buf, sizeof buf, 0), 4);
    // A pair is bounded by bytes.
    int s[2];
    OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
    int count = 0;
    while (send(s[0], "x", 1, MSG_DONTWAIT) == 1) count++;
    CHECK_EQ(errno, EAGAIN);
    CHECK(count > 50);
    struct pollfd p = {.fd = s[0], .events = POLLOUT};
    CHECK_EQ(poll(&p, 1, 0), 0);
    for (int i = 0; i < count; i++) CHECK_EQ(recv(s[1], buf, 1, 0), 1);
    CHECK_EQ(poll(&p, 1, 0), 1);
    // A receiver that waits when its peer shuts down, and one that is shut down.
    OK(shutdown(s[1], SHUT_RD));
    CHECK_EQ(recv(s[1], buf, 1, 0), 0);
    CHECK_ERRNO(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE);
    OK(close(s[0])), OK(close(s[1])), OK(close(server)), OK(close(client));
}

static void many(void) {
    int s[2];
    OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
    char text[4][8] = {"a", "bb", "ccc", "dddd"}, buf[4][8];
    struct iovec out[4], in[4];
    struct mmsghdr m[4] = {0};
    for (int i = 0; i < 4; i++) {
        out[i] = (struct iovec){text[i], i + 1};
        in[i] = (struct iovec){buf[i], 8};
        m[i].msg_hdr = (struct msghdr){.msg_iov = &out[i], .msg_iovlen = 1};
    }
    CHECK_EQ(sendmmsg(s[0], m, 4, 0), 4);
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(m[i].msg_len, i + 1);
        m[i].msg_hdr = (struct msghdr){.msg_iov = &in[i], .msg_iovlen = 1};
        m[i].msg_len = 99;
    }
    CHECK_EQ(recvmmsg(s[1], m, 3, 0, NULL), 3);
    for (int i = 0; i < 3; i++) CHECK_EQ(m[i].msg_len, i + 1);
    CHECK_EQ(recvmmsg(s[1], m, 4, MSG_WAITFORONE, NULL), 1);
    CHECK_EQ(m[0].msg_len, 4);
    CHECK(!memcmp(buf[0], "dddd", 4));
    CHECK_ERRNO(recvmmsg(s[1], m, 4, MSG_DONTWAIT, NULL), EAGAIN);
    OK(close(s[1]));
    CHECK_ERRNO(sendmmsg(s[0], m, 2, 0), ECONNREFUSED);
    CHECK_ERRNO(sendmmsg(-1, m, 2, 0), EBADF);
    OK(close(s[0]));
}

int main(void) {
    h_scratch();
    by_name();
    whole(SOCK_DGRAM);
    whole(SOCK_SEQPACKET);
    full();
    many();
    return 0;
}
