// Services: a name with a listen queue, connections by open(2) and svc_connect, and what is left when the queue goes.
// calls: svc_bind svc_accept svc_connect openat ppoll mount umount2
#include "../harness.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/syscall.h>

struct bind { uint32_t flags, connections; uint64_t wait_ns; };
struct peer { uint64_t process, budget; uint32_t pid, uid, gid, reserved; };
struct connect_args { uint32_t flags, reserved; uint64_t deadline_ns; };
enum { NONBLOCK = 1 };

static long svc_bind(int dir, const char *name, struct bind *args, size_t size) { return syscall(0x1040, dir, name, args, size); }
static long svc_accept(int queue, struct peer *peer, int flags) { return syscall(0x1041, queue, peer, peer ? sizeof *peer : 0, flags); }
static long svc_connect(int dir, const char *path, struct connect_args *args) {
    return syscall(0x1042, dir, path, args, args ? sizeof *args : 0);
}

static void say(int from, int to, const char *text) {
    char got[16] = "";
    CHECK_EQ(write(from, text, strlen(text)), (ssize_t)strlen(text));
    CHECK_EQ(read(to, got, sizeof got), (ssize_t)strlen(text));
    CHECK_STR(got, text);
}

static void arguments(int dir) {
    struct bind bad = {.flags = 1}, many = {.connections = 257};
    CHECK_ERRNO(svc_bind(-1, "a", NULL, 0), EBADF);
    CHECK_ERRNO(svc_bind(0, "a", NULL, 0), ENOTDIR);
    CHECK_ERRNO(svc_bind(dir, "", NULL, 0), EINVAL);
    CHECK_ERRNO(svc_bind(dir, "..", NULL, 0), EINVAL);
    CHECK_ERRNO(svc_bind(dir, "a/b", NULL, 0), EINVAL);
    CHECK_ERRNO(svc_bind(dir, "a", &bad, sizeof bad), EINVAL);
    CHECK_ERRNO(svc_bind(dir, "a", &many, sizeof many), EINVAL);
    CHECK_ERRNO(svc_bind(dir, "a", &many, 8), EINVAL);
    CHECK_ERRNO(svc_bind(dir, h_bad, NULL, 0), EFAULT);
    int root = open("/", O_RDONLY | O_DIRECTORY);
    CHECK_ERRNO(svc_bind(root, "a", NULL, 0), EOPNOTSUPP);
    OK(close(root));
    CHECK_ERRNO(svc_accept(dir, NULL, 0), EINVAL);
    CHECK_ERRNO(svc_accept(-1, NULL, 0), EBADF);
    CHECK_ERRNO(svc_connect(dir, "missing", NULL), ENOENT);
    CHECK_ERRNO(svc_connect(AT_FDCWD, "/", NULL), EOPNOTSUPP);
}

static void connects(int dir) {
    int queue = svc_bind(dir, "echo", NULL, 0);
    OK(queue);
    CHECK_EQ(fcntl(queue, F_GETFD), FD_CLOEXEC);
    CHECK_ERRNO(svc_bind(dir, "echo", NULL, 0), EEXIST);
    CHECK_ERRNO(svc_accept(queue, NULL, NONBLOCK), EAGAIN);
    CHECK_ERRNO(svc_accept(queue, NULL, 2), EINVAL);
    struct pollfd ready = {.fd = queue, .events = POLLIN};
    CHECK_EQ(poll(&ready, 1, 0), 0);
    CHECK_ERRNO(openat(dir, "echo", O_RDONLY), EACCES);
    int client = openat(dir, "echo", O_RDWR);
    OK(client);
    CHECK_EQ(poll(&ready, 1, 0), 1);
    CHECK_EQ(ready.revents, POLLIN);
    CHECK_ERRNO(svc_accept(queue, h_bad, 0), EFAULT);
    struct peer peer;
    int server = svc_accept(queue, &peer, 0);
    OK(server);
    CHECK_EQ(peer.pid, getpid());
    CHECK_EQ(peer.uid, geteuid());
    CHECK_EQ(fcntl(server, F_GETFD), FD_CLOEXEC);
    say(client, server, "hello");
    say(server, client, "world");
    OK(close(client));
    char c;
    CHECK_EQ(read(server, &c, 1), 0);
    OK(close(server));
    // A connection that waits when the queue goes is at its end; the name stands for nobody until it is bound again.
    client = openat(dir, "echo", O_RDWR);
    OK(client);
    OK(close(queue));
    CHECK_EQ(read(client, &c, 1), 0);
    OK(close(client));
    CHECK_ERRNO(openat(dir, "echo", O_RDWR), ECONNREFUSED);
    queue = svc_bind(dir, "echo", NULL, 0);
    OK(queue);
    client = svc_connect(dir, "echo", NULL);
    OK(client);
    OK(close(client));
    OK(close(queue));
    OK(unlinkat(dir, "echo", 0));
}

