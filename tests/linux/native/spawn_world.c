// spawn: the World of the child is the caller's or narrower: grants that it does not keep are gone also for uid 0, another root is all
// that there is, scopes and names are its own; what has been given up does not come back, neither by unshare nor by another spawn.
// calls: spawn
// only: rvos
#include "spawn.h"
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/utsname.h>

#define WANT(number, condition)                                                                                                    \
    do {                                                                                                                           \
        if (!(condition)) return number;                                                                                           \
    } while (0)
#define FAILS(expression, want) ((expression) == -1 && errno == (want))

// A stream socket does something with an abstract name.
static int to_name(int (*what)(int, const struct sockaddr *, socklen_t)) {
    struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "\0spawn_world"};
    return what(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&a, sizeof a);
}

static int no_grants(void) {
    struct timespec t = {1, 0};
    WANT(1, getuid() == 0);
    WANT(2, FAILS(mount("none", "/tmp", "tmpfs", 0, NULL), EPERM));
    WANT(3, FAILS(umount2("/proc", 0), EPERM));
    WANT(4, FAILS(clock_settime(CLOCK_REALTIME, &t), EPERM));
    WANT(5, FAILS(syscall(SYS_syslog, 10, NULL, 0), EPERM));
    WANT(6, FAILS(syscall(SYS_reboot, 0xfee1dead, 672274793, 0x4321fedc, 0), EPERM));
    WANT(7, FAILS(sethostname("x", 1), EPERM));
    WANT(8, FAILS(mknod("/tmp/null", S_IFCHR | 0600, 0x103), EPERM));
    WANT(9, FAILS(syscall(SYS_socket, 2, 1, 0), ENETDOWN));
    // Abstract names of sockets are the network's: there are none, and one's own is nobody else's.
    WANT(15, FAILS(to_name(connect), ECONNREFUSED));
    WANT(16, to_name(bind) == 0);
    struct utsname name;
    WANT(10, uname(&name) == 0 && name.nodename[0]);
    struct sched_param p = {1};
    WANT(11, FAILS(sched_setscheduler(0, SCHED_FIFO, &p), EPERM));
    // A fresh mount namespace gives no grant, fresh names are one's own.
    WANT(12, unshare(CLONE_NEWNS) == 0 && FAILS(mount("none", "/tmp", "tmpfs", 0, NULL), EPERM));
    WANT(13, unshare(CLONE_NEWUTS) == 0 && sethostname("mine", 4) == 0);
    // Another spawn asks for all and gets what is left.
    char self[PATH_MAX] = {0};
    WANT(14, readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    char *words[] = {self, "still", NULL};
    struct spawn_args a = s_args(self, words);
    int fd = s_spawn(&a);
    WANT(17, fd >= 0);
    return s_end(fd);
}

static int below_root(void) {
    struct stat s;
    WANT(1, stat("/inside", &s) == 0);
    WANT(2, FAILS(stat("/proc/self", &s), ENOENT));
    WANT(3, stat("/../../inside", &s) == 0);
    // The way out of a chroot does not lead out.
    WANT(4, mkdir("/deep", 0755) == 0 && chroot("/deep") == 0);
    for (int i = 0; i < 20; i++) WANT(5, chdir("..") == 0);
    WANT(6, stat("inside", &s) == 0 && FAILS(stat("proc", &s), ENOENT));
    WANT(7, getpid() == 1 && FAILS(kill(2, 0), ESRCH));
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1 && !strcmp(argv[1], "grants")) return no_grants();
    if (argc > 1 && !strcmp(argv[1], "still")) return FAILS(mount("none", "/tmp", "tmpfs", 0, NULL), EPERM) ? 0 : 40;
    if (argc > 1 && !strcmp(argv[1], "root")) return below_root();
    if (argc > 1) { // without a root: nothing can be named, nothing made
        struct stat s;
        WANT(1, stat("/", &s) == 0);
        WANT(2, FAILS(stat("/etc", &s), ENOENT));
        WANT(3, FAILS(mkdir("/new", 0700), EROFS));
        return 0;
    }
    char self[PATH_MAX] = {0};
    OK(readlink("/proc/self/exe", self, sizeof self - 1));
    char *words[] = {self, "grants", NULL};
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0spawn_world"};
    int listener = OK(socket(AF_UNIX, SOCK_STREAM, 0));
    OK(bind(listener, (struct sockaddr *)&name, sizeof name));
    OK(listen(listener, 1));
    struct spawn_args a = s_args(self, words);
    a.grants = 0;
    a.flags = SPAWN_NO_NET | SPAWN_NO_UTS | SPAWN_NO_IPC;
    int fd = OK(s_spawn(&a));
    CHECK_EQ(s_end(fd), 0);
    h_scratch();
    OK(mkdir("root", 0755));
    h_write_file("root/inside", "");
    words[1] = "root";
    a = s_args(NULL, words);
    a.program = OK(open(self, O_RDONLY | O_CLOEXEC));
    a.root = OK(open("root", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    a.namespaces = CLONE_NEWPID;
    fd = OK(s_spawn(&a));
    CHECK_EQ(s_end(fd), 0);
    words[1] = "empty";
    a.root = -1;
    a.flags = SPAWN_NO_ROOT;
    fd = OK(s_spawn(&a));
    CHECK_EQ(s_end(fd), 0);
    // What the caller is has not changed.
    OK(mount("none", "root", "tmpfs", 0, NULL));
    OK(umount2("root", 0));
    return 0;
}
