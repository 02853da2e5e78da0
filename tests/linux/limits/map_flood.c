// mmap(2): of a million mappings only about vm.max_map_count (65,530) are made, then ENOMEM; a program beside it goes on.
// calls: mmap
// timeout: 120
// budget: none
#include "beside.h"

int main(void) {
    struct beside *beside = beside_start(1);
    pid_t pid = h_fork();
    if (pid == 0) {
        // Every second page of its own address space, so that no two become one.
        char *area = mmap(NULL, 2000001 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        CHECK(area != MAP_FAILED);
        OK(munmap(area, 2000001 * PAGE));
        long made = 0;
        for (; made < 1000000; made++) {
            void *at = area + 2 * made * PAGE;
            if (mmap(at, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) break;
        }
        CHECK_EQ(errno, ENOMEM);
        CHECK(made > 65400 && made <= 65531);
        CHECK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == ENOMEM);
        _exit(0);
    }
    h_join(pid);
    beside_finish(beside);
    return 0;
}
