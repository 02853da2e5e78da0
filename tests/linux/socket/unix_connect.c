// unix(7), bind(2), listen(2), connect(2), accept(2): connections by names in the file system and by abstract names; who is
// refused and why; the backlog; what a close that loses data tells.
// calls: socket bind listen accept accept4 connect getsockname getpeername getsockopt
#include "sock.h"

static struct sockaddr_un name_of(int fd, int (*get)(int, struct sockaddr *, socklen_t *), socklen_t *len) {
    struct sockaddr_un a;
    memset(&a, 0x55, sizeof a);
    *len = sizeof a;
    OK(get(fd, (struct sockaddr *)&a, len));
    return a;
}

static void round_trip(int kind, const char *name, int is_path) {
    socklen_t len, want;
    struct sockaddr_un given = sock_address(name, &want), a;
    int listener = OK(socket(AF_UNIX, kind, 0));
    CHECK_ERRNO(listen(listener, 1), EINVAL);
    CHECK_ERRNO(sock_connect(listener, name), is_path ? ENOENT : ECONNREFUSED);
    OK(sock_bind(listener, name));
    CHECK_ERRNO(sock_connect(listener, name), ECONNREFUSED);
    CHECK_EQ(sock_option(listener, SO_ACCEPTCONN), 0);
    OK(listen(listener, 3));
    CHECK_EQ(sock_option(listener, SO_ACCEPTCONN), 1);
    CHECK_EQ(sock_option(listener, SO_TYPE), kind);
    CHECK_EQ(sock_option(listener, SO_DOMAIN), AF_UNIX);
    CHECK_ERRNO(sock_bind(listener, "@other"), EINVAL);
    int second = OK(socket(AF_UNIX, kind, 0));
    CHECK_ERRNO(sock_bind(second, name), EADDRINUSE);
    CHECK_ERRNO(accept(second, NULL, NULL), EINVAL);
    struct sockaddr peer;
    len = sizeof peer;
    CHECK_ERRNO(getpeername(second, &peer, &len), ENOTCONN);
    OK(sock_connect(second, name));
    CHECK_ERRNO(sock_connect(second, name), EISCONN);

    // It can send before it has been accepted.
    CHECK_EQ(send(second, "early", 5, 0), 5);
    struct pollfd p = {.fd = listener, .events = POLLIN | POLLOUT};
    CHECK_EQ(poll(&p, 1, 0), 1);
    CHECK_EQ(p.revents, POLLIN);
    len = sizeof a;
    int server = OK(accept4(listener, (struct sockaddr *)&a, &len, SOCK_CLOEXEC | SOCK_NONBLOCK));
    CHECK_EQ(len, sizeof(sa_family_t));
    CHECK_EQ(OK(fcntl(server, F_GETFD)), FD_CLOEXEC);
    CHECK(OK(fcntl(server, F_GETFL)) & O_NONBLOCK);
    CHECK_EQ(poll(&p, 1, 0), 0);
    a = name_of(server, getsockname, &len);
    CHECK_EQ(len, want);
    CHECK(!memcmp(&a, &given, len));
    a = name_of(second, getpeername, &len);
    CHECK_EQ(len, want);
    CHECK(!memcmp(&a, &given, len));
    a = name_of(second, getsockname, &len);
    CHECK_EQ(len, sizeof(sa_family_t));
    CHECK_EQ(a.sun_family, AF_UNIX);
    // An address is cut to the room there is, and its whole length told.
    char little[4] = "zzz";
    len = 3;
    OK(getsockname(server, (struct sockaddr *)little, &len));
    CHECK_EQ(len, want);
    CHECK_EQ(little[3], 0);
    CHECK_EQ(little[2], given.sun_path[0]);

    char buf[16];
    CHECK_EQ(recv(server, buf, sizeof buf, 0), 5);
    CHECK_ERRNO(recv(server, buf, sizeof buf, 0), EAGAIN);
    CHECK_EQ(send(server, "back", 4, 0), 4);
    CHECK_EQ(recv(second, buf, sizeof buf, 0), 4);
    // Unread data at the end resets the other side.
    CHECK_EQ(send(second, "lost", 4, 0), 4);
    OK(close(server));
    p = (struct pollfd){.fd = second, .events = POLLIN | POLLOUT | POLLRDHUP};
    CHECK_EQ(poll(&p, 1, 0), 1);
    CHECK_EQ(p.revents, POLLIN | POLLOUT | POLLRDHUP | POLLHUP | POLLERR);
    CHECK_ERRNO(recv(second, buf, sizeof buf, 0), ECONNRESET);
    CHECK_EQ(recv(second, buf, sizeof buf, 0), 0);
    CHECK_ERRNO(send(second, "x", 1, MSG_NOSIGNAL), EPIPE);
    OK(close(second));

    // Without unread data it is a plain end.
    second = OK(socket(AF_UNIX, kind, 0));
    OK(sock_connect(second, name));
    server = OK(accept(listener, NULL, NULL));
    CHECK_EQ(send(server, "bye", 3, 0), 3);
    OK(close(server));
    CHECK_EQ(recv(second, buf, sizeof buf, 0), 3);
    CHECK_EQ(recv(second, buf, sizeof buf, 0), 0);
    CHECK_EQ(sock_option(second, SO_ERROR), 0);
    OK(close(second));

    // Who has not been accepted when the listener goes is reset.
    second = OK(socket(AF_UNIX, kind, 0));
    OK(sock_connect(second, name));
    OK(close(listener));
    CHECK_EQ(sock_option(second, SO_ERROR), ECONNRESET);
    CHECK_EQ(recv(second, buf, sizeof buf, 0), 0);
    OK(close(second));
    second = OK(socket(AF_UNIX, kind, 0));
    CHECK_ERRNO(sock_connect(second, name), ECONNREFUSED);
    if (is_path) {
        // The name stays, and stands for nobody.
        CHECK_ERRNO(sock_bind(second, name), EADDRINUSE);
        struct stat st;
        OK(stat(name, &st));
        CHECK(S_ISSOCK(st.st_mode));
        CHECK_ERRNO(open(name, O_RDWR), ENXIO);
        OK(unlink(name));
    }
    OK(sock_bind(second, name));
    OK(close(second));
    if (is_path) OK(unlink(name));
}

