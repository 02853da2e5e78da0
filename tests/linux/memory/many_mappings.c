// mmap(2), max_map_count: at most 65,530 mappings, then ENOMEM; everything works again when they are gone.
// calls: mmap munmap
// timeout: 60
#include "../harness.h"

int main(void) {
    size_t pages = 200000;
    char *area = mmap(NULL, pages * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(area != MAP_FAILED);
    size_t done = 0;
    for (; done < pages; done += 2)
        if (mprotect(area + done * PAGE, PAGE, PROT_READ) != 0) break;
    CHECK(done < pages);
    CHECK_EQ(errno, ENOMEM);
    CHECK(done >= 65400 && done <= 65600); // each splits off two
    CHECK_ERRNO(mprotect(area + done * PAGE, PAGE, PROT_READ), ENOMEM);
    OK(munmap(area, pages * PAGE));
    CHECK_ERRNO(mprotect(area, PAGE, PROT_READ), ENOMEM);
    char *three = mmap(NULL, 3 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(three != MAP_FAILED);
    OK(mprotect(three + PAGE, PAGE, PROT_READ)); // splits off two again
    return 0;
}
