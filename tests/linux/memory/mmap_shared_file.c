// mmap(2), MAP_SHARED: writes show in the file and in other mappings at once, and the file's writes in the mapping; offsets; msync.
// calls: mmap msync munmap
#include "../harness.h"

int main(void) {
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
    OK(ftruncate(fd, 4 * PAGE));
    char *a = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *b = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 2 * PAGE);
    CHECK(a != MAP_FAILED && b != MAP_FAILED && a != b);
    a[2 * PAGE + 7] = 'q';
    CHECK_EQ(b[7], 'q');
    char byte = 0;
    CHECK_EQ(pread(fd, &byte, 1, 2 * PAGE + 7), 1);
    CHECK_EQ(byte, 'q');
    CHECK_EQ(pwrite(fd, "hello", 5, 3 * PAGE), 5);
    CHECK(memcmp(b + PAGE, "hello", 5) == 0);
    pid_t child = h_fork();
    if (child == 0) {
        a[1] = 'c';
        _exit(0);
    }
    h_join(child);
    CHECK_EQ(a[1], 'c');
    OK(close(fd));
    OK(unlink("file"));
    a[0] = 'z'; // the mapping keeps the file
    OK(msync(a, 4 * PAGE, MS_SYNC));
    OK(msync(a, 4 * PAGE, MS_ASYNC));
    CHECK_ERRNO(msync(a, PAGE, MS_SYNC | MS_ASYNC), EINVAL);
    CHECK_ERRNO(msync(a + 1, PAGE, MS_SYNC), EINVAL);
    CHECK_ERRNO(msync(a, PAGE, 0x40), EINVAL);
    OK(munmap(b, 2 * PAGE));
    CHECK_ERRNO(msync(b, 2 * PAGE, MS_SYNC), ENOMEM);
    CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, 0, 1) == MAP_FAILED && errno == EINVAL);
    return 0;
}
