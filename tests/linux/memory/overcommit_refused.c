// proc_sys_vm(5), overcommit_memory 0: an obvious overcommit is ENOMEM, MAP_NORESERVE is not counted, PROT_NONE neither.
// calls: mmap
#include "../harness.h"

int main(void) {
    long total = 0;
    char *line = strstr(h_read_file("/proc/meminfo"), "MemTotal:");
    CHECK(line && sscanf(line, "MemTotal: %ld kB", &total) == 1);
    size_t more = (size_t)total * 1024 * 2 + (1UL << 30);
    CHECK(mmap(NULL, more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == ENOMEM);
    char *a = mmap(NULL, more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(a != MAP_FAILED);
    a[more / 2] = 1;
    OK(munmap(a, more));
    a = mmap(NULL, more, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(a != MAP_FAILED);
    CHECK_ERRNO(mprotect(a, more, PROT_READ | PROT_WRITE), ENOMEM);
    return 0;
}
