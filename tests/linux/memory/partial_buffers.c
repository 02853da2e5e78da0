// read(2), write(2) with a buffer of which only the start is mapped: files, pipes and zeroes transfer exactly what is reachable.
// calls: read write
// timeout: 5
// only: rvos (Linux loops for ever in the write to a file, and its counts depend on its copy loop; see expectations.toml)
#include "../harness.h"

int main(void) {
    h_scratch();
    int ends[2], fd = OK(open("file", O_RDWR | O_CREAT, 0600)), zero = OK(open("/dev/zero", O_RDONLY));
    char *a = h_pages(2), *edge = a + PAGE - 101, text[512];
    memset(a, 'm', PAGE);
    OK(munmap(a + PAGE, PAGE));
    OK(pipe(ends));
    CHECK_EQ(read(zero, edge, 300), 101);
    memset(edge, 'm', 101);
    CHECK_EQ(write(ends[1], edge, 300), 101);
    CHECK_EQ(write(fd, edge, 300), 101);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 101);
    OK(ftruncate(fd, 1000));
    CHECK_EQ(pread(fd, edge, 300, 0), 101);
    CHECK_EQ(pread(fd, text, 300, 0), 300);
    CHECK_EQ(text[100], 'm');
    CHECK_EQ(text[101], 0);
    CHECK_EQ(read(ends[0], text, 512), 101);
    CHECK_EQ(write(ends[1], text, 300), 300);
    CHECK_EQ(read(ends[0], edge, 300), 101);
    CHECK_EQ(read(ends[0], text, 512), 199); // what could not be delivered stays
    struct iovec in[2] = {{edge, 101}, {a + PAGE, 10}};
    CHECK_EQ(readv(zero, in, 2), 101);
    CHECK_ERRNO(read(zero, a + PAGE, 1), EFAULT);
    return 0;
}
