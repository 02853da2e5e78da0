// mmap(2), madvise(2): when what is free lies in single pages, between pages in use, processes, threads, pipes and large tables of
// descriptors can still be made.
// calls: mmap madvise
// timeout: 120
// budget: none
#include "beside.h"

static size_t available_bytes(void) {
    long kib = 0;
    char *line = strstr(h_read_file("/proc/meminfo"), "MemAvailable:");
    CHECK(line && sscanf(line, "MemAvailable: %ld kB", &kib) == 1);
    return (size_t)kib * 1024;
}

static void *thread_main(void *arg) {
    h_await(*(int *)arg);
    return NULL;
}

static void threads(void) {
    enum { THREADS = 100 };
    pthread_t list[THREADS];
    int ends[2];
    OK(pipe(ends));
    for (int i = 0; i < THREADS; i++) CHECK_EQ(pthread_create(&list[i], NULL, thread_main, &ends[0]), 0);
    for (int i = 0; i < THREADS; i++) h_signal(ends[1]);
    for (int i = 0; i < THREADS; i++) CHECK_EQ(pthread_join(list[i], NULL), 0);
    OK(close(ends[0]));
    OK(close(ends[1]));
}

static void descriptors(void) {
    enum { PIPES = 400 };
    static char bytes[3 * PAGE];
    int ends[PIPES][2];
    for (int i = 0; i < PIPES; i++) {
        OK(pipe(ends[i]));
        CHECK_EQ(write(ends[i][1], bytes, sizeof bytes), sizeof bytes);
    }
    IN_CHILD(CHECK_EQ(read(ends[PIPES - 1][0], bytes, sizeof bytes), sizeof bytes)); // with a copy of the table
    for (int i = 0; i < PIPES; i++) {
        OK(close(ends[i][0]));
        OK(close(ends[i][1]));
    }
}

static void programs(const char *self) {
    static char text[100000];
    memset(text, 'x', sizeof text - 1);
    IN_CHILD({
        execl(self, self, text, text, NULL);
        FAIL("execl: errno %d", errno);
    });
}

int main(int argc, char **argv) {
    if (argc == 3) return strlen(argv[2]) == 99999 ? 0 : 1;
    struct beside *beside = beside_start(1);
    size_t spare = 12 << 20, holes = 64 << 20, bytes = available_bytes();
    CHECK(bytes > spare + holes + (64 << 20));
    bytes = (bytes - spare) / PAGE * PAGE;
    char *m = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(m != MAP_FAILED);
    OK(madvise(m, bytes, MADV_NOHUGEPAGE) == 0 || errno == EINVAL ? 0 : -1);
    OK(madvise(m, bytes, MADV_DONTFORK));
    for (size_t i = 0; i < bytes; i += PAGE) m[i] = 1;
    for (size_t i = 0; i < holes; i += 2 * PAGE) OK(madvise(m + bytes - holes + i, PAGE, MADV_DONTNEED));
    CHECK_EQ(m[bytes - holes], 0);
    for (int round = 0; round < 3; round++) {
        threads();
        descriptors();
        programs(argv[0]);
    }
    beside_goes_on(beside);
    OK(munmap(m, bytes));
    beside_finish(beside);
    return 0;
}
