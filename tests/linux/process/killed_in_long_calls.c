// signal(7): who is in the middle of a call over very much memory ends as soon as it is killed.
// calls: mincore, process_vm_readv
// timeout: 60
#include "../harness.h"

enum { SHIFT = 37, MEMORY = 16 << 20, PIECES = 128 };

static char *huge; // 128 GiB, of which next to nothing is there

static void residency(void) {
    unsigned char *out = h_pages((1UL << (SHIFT - 12)) / PAGE);
    memset(out, 1, 1UL << (SHIFT - 12));
    OK(mincore(huge, PAGE, out));
    CHECK_EQ(out[0], 0);
    for (;;) mincore(huge, 1UL << SHIFT, out);
}

static void own_memory(void) {
    char *from = h_pages(2 * MEMORY / PAGE), *to = from + MEMORY;
    struct iovec sources[PIECES], places[PIECES];
    memset(from, 1, 2 * MEMORY);
    for (int i = 0; i < PIECES; i++) {
        sources[i] = (struct iovec){from, MEMORY - 1};
        places[i] = (struct iovec){to, MEMORY - 1};
    }
    struct iovec source = {from, 1}, place = {to, 1};
    to[0] = 0;
    CHECK_EQ(process_vm_readv(getpid(), &place, 1, &source, 1, 0), 1);
    CHECK_EQ(to[0], 1);
    for (;;) process_vm_readv(getpid(), places, PIECES, sources, PIECES, 0);
}

int main(void) {
    static void (*const each[])(void) = {residency, own_memory};
    huge = mmap(NULL, 1UL << SHIFT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(huge != MAP_FAILED);
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        pid_t child = h_fork();
        if (child == 0) each[i]();
        h_sleep_ms(300);
        OK(kill(child, SIGKILL));
        CHECK_EQ(h_wait(child), SIGKILL);
    }
    return 0;
}
