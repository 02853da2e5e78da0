// _exit(2), munmap(2): address spaces of every shape are taken down at once and completely; memory is back when the parent has waited.
// calls: wait4 mmap sysinfo
// timeout: 120
#include "../harness.h"
#include <sys/sysinfo.h>

static unsigned long free_bytes(void) {
    struct sysinfo info = {0};
    OK(sysinfo(&info));
    CHECK(info.freeram > 0);
    return info.freeram * info.mem_unit;
}

static int __attribute__((noinline)) use_stack(int depth) {
    volatile char frame[4096];
    frame[0] = depth;
    return depth ? use_stack(depth - 1) + frame[0] : 0;
}

static void shape(int kind) {
    char *area = h_pages(512);
    for (int i = 0; i < 512; i += 1 + kind % 3) area[i * PAGE] = i;
    for (int i = 1; i < 512; i += 2) // many small regions
        if (kind % 2) OK(mprotect(area + i * PAGE, PAGE, PROT_READ));
        else if (i % 16 == 1) OK(munmap(area + i * PAGE, PAGE));
    use_stack(kind * 20);
    char *shared = h_shared(64 * PAGE);
    memset(shared, kind, 64 * PAGE);
    pid_t child = kind % 4 == 3 ? h_fork() : 1;
    if (child == 0) {
        memset(area, 1, PAGE);
        for (;;) pause();
    }
    if (child > 1) h_kill_and_reap(child);
    if (kind % 5 == 0) raise(SIGKILL);
    if (kind % 5 == 1) *(volatile char *)h_bad = 1;
    _exit(0);
}

int main(void) {
    struct rlimit no_core = {0, 0};
    OK(setrlimit(RLIMIT_CORE, &no_core));
    unsigned long least = ~0UL, first = 0;
    for (int i = 0; i < 70; i++) {
        pid_t child = h_fork();
        if (child == 0) shape(i % 20);
        int wanted = i % 5 == 0 ? SIGKILL : i % 5 == 1 ? SIGSEGV : 0;
        CHECK_EQ(h_wait(child) & ~0x80, wanted);
        if (i == 20) first = free_bytes();
        if (i > 20 && free_bytes() < least) least = free_bytes();
    }
    if (least + (8 << 20) < first) FAIL("free memory fell from %lu to %lu", first, least);
    CHECK_ERRNO(waitpid(-1, NULL, 0), ECHILD);
    return 0;
}