static void waits_for_room(int dir) {
    struct bind two = {.connections = 2, .wait_ns = 20000000};
    int queue = svc_bind(dir, "busy", &two, sizeof two);
    OK(queue);
    int a = openat(dir, "busy", O_RDWR), b = openat(dir, "busy", O_RDWR);
    OK(a);
    OK(b);
    CHECK_ERRNO(openat(dir, "busy", O_RDWR | O_NONBLOCK), EAGAIN);
    struct connect_args now = {.flags = NONBLOCK}, bad = {.flags = 2};
    CHECK_ERRNO(svc_connect(dir, "busy", &now), EAGAIN);
    CHECK_ERRNO(svc_connect(dir, "busy", &bad), EINVAL);
    CHECK_ERRNO(openat(dir, "busy", O_RDWR), ETIMEDOUT);
    pid_t child = h_fork();
    if (child == 0) {
        struct connect_args later = {.deadline_ns = UINT64_MAX};
        int c = svc_connect(dir, "busy", &later);
        OK(c);
        CHECK_EQ(write(c, "x", 1), 1);
        _exit(0);
    }
    h_until_asleep(child, child);
    for (int i = 0; i < 3; i++) {
        struct peer peer;
        int server = svc_accept(queue, &peer, 0);
        OK(server);
        CHECK_EQ(peer.pid, i < 2 ? getpid() : child);
        char c = 0;
        if (i == 2) CHECK_EQ(read(server, &c, 1), 1);
        OK(close(server));
    }
    h_join(child);
    OK(close(a));
    OK(close(b));
    // Who waits for room when the queue goes is refused.
    a = openat(dir, "busy", O_RDWR), b = openat(dir, "busy", O_RDWR);
    child = h_fork();
    if (child == 0) {
        close(queue);
        struct connect_args later = {.deadline_ns = UINT64_MAX};
        CHECK_ERRNO(svc_connect(dir, "busy", &later), ECONNREFUSED);
        _exit(0);
    }
    h_until_asleep(child, child);
    OK(close(queue));
    h_join(child);
    OK(close(a));
    OK(close(b));
}

// A connection that its client has closed does not wait, unless there is a message in it.
static void clients_that_left(int dir) {
    struct bind two = {.connections = 2};
    struct connect_args now = {.flags = NONBLOCK};
    int queue = svc_bind(dir, "left", &two, sizeof two);
    OK(queue);
    struct pollfd ready = {.fd = queue, .events = POLLIN};
    int a = svc_connect(dir, "left", NULL), b = svc_connect(dir, "left", NULL);
    OK(a);
    OK(b);
    OK(close(a));
    CHECK_EQ(poll(&ready, 1, 0), 1);
    OK(close(b));
    CHECK_EQ(poll(&ready, 1, 0), 0);
    CHECK_ERRNO(svc_accept(queue, NULL, NONBLOCK), EAGAIN);
    // What they leave is room, also behind one that stays.
    a = svc_connect(dir, "left", &now), b = svc_connect(dir, "left", &now);
    OK(a);
    OK(b);
    CHECK_ERRNO(svc_connect(dir, "left", &now), EAGAIN);
    OK(close(b));
    b = svc_connect(dir, "left", &now);
    OK(b);
    CHECK_EQ(write(b, "news", 4), 4);
    OK(close(a));
    OK(close(b));
    CHECK_EQ(poll(&ready, 1, 0), 1);
    int server = svc_accept(queue, NULL, NONBLOCK);
    OK(server);
    char got[8];
    CHECK_EQ(read(server, got, sizeof got), 4);
    CHECK_EQ(read(server, got, sizeof got), 0);
    OK(close(server));
    CHECK_ERRNO(svc_accept(queue, NULL, NONBLOCK), EAGAIN);
    OK(close(queue));
    OK(unlinkat(dir, "left", 0));
}

int main(void) {
    if (svc_accept(-1, NULL, 0) == -1 && errno == ENOSYS) h_skip("this kernel has no native calls");
    h_scratch();
    OK(mount("svc", h_dir, "svc", 0, NULL));
    int dir = open(h_dir, O_RDONLY | O_DIRECTORY);
    OK(dir);
    arguments(dir);
    connects(dir);
    waits_for_room(dir);
    clients_that_left(dir);
    OK(close(dir));
    OK(umount2(h_dir, 0));
    CHECK_ERRNO(umount2(h_dir, 0), EINVAL);
    return 0;
}
