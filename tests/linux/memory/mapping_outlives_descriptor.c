// mmap(2): a mapping has its own hold of the object: closing the descriptor, removing the file and the end of the process
// that made it take nothing away, and the last mapping that goes gives the memory back.
// calls: mmap, munmap, memfd_create, mprotect, pidfd_getfd
#include "../harness.h"
#include <sys/sysinfo.h>
#include <sys/syscall.h>

enum { PAGES = 512 };
#define SIZE (PAGES * PAGE)

// The word that is to be found in page `i` of object `n`.
static uint64_t word(unsigned n, unsigned i) { return 0x9e3779b97f4a7c15ull * (n * 10007 + i + 1); }

static void fill(char *m, unsigned n) {
    for (unsigned i = 0; i < PAGES; i++) *(uint64_t *)(m + i * PAGE + 8 * (i % 500)) = word(n, i);
}

static void expect(const char *m, unsigned n) {
    for (unsigned i = 0; i < PAGES; i++) CHECK_EQ(*(const volatile uint64_t *)(m + i * PAGE + 8 * (i % 500)), word(n, i));
}

static char *map(int fd, int prot, int flags) {
    char *m = mmap(NULL, SIZE, prot, flags, fd, 0);
    CHECK(m != MAP_FAILED);
    return m;
}

// Takes frames that are free and writes to them: whatever was freed too early is other memory by then.
static void stir(void) {
    char *m = mmap(NULL, 2 * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(m != MAP_FAILED);
    memset(m, 0xa5, 2 * SIZE);
    OK(munmap(m, 2 * SIZE));
}

static int object(int kind) {
    int fd;
    if (kind == 0) fd = OK(memfd_create("object", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    else {
        fd = OK(open("object", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        OK(unlink("object"));
    }
    OK(ftruncate(fd, SIZE));
    return fd;
}

// The descriptor goes first, and one mapping after the other.
static void own(int kind) {
    int fd = object(kind);
    char *a = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED), *b = map(fd, PROT_READ, MAP_SHARED);
    fill(a, kind);
    OK(close(fd));
    stir();
    expect(b, kind);
    OK(munmap(a, SIZE));
    stir();
    expect(b, kind);
    // A part of it, moved elsewhere, and split.
    OK(munmap(b + PAGE, 100 * PAGE));
    CHECK_EQ(*(uint64_t *)b, word(kind, 0));
    char *moved = mremap(b + 101 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, b + PAGE);
    CHECK(moved == b + PAGE);
    CHECK_EQ(*(uint64_t *)(moved + 8 * 101), word(kind, 101));
    stir();
    CHECK_EQ(*(uint64_t *)(moved + 8 * 101), word(kind, 101));
    OK(munmap(b, SIZE));
}

// Who made the object is gone, without a word: another process has a mapping of it alone.
static void of_the_dead(int kind) {
    int to[2], back[2];
    OK(pipe(to)), OK(pipe(back));
    pid_t pid = h_fork();
    if (pid == 0) {
        int fd = object(kind);
        fill(map(fd, PROT_READ | PROT_WRITE, MAP_SHARED), 10 + kind);
        OK(write(to[1], &fd, sizeof fd));
        for (;;) pause();
    }
    int theirs;
    CHECK_EQ(OK(read(to[0], &theirs, sizeof theirs)), (long)sizeof theirs);
    int pidfd = OK(syscall(SYS_pidfd_open, pid, 0));
    int fd = OK(syscall(SYS_pidfd_getfd, pidfd, theirs, 0));
    char *m = map(fd, PROT_READ, MAP_SHARED), *private = map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    private[0] = 'x';
    OK(close(fd)), OK(close(pidfd));
    OK(kill(pid, SIGKILL));
    CHECK_EQ(h_wait(pid), SIGKILL);
    stir();
    expect(m, 10 + kind);
    CHECK_EQ(private[0], 'x');
    CHECK_EQ(*(uint64_t *)(private + PAGE + 8), word(10 + kind, 1));
    // A child has it too, and its parent's end of it does not take it away.
    OK(munmap(private, SIZE));
    pid = h_fork();
    if (pid == 0) {
        char c;
        CHECK_EQ(OK(read(back[0], &c, 1)), 1);
        stir();
        expect(m, 10 + kind);
        _exit(0);
    }
    OK(munmap(m, SIZE));
    OK(write(back[1], "x", 1));
    CHECK_EQ(h_wait(pid), 0);
    for (int i = 0; i < 2; i++) OK(close(to[i])), OK(close(back[i]));
}

// Read-only stays read-only, and seals hold for mappings that have no descriptor any more.
static void sealed(void) {
    int fd = object(0);
    char *m = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
    fill(m, 7);
    CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
    OK(munmap(m, SIZE));
    OK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL));
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int reader = OK(open(path, O_RDONLY | O_CLOEXEC));
    CHECK(mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EPERM);
    OK(close(fd));
    m = map(reader, PROT_READ, MAP_SHARED);
    CHECK_ERRNO(ftruncate(reader, 0), EINVAL);
    OK(close(reader));
    stir();
    expect(m, 7);
    CHECK_ERRNO(mprotect(m, SIZE, PROT_READ | PROT_WRITE), EACCES);
    OK(munmap(m, SIZE));
}

// 200 times 2 MiB are more than stays unnoticed: what nobody maps is free again.
static void given_back(void) {
    struct sysinfo before, after;
    OK(sysinfo(&before));
    for (int i = 0; i < 200; i++) {
        int fd = object(i % 2);
        char *m = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
        for (unsigned j = 0; j < PAGES; j++) m[j * PAGE] = 1;
        OK(close(fd));
        OK(munmap(m, SIZE));
    }
    OK(sysinfo(&after));
    CHECK(after.freeram * after.mem_unit + (64 << 20) > before.freeram * before.mem_unit);
}

int main(void) {
    h_scratch();
    for (int kind = 0; kind < 2; kind++) {
        own(kind);
        of_the_dead(kind);
    }
    sealed();
    given_back();
    return 0;
}
