// syscalls(2): random calls with random arguments, from several processes and threads at once, in a World of their own that then ends.
// Whatever a program asks for, the kernel goes on, answers, and has everything back. Arguments: [SEED [ROUNDS]].
// calls: clone
// timeout: 90
#include "../harness.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>

enum { BUFFER = 16 * 4096, WORKERS = 3, CALLS = 400, ROUND_MS = 150, LINUX_END = 470 };

static unsigned char *buffer; // its last page ends where nothing is mapped
static volatile unsigned long *made;
static int native;
static const char *paths[] = {
    "a", "b", "dir", "dir/c", "link", "fifo", "sock", ".", "..", "", "dir/../a", "loop", "/proc/self/maps", "/proc/self/fd/5",
    "/proc/self/status", "/proc/self/stat", "/proc/self/fdinfo/7", "/proc/self/cwd", "/dev/null", "/dev/tty", "/dev/shm/x",
    "/proc/self/exe", "tmpfs", "proc", "user.name", "/proc/self/ns/pid",
};
enum { PATHS = sizeof paths / sizeof *paths };

typedef struct { uint64_t state; } Chance;

static uint64_t draw(Chance *c) {
    uint64_t z = c->state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}
static unsigned below(Chance *c, unsigned end) { return draw(c) % end; }

// A value that some argument of some call could be.
static uint64_t value(Chance *c) {
    switch (below(c, 20)) {
    case 0: case 1: return below(c, 17);
    case 2: case 3: case 4: return below(c, 48); // a descriptor
    case 5: return -(uint64_t)below(c, 6);
    case 6: return draw(c) >> below(c, 64);
    case 7: return (1ULL << below(c, 64)) + below(c, 3) - 1;
    case 8: case 9: case 10: return (uintptr_t)buffer + below(c, BUFFER) / 8 * 8;
    case 11: return (uintptr_t)buffer + BUFFER - below(c, 64);
    case 12: return (uintptr_t)buffer + below(c, BUFFER);
    case 13: return below(c, 4) ? 0 : 0xffffffc000000000 + draw(c) % (1ULL << 38);
    case 14: case 15: return (uintptr_t)paths[below(c, PATHS)];
    case 16: return 1ULL << below(c, 32) | (below(c, 2) ? 1ULL << below(c, 32) : 0);
    case 17: return below(c, 2) ? (uint64_t)getpid() : below(c, 8);
    case 18: return below(c, 40) * 4096ULL;
    default: return (uintptr_t)buffer + below(c, BUFFER / 4096) * 4096ULL;
    }
}

// Structs are words of 4 or 8 bytes: what they hold is drawn like the arguments.
static void refill(Chance *c) {
    for (int i = 0; i < 40; i++) {
        uint64_t word = value(c);
        memcpy(buffer + below(c, BUFFER - 8) / 8 * 8, &word, below(c, 2) ? 8 : 4);
    }
}

static int excluded(long number) {
    switch (number) {
    // The end of the caller or of the machine, its clock, and what waits whatever comes.
    case SYS_exit: case SYS_exit_group: case SYS_reboot: case SYS_rt_sigreturn: case SYS_kexec_load: case SYS_kexec_file_load:
    case SYS_settimeofday: case SYS_clock_settime: case SYS_clock_adjtime: case SYS_adjtimex: case SYS_syslog: case SYS_vhangup:
    case SYS_init_module: case SYS_finit_module: case SYS_delete_module: case SYS_swapon: case SYS_swapoff: case SYS_acct:
    case SYS_bpf: case SYS_perf_event_open: case SYS_quotactl:
        return 1;
    }
    return 0;
}

static void calls(Chance *c, int count) {
    static const unsigned natives[] = {0x1000, 0x1001, 0x1002, 0x1003, 0x1004, 0x1010, 0x1020, 0x1030, 0x1031, 0x1032,
                                       0x1033, 0x1034, 0x1035, 0x1040, 0x1041, 0x1042};
    for (int i = 0; i < count; i++) {
        long number = native && below(c, 8) == 0 ? natives[below(c, 16)] : below(c, LINUX_END);
        uint64_t args[6];
        for (int k = 0; k < 6; k++) args[k] = value(c);
        if (below(c, 2)) args[0] = below(c, 48);
        if (excluded(number)) continue;
        // Device nodes reach the machine.
        if (number == SYS_mknodat) args[2] &= ~(uint64_t)020000;
        if (i % 8 == 0) refill(c);
        pid_t self = syscall(SYS_getpid);
        (void)!syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]);
        __atomic_add_fetch(made, 1, __ATOMIC_RELAXED);
        // A copy of this process ends soon, or there would be ever more.
        if ((number == SYS_clone || number == SYS_clone3) && syscall(SYS_getpid) != self) count = i + below(c, 6);
    }
}

static void *thread(void *arg) {
    Chance c = {(uintptr_t)arg};
    calls(&c, CALLS);
    return NULL;
}

static void nothing(int signal) { (void)signal; }

