// unix(7): while more descriptors of a user are on their way than RLIMIT_NOFILE allows, sending more is ETOOMANYREFS; what is received or
// closed makes room again. The privileged are exempt.
// calls: sendmsg recvmsg
#include "sock.h"
#include <sys/resource.h>

enum { MOST = 40, USER = 31007 };

// Sends single descriptors until it is refused; how many.
static int send_all(int through, int what) {
    int sent = 0;
    while (sock_send_fds(through, "x", 1, &what, 1, MSG_DONTWAIT) == 1) sent++;
    CHECK_EQ(errno, ETOOMANYREFS);
    return sent;
}

static void receive(int from, size_t bytes) {
    char buf[8];
    struct sock_got got = sock_recv_fds(from, buf, bytes, 4, 0);
    CHECK_EQ(got.len, (ssize_t)bytes);
    CHECK_EQ(got.count, 1);
    OK(close(got.fds[0]));
}

static void of_kind(int kind) {
    int s[2], other[2], file = OK(memfd_create("x", 0));
    OK(socketpair(AF_UNIX, kind, 0, s));
    OK(socketpair(AF_UNIX, kind, 0, other));
    CHECK_EQ(send_all(s[0], file), MOST + 1);
    // All of the user's count, through whatever they go.
    CHECK_EQ(send_all(other[0], file), 0);
    receive(s[1], 1);
    CHECK_EQ(send_all(other[0], file), 1);
    // A message may go beyond, if the user was not yet.
    receive(s[1], 1);
    int five[5] = {file, file, file, file, file};
    CHECK_EQ(sock_send_fds(other[0], "five", 4, five, 5, 0), 4);
    for (int i = 0; i < 4; i++) {
        CHECK_ERRNO(sock_send_fds(other[0], "x", 1, &file, 1, 0), ETOOMANYREFS);
        receive(s[1], 1);
    }
    CHECK_ERRNO(sock_send_fds(other[0], "x", 1, &file, 1, 0), ETOOMANYREFS);
    // Bytes alone go on.
    CHECK_EQ(send(other[0], "y", 1, 0), 1);
    receive(s[1], 1);
    CHECK_EQ(sock_send_fds(other[0], "x", 1, &file, 1, 0), 1);
    OK(close(s[0])), OK(close(s[1])), OK(close(other[0])), OK(close(other[1]));
    // What is never received no longer counts.
    OK(socketpair(AF_UNIX, kind, 0, s));
    CHECK_EQ(send_all(s[0], file), MOST + 1);
    OK(close(s[0])), OK(close(s[1]));
    OK(close(file));
}

// Of a stream the descriptors are received with the first bytes of their message.
static void first_bytes(void) {
    int s[2], file = OK(memfd_create("x", 0));
    OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_EQ(sock_send_fds(s[0], "xyz", 3, &file, 1, 0), 3);
    CHECK_EQ(send_all(s[0], file), MOST);
    receive(s[1], 1);
    CHECK_EQ(send_all(s[0], file), 1);
    OK(close(s[0])), OK(close(s[1])), OK(close(file));
}

static void exempt(void) {
    int s[2], file = OK(memfd_create("x", 0));
    OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    for (int i = 0; i < 2 * MOST; i++) CHECK_EQ(sock_send_fds(s[0], "x", 1, &file, 1, 0), 1);
    OK(close(s[0])), OK(close(s[1])), OK(close(file));
}

int main(void) {
    struct rlimit files = {.rlim_cur = MOST, .rlim_max = MOST};
    OK(setrlimit(RLIMIT_NOFILE, &files));
    exempt();
    OK(setgid(USER));
    OK(setuid(USER));
    of_kind(SOCK_STREAM);
    of_kind(SOCK_DGRAM);
    of_kind(SOCK_SEQPACKET);
    first_bytes();
    return 0;
}
