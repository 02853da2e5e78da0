// What tests of unix sockets share: addresses, messages with descriptors and credentials.
#ifndef SOCK_H
#define SOCK_H
#include "../harness.h"
#include <sys/socket.h>
#include <sys/un.h>

// An address of a path, or with a leading '@' of an abstract name; its length to `len`.
static H_UNUSED struct sockaddr_un sock_address(const char *name, socklen_t *len) {
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    memcpy(a.sun_path, name, strlen(name));
    *len = offsetof(struct sockaddr_un, sun_path) + strlen(name) + (name[0] != '@');
    if (name[0] == '@') a.sun_path[0] = 0;
    return a;
}

static H_UNUSED int sock_bind(int fd, const char *name) {
    socklen_t len;
    struct sockaddr_un a = sock_address(name, &len);
    return bind(fd, (struct sockaddr *)&a, len);
}

static H_UNUSED int sock_connect(int fd, const char *name) {
    socklen_t len;
    struct sockaddr_un a = sock_address(name, &len);
    return connect(fd, (struct sockaddr *)&a, len);
}

static H_UNUSED ssize_t sock_sendto(int fd, const char *text, int flags, const char *name) {
    socklen_t len;
    struct sockaddr_un a = sock_address(name, &len);
    return sendto(fd, text, strlen(text), flags, (struct sockaddr *)&a, len);
}

// A listening stream socket, or one of another kind.
static H_UNUSED int sock_listener(int kind, const char *name, int backlog) {
    int fd = OK(socket(AF_UNIX, kind, 0));
    OK(sock_bind(fd, name));
    OK(listen(fd, backlog));
    return fd;
}

// Sends bytes with descriptors.
static H_UNUSED ssize_t sock_send_fds(int fd, const void *bytes, size_t len, const int *fds, int count, int flags) {
    char control[CMSG_SPACE(256 * sizeof(int))];
    struct iovec iov = {(void *)bytes, len};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
    if (count) {
        memset(control, 0, sizeof control);
        m.msg_control = control;
        m.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(c), fds, count * sizeof(int));
    }
    return sendmsg(fd, &m, flags);
}

// What a message brought.
struct sock_got {
    ssize_t len;
    int flags;
    int count; // descriptors
    int fds[256];
    int has_creds;
    struct ucred creds;
};

// Receives up to `len` bytes, with room for `room` descriptors and the credentials.
static H_UNUSED struct sock_got sock_recv_fds(int fd, void *bytes, size_t len, int room, int flags) {
    struct sock_got got = {0};
    union {
        char bytes[CMSG_SPACE(256 * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
        struct cmsghdr align;
    } control;
    struct iovec iov = {bytes, len};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes};
    int pass = 0;
    socklen_t size = sizeof pass;
    getsockopt(fd, SOL_SOCKET, SO_PASSCRED, &pass, &size);
    m.msg_controllen = (room ? CMSG_SPACE(room * sizeof(int)) : 0) + (pass ? CMSG_SPACE(sizeof(struct ucred)) : 0);
    got.len = recvmsg(fd, &m, flags);
    if (got.len < 0) return got;
    got.flags = m.msg_flags;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
        CHECK_EQ(c->cmsg_level, SOL_SOCKET);
        if (c->cmsg_type == SCM_RIGHTS) {
            got.count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            memcpy(got.fds, CMSG_DATA(c), got.count * sizeof(int));
        } else {
            CHECK_EQ(c->cmsg_type, SCM_CREDENTIALS);
            got.has_creds = 1;
            memcpy(&got.creds, CMSG_DATA(c), sizeof got.creds);
        }
    }
    return got;
}

static H_UNUSED int sock_option(int fd, int option) {
    int value = -1;
    socklen_t len = sizeof value;
    OK(getsockopt(fd, SOL_SOCKET, option, &value, &len));
    CHECK_EQ(len, sizeof value);
    return value;
}
#endif
