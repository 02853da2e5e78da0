// Memory that is passed on in messages: the rights of the descriptor bound the mapping and what mprotect(2) may make of it, seals
// hold for who received it, its maker's budget pays for it as long as that is there, and then the one above.
// calls: memfd_create, chan_send, chan_recv, fd_restrict, mmap, mprotect, budget_usage, budget_join
// only: rvos
#include "../channel.h"
#include "budget.h"

enum { PAGES = 256, READ = 1, WRITE = 2, EXEC = 8, MAP = 16, STAT = 64, CHANGE = 128, DUP = 1024, TRANSFER = 2048 };
#define SIZE (PAGES * PAGE)

static int object(void) {
    int fd = OK(memfd_create("object", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    OK(ftruncate(fd, SIZE));
    char *m = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(m != MAP_FAILED);
    for (int i = 0; i < PAGES; i++) m[i * PAGE] = i;
    OK(munmap(m, SIZE));
    return fd;
}

static int pass(const int ends[2], int fd) {
    int got = -1;
    char c;
    CHECK_EQ(ch_send(ends[0], "x", 1, &fd, 1, 0), 0);
    CHECK_ERRNO(fcntl(fd, F_GETFD), EBADF);
    CHECK_EQ(ch_recv(ends[1], &c, 1, &got, 1, 0, NULL), 1);
    return got;
}

static void no_map(int fd, int prot, int flags, int error) {
    CHECK(mmap(NULL, SIZE, prot, flags, fd, 0) == MAP_FAILED);
    CHECK_EQ(errno, error);
}

static void rights(void) {
    int ends[2];
    ch_pair(ends);
    int fd = object();
    OK(rvos_fd_restrict(fd, READ | MAP | STAT | TRANSFER));
    fd = pass(ends, fd);
    CHECK_EQ(OK(rvos_fd_restrict(fd, 0x7fff)), READ | MAP | STAT | TRANSFER);
    no_map(fd, PROT_READ | PROT_WRITE, MAP_SHARED, EACCES);
    no_map(fd, PROT_READ | PROT_EXEC, MAP_SHARED, EACCES);
    char *m = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
    CHECK(m != MAP_FAILED && m[5 * PAGE] == 5);
    CHECK_ERRNO(mprotect(m, SIZE, PROT_READ | PROT_WRITE), EACCES);
    CHECK_ERRNO(mprotect(m, SIZE, PROT_READ | PROT_EXEC), EACCES);
    CHECK_ERRNO(ftruncate(fd, 0), EBADF);
    CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBADF);
    CHECK_EQ(OK(fcntl(fd, F_GET_SEALS)), 0);
    // A copy of one's own is not the object.
    char *copy = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    CHECK(copy != MAP_FAILED);
    copy[0] = 'c';
    CHECK_EQ(m[0], 0);
    OK(munmap(copy, SIZE));
    // The mapping stays without a descriptor, and no right of it comes back.
    OK(close(fd));
    CHECK_EQ(m[200 * PAGE], (char)200);
    CHECK_ERRNO(mprotect(m, SIZE, PROT_READ | PROT_WRITE), EACCES);
    OK(mprotect(m, SIZE, PROT_NONE));
    OK(mprotect(m, SIZE, PROT_READ));
    OK(munmap(m, SIZE));
    // What may be read may not be mapped by that, and what may not be passed on stays.
    fd = object();
    OK(rvos_fd_restrict(fd, READ | TRANSFER | DUP));
    fd = pass(ends, fd);
    no_map(fd, PROT_READ, MAP_SHARED, EACCES);
    char c = 0;
    CHECK_EQ(OK(pread(fd, &c, 1, 3 * PAGE)), 1);
    CHECK_EQ(c, 3);
    OK(rvos_fd_restrict(fd, READ | DUP));
    CHECK_ERRNO(ch_send(ends[0], "x", 1, &fd, 1, 0), EACCES);
    OK(close(fd));
    for (int i = 0; i < 2; i++) OK(close(ends[i]));
}

static void seals(void) {
    int ends[2];
    ch_pair(ends);
    int fd = object(), twin = OK(dup(fd));
    // Who is given memory to read relies on nobody changing it: a mapping that may write is in the way of that.
    fd = pass(ends, fd);
    char *m = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, twin, 0);
    CHECK(m != MAP_FAILED);
    OK(close(twin));
    CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
    OK(munmap(m, SIZE));
    OK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW));
    fd = pass(ends, fd);
    CHECK_EQ(OK(fcntl(fd, F_GET_SEALS)), F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW);
    no_map(fd, PROT_READ | PROT_WRITE, MAP_SHARED, EPERM);
    CHECK_ERRNO(ftruncate(fd, 0), EPERM);
    m = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
    CHECK(m != MAP_FAILED);
    CHECK_ERRNO(mprotect(m, SIZE, PROT_READ | PROT_WRITE), EACCES);
    CHECK_EQ(m[7 * PAGE], 7);
    OK(munmap(m, SIZE));
    OK(close(fd));
    for (int i = 0; i < 2; i++) OK(close(ends[i]));
}

