// network_namespaces(7), unix(7): abstract names of sockets are a network's: one of unshare(CLONE_NEWNET) or clone(2) has none of them,
// and its own are its own; paths are shared as ever. setns(2) leads back to them.
// calls: unshare setns bind connect sendto
#include "sock.h"

int main(void) {
    h_scratch();
    int outer = sock_listener(SOCK_STREAM, "@apart", 4), path = sock_listener(SOCK_STREAM, "path", 4);
    int datagrams = OK(socket(AF_UNIX, SOCK_DGRAM, 0)), net = OK(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
    OK(sock_bind(datagrams, "@letters"));
    IN_CHILD({
        OK(unshare(CLONE_NEWNET));
        int fd = OK(socket(AF_UNIX, SOCK_STREAM, 0));
        int letters = OK(socket(AF_UNIX, SOCK_DGRAM, 0));
        CHECK_ERRNO(sock_connect(fd, "@apart"), ECONNREFUSED);
        CHECK_ERRNO(sock_sendto(letters, "x", 0, "@letters"), ECONNREFUSED);
        // The same name, here.
        int inner = sock_listener(SOCK_STREAM, "@apart", 4);
        OK(sock_connect(fd, "@apart"));
        OK(close(OK(accept(inner, NULL, NULL))));
        IN_CHILD({
            int again = OK(socket(AF_UNIX, SOCK_STREAM, 0));
            OK(sock_connect(again, "@apart"));
            OK(setns(net, CLONE_NEWNET));
            OK(close(again));
            again = OK(socket(AF_UNIX, SOCK_STREAM, 0));
            OK(close(inner));
            OK(sock_connect(again, "@apart"));
            CHECK_EQ(send(again, "outer", 5, 0), 5);
            letters = OK(socket(AF_UNIX, SOCK_DGRAM, 0));
            CHECK_EQ(sock_sendto(letters, "letter", 0, "@letters"), 6);
        });
        // A path needs no network.
        int by_path = OK(socket(AF_UNIX, SOCK_STREAM, 0));
        OK(sock_connect(by_path, "path"));
    });
    char text[16];
    int fd = OK(accept(outer, NULL, NULL));
    CHECK_EQ(recv(fd, text, sizeof text, 0), 5);
    CHECK_EQ(recv(datagrams, text, sizeof text, 0), 6);
    OK(close(OK(accept(path, NULL, NULL))));
    // Nothing of what was inside is left here.
    struct pollfd p = {.fd = outer, .events = POLLIN};
    CHECK_EQ(poll(&p, 1, 0), 0);
    return 0;
}