static void backlog(void) {
    int listener = sock_listener(SOCK_STREAM, "@backlog", 1);
    int c[3];
    for (int i = 0; i < 3; i++) c[i] = OK(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    OK(sock_connect(c[0], "@backlog"));
    OK(sock_connect(c[1], "@backlog"));
    CHECK_ERRNO(sock_connect(c[2], "@backlog"), EAGAIN);
    // One that waits gets the next place.
    pid_t child = h_fork();
    if (child == 0) {
        int mine = OK(socket(AF_UNIX, SOCK_STREAM, 0));
        OK(sock_connect(mine, "@backlog"));
        CHECK_EQ(send(mine, "w", 1, 0), 1);
        _exit(0);
    }
    h_until_asleep(child, 0);
    int a = OK(accept(listener, NULL, NULL));
    h_join(child);
    int b = OK(accept(listener, NULL, NULL));
    int waited = OK(accept(listener, NULL, NULL));
    char byte = 0;
    CHECK_EQ(recv(waited, &byte, 1, 0), 1);
    CHECK_EQ(byte, 'w');
    // One that waits when the listener goes is refused.
    for (int i = 0; i < 3; i++) OK(close(c[i]));
    for (int i = 0; i < 2; i++) {
        c[i] = OK(socket(AF_UNIX, SOCK_STREAM, 0));
        OK(sock_connect(c[i], "@backlog"));
    }
    child = h_fork();
    if (child == 0) {
        OK(close(listener));
        int mine = OK(socket(AF_UNIX, SOCK_STREAM, 0));
        CHECK_ERRNO(sock_connect(mine, "@backlog"), ECONNREFUSED);
        _exit(0);
    }
    h_until_asleep(child, 0);
    OK(close(listener));
    h_join(child);
    // With a time-out a connect gives up.
    listener = sock_listener(SOCK_STREAM, "@backlog", 0);
    int first = OK(socket(AF_UNIX, SOCK_STREAM, 0)), late = OK(socket(AF_UNIX, SOCK_STREAM, 0));
    OK(sock_connect(first, "@backlog"));
    struct timeval t = {.tv_usec = 20000};
    OK(setsockopt(late, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t));
    CHECK_ERRNO(sock_connect(late, "@backlog"), EAGAIN);
    t.tv_usec = 10000;
    OK(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
    int got = OK(accept(listener, NULL, NULL));
    CHECK_ERRNO(accept(listener, NULL, NULL), EAGAIN);
    OK(close(a)), OK(close(b)), OK(close(waited)), OK(close(c[0])), OK(close(c[1]));
    OK(close(first)), OK(close(late)), OK(close(got)), OK(close(listener));
}

static void refusals(void) {
    int stream = sock_listener(SOCK_STREAM, "stream", 1);
    int other = OK(socket(AF_UNIX, SOCK_SEQPACKET, 0)), dgram = OK(socket(AF_UNIX, SOCK_DGRAM, 0));
    CHECK_ERRNO(sock_connect(other, "stream"), EPROTOTYPE);
    CHECK_ERRNO(sock_connect(dgram, "stream"), EPROTOTYPE);
    h_write_file("plain", "x");
    CHECK_ERRNO(sock_connect(other, "plain"), ECONNREFUSED);
    CHECK_ERRNO(sock_connect(other, "missing"), ENOENT);
    CHECK_ERRNO(sock_connect(other, "plain/x"), ENOTDIR);
    CHECK_ERRNO(sock_bind(other, "missing/x"), ENOENT);
    CHECK_ERRNO(listen(dgram, 1), EOPNOTSUPP);
    CHECK_ERRNO(accept(dgram, NULL, NULL), EOPNOTSUPP);
    CHECK_ERRNO(accept4(stream, NULL, NULL, 0x10), EINVAL);
    struct sockaddr_un a = {.sun_family = AF_INET, .sun_path = "x"};
    CHECK_ERRNO(bind(other, (struct sockaddr *)&a, 4), EINVAL);
    a.sun_family = AF_UNIX;
    CHECK_ERRNO(bind(other, (struct sockaddr *)&a, 1), EINVAL);
    CHECK_ERRNO(bind(other, (struct sockaddr *)&a, 129), EINVAL);
    CHECK_ERRNO(bind(other, (struct sockaddr *)&a, sizeof a + 1), EINVAL);
    CHECK_ERRNO(bind(other, h_bad, 10), EFAULT);
    CHECK_ERRNO(connect(other, (struct sockaddr *)&a, 2), EINVAL);
    CHECK_ERRNO(bind(0, (struct sockaddr *)&a, 4), ENOTSOCK);
    CHECK_ERRNO(socket(AF_UNIX, 77, 0), EINVAL);
    CHECK_ERRNO(socket(AF_UNIX, 9, 0), ESOCKTNOSUPPORT);
    CHECK_ERRNO(socket(AF_UNIX, SOCK_STREAM, 6), EPROTONOSUPPORT);
    CHECK_ERRNO(socket(99, SOCK_STREAM, 0), EAFNOSUPPORT);
    // The file's permissions count, for who is not root.
    OK(chmod(".", 0777));
    OK(chmod("stream", 0700));
    IN_CHILD({
        h_drop_to(1000);
        int c = OK(socket(AF_UNIX, SOCK_STREAM, 0));
        CHECK_ERRNO(sock_connect(c, "stream"), EACCES);
    });
    // The mask of new files is that of the name.
    umask(027);
    OK(sock_bind(other, "masked"));
    struct stat st;
    OK(stat("masked", &st));
    CHECK_EQ(st.st_mode, S_IFSOCK | 0750);
    OK(close(stream)), OK(close(other)), OK(close(dgram));
}

static void automatic(void) {
    int a = OK(socket(AF_UNIX, SOCK_DGRAM, 0)), b = OK(socket(AF_UNIX, SOCK_DGRAM, 0));
    struct sockaddr_un family = {.sun_family = AF_UNIX}, one, two;
    OK(bind(a, (struct sockaddr *)&family, sizeof(sa_family_t)));
    OK(bind(b, (struct sockaddr *)&family, sizeof(sa_family_t)));
    socklen_t len;
    one = name_of(a, getsockname, &len);
    CHECK_EQ(len, sizeof(sa_family_t) + 6);
    CHECK_EQ(one.sun_path[0], 0);
    for (int i = 1; i < 6; i++) CHECK(strchr("0123456789abcdef", one.sun_path[i]));
    two = name_of(b, getsockname, &len);
    CHECK(memcmp(one.sun_path, two.sun_path, 6));
    OK(connect(b, (struct sockaddr *)&one, len));
    CHECK_EQ(send(b, "x", 1, 0), 1);
    char byte;
    CHECK_EQ(recv(a, &byte, 1, 0), 1);
    OK(close(a)), OK(close(b));
}

int main(void) {
    h_scratch();
    round_trip(SOCK_STREAM, "path", 1);
    round_trip(SOCK_SEQPACKET, "path", 1);
    round_trip(SOCK_STREAM, "@abstract", 0);
    round_trip(SOCK_SEQPACKET, "@abstract", 0);
    backlog();
    refusals();
    automatic();
    return 0;
}