static uint64_t frames(int budget) { return budget_look(budget).usage[FRAMES]; }

// Its maker's budget pays, not that of who holds or maps it; a message that is lost gives it back.
static void charges(void) {
    int ends[2], budget = OK(rvos_budget_create(-1, NULL, 0)), other = OK(rvos_budget_create(-1, NULL, 0));
    ch_pair(ends);
    pid_t pid = budget_fork(budget);
    if (pid == 0) {
        int fd = object();
        _exit(ch_send(ends[0], "x", 1, &fd, 1, 0) ? 1 : 0);
    }
    CHECK_EQ(h_wait(pid), 0);
    CHECK_EQ(budget_look(budget).usage[PROCESSES], 0);
    CHECK(frames(budget) >= PAGES);
    int fd = -1;
    char c;
    CHECK_EQ(ch_recv(ends[1], &c, 1, &fd, 1, 0, NULL), 1);
    uint64_t own = frames(-1), before = frames(budget);
    pid = budget_fork(other);
    if (pid == 0) {
        char *m = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
        for (int i = 0; i < PAGES; i++) CHECK_EQ(m[i * PAGE], (char)i);
        // Page tables, stack, this and that; not the memory.
        CHECK(frames(other) < PAGES);
        _exit(0);
    }
    CHECK_EQ(h_wait(pid), 0);
    char *m = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
    CHECK(m != MAP_FAILED);
    OK(close(fd));
    for (int i = 0; i < PAGES; i++) CHECK_EQ(m[i * PAGE], (char)i);
    CHECK(frames(budget) >= before && frames(budget) < before + 32);
    // The budgets are shared: what is charged below counts above, and it does so when the one below is gone.
    uint64_t above = frames(-1);
    CHECK(above < own + 32);
    OK(close(budget));
    CHECK(frames(-1) + 32 > above);
    CHECK_EQ(m[9 * PAGE], 9);
    OK(munmap(m, SIZE));
    CHECK(frames(-1) + PAGES - 32 <= above);
    // In a message that nobody takes.
    fd = object();
    CHECK(frames(-1) + 32 > above);
    CHECK_EQ(ch_send(ends[0], "x", 1, &fd, 1, 0), 0);
    OK(close(ends[0]));
    CHECK(frames(-1) + 32 > above);
    OK(close(ends[1]));
    CHECK(frames(-1) + PAGES - 32 <= above);
    OK(close(other));
}

// A carved budget that ends: its parent has what was reserved back but for what survives, and pays for that.
static void carved(void) {
    int outer = OK(budget_new(-1, 0, 1 << FRAMES, FRAMES, 2000)), inner = OK(budget_new(outer, 0, 1 << FRAMES, FRAMES, 1000));
    int ends[2];
    ch_pair(ends);
    CHECK(frames(outer) >= 1000 && frames(outer) < 1100);
    pid_t pid = budget_fork(inner);
    if (pid == 0) {
        int fd = object();
        _exit(ch_send(ends[0], "x", 1, &fd, 1, 0) ? 1 : 0);
    }
    CHECK_EQ(h_wait(pid), 0);
    CHECK(frames(inner) >= PAGES && frames(inner) < PAGES + 64);
    OK(close(inner));
    CHECK(frames(outer) >= PAGES && frames(outer) < PAGES + 128);
    OK(close(ends[0]));
    OK(close(ends[1]));
    CHECK(frames(outer) < 128);
    OK(close(outer));
}

int main(void) {
    rights();
    seals();
    charges();
    carved();
    return 0;
}
