// Random walks over the ways from a descriptor to another: each has exactly the rights that a naive model allows, whether it was
// duplicated, reopened by name, looked up below, taken from another process, moved in a message, listed for a child or restricted.
// calls: fd_restrict openat dup dup3 fcntl pidfd_open pidfd_getfd chan_create chan_send chan_recv spawn memfd_create mmap mprotect
// only: rvos
#include "../channel.h"
#include "../native/spawn.h"
#include "rights.h"

enum { MOST = 24, STEPS = 1500 };
enum kind { FREE, FILE_, DIR_, SUBDIR, PIPE_READ };

// The model: what each descriptor is and may, by number.
static struct { enum kind kind; long rights; int fd, access; } held[MOST];

static uint64_t seed;
static unsigned below(unsigned n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

static int any(void) {
    for (int tries = 0; tries < 100; tries++) {
        int i = below(MOST);
        if (held[i].kind != FREE) return i;
    }
    return -1;
}

static int self_pidfd, ends[2];
static char self_path[PATH_MAX];

static int is_dir(int i) { return held[i].kind == DIR_ || held[i].kind == SUBDIR; }

static void take(int fd, enum kind kind, long most, int access) {
    CHECK_EQ(rights_of(fd), most);
    for (int i = 0; i < MOST; i++)
        if (held[i].kind == FREE) {
            held[i].kind = kind, held[i].rights = most, held[i].fd = fd, held[i].access = access;
            return;
        }
    OK(close(fd));
}

static void drop(int i) {
    OK(close(held[i].fd));
    held[i].kind = FREE;
}

// What the descriptor allows in fact.
static void probe(int i) {
    int fd = held[i].fd, access = held[i].access;
    long r = held[i].rights;
    char c;
    struct stat st;
    CHECK_EQ(fstat(fd, &st), r & R_STAT ? 0 : -1);
    if (is_dir(i)) {
        CHECK_EQ(access != O_PATH && mkdirat(fd, "made", 0700) == 0, access != O_PATH && (r & (R_WALK | R_CHANGE)) == (R_WALK | R_CHANGE));
        unlinkat(fd, "made", AT_REMOVEDIR);
        int up = openat(fd, "..", O_PATH | O_CLOEXEC);
        CHECK_EQ(up >= 0, (r & (R_WALK | R_WALK_UP)) == (R_WALK | R_WALK_UP));
        if (up >= 0) OK(close(up));
        return;
    }
    if (access == O_PATH || held[i].kind == PIPE_READ) return;
    CHECK_EQ(pread(fd, &c, 1, 0) == 1, r & R_READ && access != O_WRONLY);
    CHECK_EQ(pwrite(fd, "x", 1, 0) == 1, r & R_WRITE && access != O_RDONLY);
    CHECK_EQ(fchmod(fd, 0600) == 0, (r & R_CHANGE) != 0);
    for (int prot = PROT_READ; prot <= (PROT_READ | PROT_WRITE | PROT_EXEC); prot++) {
        int may = r & R_MAP && r & R_READ && access != O_WRONLY;
        if (prot & PROT_WRITE) may = may && r & R_WRITE && access == O_RDWR;
        if (prot & PROT_EXEC) may = may && r & R_EXEC;
        char *m = mmap(NULL, PAGE, prot, MAP_SHARED, fd, 0);
        CHECK_EQ(m != MAP_FAILED, !!may);
        if (m != MAP_FAILED) OK(munmap(m, PAGE));
        m = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
        if (m == MAP_FAILED) continue;
        CHECK_EQ(mprotect(m, PAGE, prot) == 0, !!may);
        OK(munmap(m, PAGE));
    }
}

static void make(void) {
    int fd, pipes[2];
    switch (below(5)) {
    case 0: fd = OK(open("dir/file", O_RDWR | O_CLOEXEC)), take(fd, FILE_, R_ALL, O_RDWR); break;
    case 1: fd = OK(open("dir/file", O_RDONLY)), take(fd, FILE_, R_ALL, O_RDONLY); break;
    case 2: fd = OK(open("dir", O_RDONLY | O_DIRECTORY)), take(fd, DIR_, R_ALL, O_RDONLY); break;
    case 3: OK(pipe(pipes)), OK(close(pipes[1])), take(pipes[0], PIPE_READ, R_ALL, O_RDONLY); break;
    case 4:
        fd = OK(memfd_create("memory", MFD_CLOEXEC));
        CHECK_EQ(write(fd, "content", 7), 7);
        take(fd, FILE_, R_ALL, O_RDWR);
        break;
    }
}

static void shrink(int i) {
    long keep = below(R_ALL + 1) | below(R_ALL + 1) | below(R_ALL + 1);
    if (held[i].rights & ~keep) held[i].rights &= keep & ~R_WALK_UP;
    CHECK_EQ(restrict_to(held[i].fd, keep), held[i].rights);
    CHECK_EQ(shown(held[i].fd), held[i].rights);
}

static void duplicate(int i) {
    int fd = -1, number = 100 + below(20);
    switch (number == held[i].fd ? 0 : below(3)) {
    case 0: fd = dup(held[i].fd); break;
    case 1: fd = dup3(held[i].fd, number, O_CLOEXEC); break;
    case 2: fd = fcntl(held[i].fd, F_DUPFD, 130); break;
    }
    CHECK_EQ(fd >= 0, (held[i].rights & R_DUP) != 0);
    if (fd < 0) return;
    // dup3 may have replaced one that was held.
    for (int k = 0; k < MOST; k++)
        if (held[k].kind != FREE && held[k].fd == fd) held[k].kind = FREE;
    take(fd, held[i].kind, held[i].rights, held[i].access);
}

static int within(long rights, int access) {
    if (access == O_PATH) return 1;
    long need = access == O_RDWR ? R_READ | R_WRITE : access == O_WRONLY ? R_WRITE : R_READ;
    return (rights & need) == need;
}

static void reopen(int i) {
    static const int modes[] = {O_RDONLY, O_WRONLY, O_RDWR, O_PATH};
    int access = modes[below(4)];
    if (held[i].kind != FILE_ && access != O_PATH) access = O_RDONLY;
    if (held[i].kind == PIPE_READ && access == O_PATH) return;
    int fd = by_proc(held[i].fd, access | O_NONBLOCK);
    CHECK_EQ(fd >= 0, (held[i].rights & R_DUP) != 0 && within(held[i].rights, access));
    if (fd >= 0) take(fd, held[i].kind, held[i].rights, access);
}

static void below_directory(int i) {
    static const int modes[] = {O_RDONLY, O_WRONLY, O_RDWR, O_PATH};
    int access = modes[below(4)], create = below(2) && access != O_PATH ? O_CREAT : 0;
    static const char *const names[] = {"file", "sub/../file", "link", "sub/deep"};
    long r = held[i].rights;
    int fd = openat(held[i].fd, names[below(4)], access | create | O_CLOEXEC, 0600);
    CHECK_EQ(fd >= 0, r & R_WALK && within(r, access));
    if (fd >= 0) take(fd, FILE_, r, access);
    int deeper = held[i].kind == DIR_ && below(2);
    fd = openat(held[i].fd, deeper ? "sub" : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK_EQ(fd >= 0, r & R_WALK && r & R_READ);
    if (fd >= 0) take(fd, deeper ? SUBDIR : held[i].kind, r, O_RDONLY);
}

// From a process to itself: what another one would get that may take hold of it.
static void take_from_process(int i) {
    int fd = (int)syscall(SYS_pidfd_getfd, self_pidfd, held[i].fd, 0);
    CHECK_EQ(fd >= 0, (held[i].rights & R_DUP) != 0);
    if (fd >= 0) take(fd, held[i].kind, held[i].rights, held[i].access);
}

// A message moves it; who receives a directory cannot go up from there.
static void move_by_message(int i) {
    long sent = ch_send(ends[0], "", 0, &held[i].fd, 1, 0);
    CHECK_EQ(sent == 0, (held[i].rights & R_TRANSFER) != 0);
    if (sent != 0) return;
    CHECK_ERRNO(fcntl(held[i].fd, F_GETFD), EBADF);
    enum kind kind = held[i].kind;
    long rights = held[i].rights & ~R_WALK_UP;
    int fd = -1, access = held[i].access;
    held[i].kind = FREE;
    OK(ch_recv(ends[1], NULL, 0, &fd, 1, 0, NULL));
    take(fd, kind, rights, access);
}

// A child gets what is listed, as it is here: it says itself what it has (main).
static void list(int i) {
    char rights[24];
    snprintf(rights, sizeof rights, "%ld", held[i].rights);
    char *words[] = {self_path, rights, NULL};
    struct spawn_args a = s_args(self_path, words);
    struct spawn_fd fds[4] = {{0, 0}, {1, 1}, {2, 2}, {held[i].fd, 5}};
    a.fds = (uintptr_t)fds, a.fd_count = 4;
    long fd = s_spawn(&a), may = (held[i].rights & (R_DUP | R_TRANSFER)) == (R_DUP | R_TRANSFER);
    CHECK_EQ(fd >= 0, may);
    if (fd >= 0) CHECK_EQ(s_end((int)fd), 0);
}

// A mapping has no more than the descriptor had when it was made, whatever becomes of the descriptor.
static void map(int i) {
    int fd = held[i].fd;
    char *m = mmap(NULL, PAGE, PROT_NONE, MAP_SHARED, fd, 0);
    if (m == MAP_FAILED) return;
    long r = held[i].rights;
    int may = r & R_WRITE && r & R_READ && held[i].access == O_RDWR;
    OK(restrict_to(fd, r & (R_DUP | R_STAT)));
    held[i].rights = r & (R_DUP | R_STAT);
    CHECK_EQ(mprotect(m, PAGE, PROT_READ | PROT_WRITE) == 0, !!may);
    CHECK_EQ(mprotect(m, PAGE, PROT_READ | PROT_EXEC) == 0, r & R_READ && r & R_EXEC && held[i].access != O_WRONLY);
    OK(munmap(m, PAGE));
    CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
}

static void in_child(void) {
    IN_CHILD(for (int i = 0; i < MOST; i++) {
        if (held[i].kind == FREE) continue;
        if (held[i].rights & R_DUP) {
            probe(i);
            CHECK_EQ(rights_of(held[i].fd), held[i].rights);
        } else {
            CHECK_ERRNO(fcntl(held[i].fd, F_GETFD), EBADF);
        }
    });
}

static void step(void) {
    int i = any();
    if (i < 0 || below(8) == 0) {
        make();
        return;
    }
    switch (below(12)) {
    case 0: shrink(i); break;
    case 1: case 2: duplicate(i); break;
    case 3: case 4: reopen(i); break;
    case 5: if (is_dir(i)) below_directory(i); break;
    case 6: probe(i); break;
    case 7: drop(i); break;
    case 8: take_from_process(i); break;
    case 9: move_by_message(i); break;
    case 10: if (held[i].kind == FILE_ && held[i].access != O_PATH) map(i); break;
    case 11: if (below(4) == 0) list(i); break;
    }
}

int main(int argc, char **argv) {
    if (argc == 2) return rights_of(5) != atol(argv[1]) || fcntl(6, F_GETFD) != -1;
    OK(readlink("/proc/self/exe", self_path, sizeof self_path - 1));
    self_pidfd = OK(syscall(SYS_pidfd_open, getpid(), 0));
    ch_pair(ends);
    h_scratch();
    // The same names in the directory and in its `sub`.
    for (char path[32] = "dir", *end = path + 3; strlen(path) < 9; strcpy(end, "/sub"), end += 4) {
        char name[64];
        OK(mkdir(path, 0755));
        snprintf(name, sizeof name, "%s/file", path), h_write_file(name, "content");
        snprintf(name, sizeof name, "%s/deep", path), h_write_file(name, "content");
        snprintf(name, sizeof name, "%s/link", path), OK(symlink("sub/../file", name));
    }
    OK(mkdir("dir/sub/sub", 0755));
    h_write_file("dir/sub/sub/deep", "content");
    for (unsigned walk = 0; walk < 4; walk++) {
        seed = 77 + walk;
        for (int n = 0; n < STEPS; n++) {
            step();
            if (n % 100 == 0) in_child();
        }
        for (int i = 0; i < MOST; i++)
            if (held[i].kind != FREE) drop(i);
    }
    return 0;
}
