// proc(5): /proc/self/maps lists every mapping in order with range, permissions, offset, inode and name; stack, heap, vdso.
// calls: openat mmap
#include "../harness.h"

int main(void) {
    h_scratch();
    int fd = OK(open("mapped", O_RDWR | O_CREAT, 0600));
    OK(ftruncate(fd, 4 * PAGE));
    char *file = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE);
    char *anon = mmap(NULL, 3 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(file != MAP_FAILED && anon != MAP_FAILED);
    OK(mprotect(anon + PAGE, PAGE, PROT_NONE));
    if (!sbrk(PAGE)) FAIL("sbrk");
    struct stat st;
    OK(fstat(fd, &st));
    char *text = h_read_file("/proc/self/maps"), local;
    unsigned long last = 0;
    int found_file = 0, found_none = 0, found_stack = 0, found_heap = 0, found_vdso = 0, found_text = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        unsigned long start, end, offset, inode;
        char flags[8], device[16], name[512] = "";
        CHECK(sscanf(line, "%lx-%lx %7s %lx %15s %lu %511[^\n]", &start, &end, flags, &offset, device, &inode, name) >= 6);
        CHECK(start >= last && end > start);
        last = end;
        if (start == (uintptr_t)file) {
            CHECK_EQ(end - start, 2 * PAGE);
            CHECK_STR(flags, "rw-s");
            CHECK_EQ(offset, PAGE);
            CHECK_EQ(inode, st.st_ino);
            CHECK(strstr(name, "/mapped"));
            found_file++;
        }
        if (start == (uintptr_t)anon + PAGE) {
            CHECK_STR(flags, "---p");
            CHECK_EQ(end - start, PAGE);
            CHECK_EQ(inode, 0);
            found_none++;
        }
        if ((uintptr_t)&local >= start && (uintptr_t)&local < end) found_stack += strstr(name, "[stack]") != NULL;
        if ((uintptr_t)main >= start && (uintptr_t)main < end) found_text += flags[2] == 'x' && flags[1] == '-';
        found_heap += strstr(name, "[heap]") != NULL;
        found_vdso += strstr(name, "[vdso]") != NULL;
    }
    CHECK_EQ(found_file, 1);
    CHECK_EQ(found_none, 1);
    CHECK_EQ(found_stack, 1);
    CHECK_EQ(found_text, 1);
    CHECK(found_heap >= 1);
    CHECK_EQ(found_vdso, 1);
    CHECK_ERRNO(open("/proc/self/maps/x", O_RDONLY), ENOTDIR);
    return 0;
}
