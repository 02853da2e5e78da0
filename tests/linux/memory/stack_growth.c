// mmap(2), MAP_GROWSDOWN; the stack: an access below grows it, up to the limit and never into the guard gap of another mapping.
// calls: mmap
#include "../harness.h"

int main(void) {
    stack_t stack = {.ss_sp = h_pages(16), .ss_size = 16 * PAGE};
    OK(sigaltstack(&stack, NULL));
    h_expect_fault(SIGSEGV, SA_ONSTACK);
    // The process's own stack: 1 MiB further down at once.
    volatile char here, *deep = &here - (1 << 20);
    *deep = 1;
    CHECK_EQ(*deep, 1);
    char *area = mmap(NULL, 2048 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(area != MAP_FAILED);
    OK(munmap(area, 2048 * PAGE));
    char *low = mmap(area, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    char *top = mmap(area + 2047 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
    CHECK(low == area && top == area + 2047 * PAGE);
    for (int i = 1; i <= 64; i++) top[-i * (long)PAGE] = i;
    CHECK_EQ(top[-64 * (long)PAGE], 64);
    volatile int reached = 0;
    int ended = H_FAULTS(for (int i = 65; i < 2047; i++) {
        *(volatile char *)(top - i * (long)PAGE) = 1;
        reached = i;
    });
    CHECK_EQ(ended, SIGSEGV); // and did not grow into its neighbour
    // stack_guard_gap: 256 pages stay free.
    CHECK(reached >= 2047 - 256 - 3 && reached <= 2047 - 256);
    CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0) == MAP_FAILED && errno == EINVAL);
    return 0;
}
