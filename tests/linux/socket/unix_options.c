// getsockopt(2), setsockopt(2), socket(7): options of unix sockets: what each begins as, what it takes and shows then; sizes of buffers
// within bounds; times; lengths; what is another level's, unknown, or not to be set.
// calls: getsockopt setsockopt
#include "sock.h"

static int set(int fd, int option, int value) { return setsockopt(fd, SOL_SOCKET, option, &value, sizeof value); }

int main(void) {
    int kinds[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    uint64_t cookies[3];
    for (int i = 0; i < 3; i++) {
        int fd = OK(socket(AF_UNIX, kinds[i], 0));
        static const struct {
            int option, value;
        } first[] = {{SO_TYPE, -1}, {SO_DOMAIN, AF_UNIX}, {SO_PROTOCOL, 0}, {SO_ERROR, 0}, {SO_ACCEPTCONN, 0}, {SO_SNDBUF, 212992},
                     {SO_RCVBUF, 212992}, {SO_PASSCRED, 0}, {SO_REUSEADDR, 0}, {SO_BROADCAST, 0}, {SO_KEEPALIVE, 0}, {SO_OOBINLINE, 0},
                     {SO_DONTROUTE, 0}, {SO_NO_CHECK, 0}, {SO_RCVLOWAT, 1}, {SO_SNDLOWAT, 1}};
        for (unsigned j = 0; j < sizeof first / sizeof *first; j++) {
            int want = first[j].option == SO_TYPE ? kinds[i] : first[j].value, is = sock_option(fd, first[j].option);
            if (is != want) FAIL("kind %d option %d is %d, want %d", kinds[i], first[j].option, is, want);
        }
        // Buffers: doubled, within bounds.
        OK(set(fd, SO_SNDBUF, 10000));
        CHECK_EQ(sock_option(fd, SO_SNDBUF), 20000);
        OK(set(fd, SO_SNDBUF, 0));
        CHECK_EQ(sock_option(fd, SO_SNDBUF), 4608);
        OK(set(fd, SO_SNDBUF, -1));
        CHECK_EQ(sock_option(fd, SO_SNDBUF), 425984);
        OK(set(fd, SO_RCVBUF, 1 << 30));
        CHECK_EQ(sock_option(fd, SO_RCVBUF), 425984);
        OK(set(fd, SO_RCVBUF, 1));
        CHECK_EQ(sock_option(fd, SO_RCVBUF), 2304);
        OK(set(fd, SO_SNDBUFFORCE, 1 << 20));
        CHECK_EQ(sock_option(fd, SO_SNDBUF), 2 << 20);
        OK(set(fd, SO_RCVBUFFORCE, 1 << 20));
        CHECK_EQ(sock_option(fd, SO_RCVBUF), 2 << 20);
        IN_CHILD({
            h_drop_to(1000);
            CHECK_ERRNO(set(fd, SO_SNDBUFFORCE, 1 << 20), EPERM);
            CHECK_ERRNO(set(fd, SO_RCVBUFFORCE, 1 << 20), EPERM);
        });
        // Flags are 0 or 1.
        int flags[] = {SO_REUSEADDR, SO_BROADCAST, SO_KEEPALIVE, SO_OOBINLINE, SO_DONTROUTE, SO_PASSCRED};
        for (unsigned j = 0; j < sizeof flags / sizeof *flags; j++) {
            OK(set(fd, flags[j], 77));
            CHECK_EQ(sock_option(fd, flags[j]), 1);
            OK(set(fd, flags[j], 0));
            CHECK_EQ(sock_option(fd, flags[j]), 0);
        }
        OK(set(fd, SO_RCVLOWAT, 0));
        CHECK_EQ(sock_option(fd, SO_RCVLOWAT), 1);
        OK(set(fd, SO_RCVLOWAT, -3));
        CHECK_EQ(sock_option(fd, SO_RCVLOWAT), INT_MAX);
        CHECK_ERRNO(set(fd, SO_SNDLOWAT, 5), ENOPROTOOPT);
        // Structures.
        struct linger l = {9, 9};
        socklen_t len = sizeof l;
        OK(getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len));
        CHECK(l.l_onoff == 0 && l.l_linger == 0 && len == sizeof l);
        l = (struct linger){5, 3};
        OK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l));
        OK(getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len));
        CHECK(l.l_onoff == 1 && l.l_linger == 3);
        CHECK_ERRNO(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l - 1), EINVAL);
        struct timeval t = {9, 9};
        len = sizeof t;
        OK(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, &len));
        CHECK(t.tv_sec == 0 && t.tv_usec == 0 && len == sizeof t);
        t = (struct timeval){2, 500000};
        OK(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t));
        OK(getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, &len));
        CHECK(t.tv_sec == 2 && t.tv_usec == 500000);
        t.tv_usec = 1000000;
        CHECK_ERRNO(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t), EDOM);
        CHECK_ERRNO(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t - 1), EINVAL);
        struct ucred c = {1, 1, 1};
        len = sizeof c;
        OK(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &len));
        CHECK(c.pid == 0 && c.uid == (uid_t)-1 && c.gid == (gid_t)-1 && len == sizeof c);
        len = sizeof cookies[i];
        OK(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookies[i], &len));
        CHECK(cookies[i] && (!i || cookies[i] != cookies[i - 1]));
        len = 4;
        CHECK_ERRNO(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &l, &len), EINVAL);
        // Lengths, and what cannot be.
        int value = 0x11223344;
        len = 2;
        OK(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &len));
        CHECK_EQ(len, 2);
        CHECK_EQ(value, 0x11220001);
        len = 100;
        OK(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &len));
        CHECK_EQ(len, 4);
        len = -1;
        CHECK_ERRNO(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &len), EINVAL);
        CHECK_ERRNO(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, h_bad), EFAULT);
        len = 4;
        CHECK_ERRNO(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, h_bad, &len), EFAULT);
        CHECK_ERRNO(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &value, 3), EINVAL);
        CHECK_ERRNO(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, h_bad, 4), EFAULT);
        CHECK_ERRNO(set(fd, SO_TYPE, 1), ENOPROTOOPT);
        CHECK_ERRNO(set(fd, SO_ERROR, 1), ENOPROTOOPT);
        CHECK_ERRNO(set(fd, 1000, 1), ENOPROTOOPT);
        CHECK_ERRNO(getsockopt(fd, SOL_SOCKET, 1000, &value, &len), ENOPROTOOPT);
        CHECK_ERRNO(getsockopt(fd, 6 /* TCP */, 1, &value, &len), EOPNOTSUPP);
        CHECK_ERRNO(setsockopt(fd, 6, 1, &value, len), EOPNOTSUPP);
    }
    // SO_RCVLOWAT: a read waits for so many, or for the end, or for as much as it asks.
    int pair[2];
    char text[16];
    OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    OK(set(pair[0], SO_RCVLOWAT, 5));
    CHECK_EQ(send(pair[1], "ab", 2, 0), 2);
    pid_t child = h_fork();
    if (child == 0) {
        CHECK_EQ(read(pair[0], text, sizeof text), 6);
        CHECK(!memcmp(text, "abcdef", 6));
        CHECK_EQ(read(pair[0], text, 1), 1);
        CHECK_EQ(read(pair[0], text, sizeof text), 2);
        _exit(0);
    }
    h_until_asleep(child, 0);
    CHECK_EQ(send(pair[1], "cdef", 4, 0), 4);
    h_until_asleep(child, 0);
    CHECK_EQ(send(pair[1], "ghi", 3, 0), 3);
    h_until_asleep(child, 0);
    OK(shutdown(pair[1], SHUT_WR));
    h_join(child);
    return 0;
}
