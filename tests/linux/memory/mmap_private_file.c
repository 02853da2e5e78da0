// mmap(2), MAP_PRIVATE: sees the file, its own writes stay its own; needs a readable descriptor only; the rest of the last page is zero.
// calls: mmap
#include "../harness.h"

int main(void) {
    h_scratch();
    h_write_file("file", "0123456789");
    int fd = OK(open("file", O_RDONLY));
    char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    CHECK(map != MAP_FAILED);
    CHECK(memcmp(map, "0123456789\0\0", 12) == 0);
    map[0] = 'X';
    CHECK_STR(h_read_file("file"), "0123456789");
    int writer = OK(open("file", O_WRONLY)); // (truncating would take the private page away)
    CHECK_EQ(pwrite(writer, "abcdefghij", 10, 0), 10);
    CHECK_EQ(map[0], 'X'); // that page is private now
    OK(close(fd));
    CHECK_EQ(map[2], '2'); // and stays as it was
    int w = OK(open("file", O_WRONLY));
    CHECK(mmap(NULL, PAGE, PROT_WRITE, MAP_PRIVATE, w, 0) == MAP_FAILED && errno == EACCES);
    fd = OK(open("file", O_RDONLY));
    CHECK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EACCES);
    map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
    CHECK(map != MAP_FAILED);
    CHECK_ERRNO(mprotect(map, PAGE, PROT_READ | PROT_WRITE), EACCES);
    int dir = OK(open(".", O_RDONLY)), ends[2];
    CHECK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, dir, 0) == MAP_FAILED && errno == ENODEV);
    OK(pipe(ends));
    CHECK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, ends[0], 0) == MAP_FAILED && errno == ENODEV);
    return 0;
}