// One of each kind of file.
static void open_all(void) {
    int pair[2];
    sigset_t set;
    struct epoll_event event = {.events = EPOLLIN};
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "sock"};
    open("a", O_RDWR | O_CREAT, 0666);
    open("b", O_RDWR | O_CREAT | O_APPEND, 0666);
    mkdir("dir", 0777);
    if (symlink("a", "link") | symlink("loop", "loop") | mkfifo("fifo", 0666)) {}
    open("fifo", O_RDWR | O_NONBLOCK);
    open("dir", O_RDONLY | O_DIRECTORY);
    open("dir", O_PATH);
    open("/proc/self/maps", O_RDONLY);
    open("/dev/zero", O_RDWR);
    open("/proc", O_RDONLY);
    for (int i = 0; i < 2; i++) OK(pipe2(pair, i ? O_NONBLOCK : 0));
    for (int kind = SOCK_STREAM; kind <= SOCK_DGRAM; kind++) OK(socketpair(AF_UNIX, kind, 0, pair));
    int fd = OK(socket(AF_UNIX, SOCK_STREAM, 0));
    if (bind(fd, (struct sockaddr *)&name, sizeof name) == 0) listen(fd, 4);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    int ep = OK(epoll_create1(0));
    epoll_ctl(ep, EPOLL_CTL_ADD, OK(eventfd(1, 0)), &event);
    epoll_ctl(ep, EPOLL_CTL_ADD, OK(timerfd_create(CLOCK_MONOTONIC, 0)), &event);
    epoll_ctl(ep, EPOLL_CTL_ADD, OK(signalfd(-1, &set, 0)), &event);
    inotify_add_watch(OK(inotify_init1(0)), ".", IN_ALL_EVENTS);
    if (ftruncate(OK(memfd_create("memory", 2)), 3 * PAGE)) {}
    syscall(SYS_pidfd_open, getpid(), 0);
    native = syscall(0x1000, pair, 0, 0) == 0;
    if (native) {
        syscall(0x1000, pair, 0, 0);
        syscall(0x1001, pair[0], buffer, 40);
        syscall(0x1030, -1, 0, 0);
    }
}

static void worker(uint64_t seed) {
    Chance c = {seed};
    struct itimerval tick = {{0, 5000}, {0, 5000}};
    struct rlimit space = {512 << 20, 512 << 20}, stack = {1 << 20, 1 << 20}, size = {1 << 20, 1 << 20}, core = {0, 0};
    for (int i = 1; i < 32; i++)
        if (i != SIGKILL && i != SIGSTOP && i != SIGSEGV && i != SIGBUS && i != SIGILL && i != SIGABRT) h_on_signal(i, nothing, 0);
    setrlimit(RLIMIT_AS, &space);
    setrlimit(RLIMIT_STACK, &stack);
    setrlimit(RLIMIT_FSIZE, &size);
    setrlimit(RLIMIT_CORE, &core);
    int fd = open("/dev/null", O_RDWR);
    for (int i = 0; i < 3; i++) dup2(fd, i);
    open_all();
    if (below(&c, 2)) h_drop_to(1000);
    setitimer(ITIMER_REAL, &tick, NULL);
    refill(&c);
    pthread_t other;
    pthread_create(&other, NULL, thread, (void *)(uintptr_t)draw(&c));
    calls(&c, CALLS);
    _exit(0);
}

// Process 1 of the round: whatever the others became, its end is theirs.
static void first(uint64_t seed, const char *scratch) {
    Chance c = {seed};
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || mount("x", scratch, "tmpfs", 0, "size=16m") != 0) _exit(1);
    OK(chdir(scratch));
    // The only root there is: no way up leads out of it.
    OK(mount(".", "/", NULL, MS_MOVE, NULL));
    OK(chroot("."));
    OK(mkdir("proc", 0755) | mkdir("dev", 0755) | mkdir("dev/shm", 0777) | mkdir("work", 0777));
    OK(mount("proc", "proc", "proc", 0, NULL));
    OK(mknod("dev/null", S_IFCHR | 0666, 1 << 8 | 3) | mknod("dev/zero", S_IFCHR | 0666, 1 << 8 | 5));
    OK(chdir("work"));
    OK(chmod(".", 0777));
    for (int i = 0; i < WORKERS; i++) {
        uint64_t of_worker = draw(&c);
        if (fork() == 0) worker(of_worker);
    }
    int64_t end = h_now_ns(CLOCK_MONOTONIC) + ROUND_MS * 1000000LL;
    while (h_now_ns(CLOCK_MONOTONIC) < end && waitpid(-1, NULL, WNOHANG) >= 0) h_sleep_ms(2);
    _exit(0);
}

int main(int argc, char **argv) {
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    int rounds = argc > 2 ? atoi(argv[2]) : getenv("KTEST_FULL") ? 200 : 20;
    if (geteuid() != 0) h_skip("needs root");
    h_scratch();
    OK(mkdir("root", 0755));
    made = h_shared(PAGE);
    buffer = h_pages(BUFFER / PAGE + 1);
    OK(munmap(buffer + BUFFER, PAGE));
    for (int round = 0; round < rounds; round++) {
        if (argc > 1) dprintf(1, "seed %llu\n", (unsigned long long)seed + round);
        pid_t child = h_fork();
        if (child == 0) {
            OK(unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC));
            pid_t inner = fork();
            if (inner == 0) first(seed + round, "root");
            h_wait(inner);
            _exit(0);
        }
        h_join(child);
    }
    CHECK(*made > (unsigned long)rounds * 100);
    return 0;
}
