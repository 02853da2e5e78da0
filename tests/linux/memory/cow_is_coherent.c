// mmap(2), memory model: when a page becomes a thread's own at the first write, no thread still reads the old one after it has
// heard of a write to the new one.
// calls: madvise
// timeout: 60
#include "../harness.h"

enum { ROUNDS = 60 };

// What is watched lies in the page that is zeroes until somebody writes; what is told, in another.
struct page { volatile long first, second; };
static struct page *page;
static struct { volatile long round, told; } *board;

// Makes the page its own.
static void *first(void *arg) {
    for (long round = 1; round <= ROUNDS; round++) {
        while (board->round < round) {}
        page->first = round;
    }
    return arg;
}

// Comes across it a moment later, and tells what it has written.
static void *second(void *arg) {
    for (long round = 1; round <= ROUNDS; round++) {
        while (board->round < round) {}
        for (volatile long i = 0; i < round % 64 * 8; i++) {}
        page->second = round;
        __sync_synchronize();
        board->told = round;
    }
    return arg;
}

int main(void) {
    page = h_pages(1);
    board = (void *)h_pages(1);
    board->round = 0;
    pthread_t threads[2];
    CHECK_EQ(pthread_create(&threads[0], NULL, first, NULL), 0);
    CHECK_EQ(pthread_create(&threads[1], NULL, second, NULL), 0);
    CHECK_ERRNO(madvise((char *)page + 1, PAGE, MADV_DONTNEED), EINVAL);
    for (long round = 1; round <= ROUNDS; round++) {
        OK(madvise(page, PAGE, MADV_DONTNEED));
        CHECK_EQ(page->second, 0);
        board->round = round;
        long told, value;
        do {
            // Both at once: an interrupt between them would hide it.
            __asm__ volatile("ld %0, 0(%2)\nfence r, r\nld %1, 0(%3)" : "=&r"(told), "=&r"(value) : "r"(&board->told), "r"(&page->second) : "memory");
            if (told == round && value != round) FAIL("round %ld: told of %ld, read %ld", round, told, value);
        } while (told != round);
        // The first one's write is over, too, before the page goes.
        while (page->first != round) {}
    }
    for (int i = 0; i < 2; i++) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    return 0;
}
