// read(2), write(2) with a buffer that is mapped in part: pipes and files that reaches nothing is EFAULT; structs are EFAULT and nothing changes.
// calls: write fstat
#include "../harness.h"

int main(void) {
    h_scratch();
    int ends[2], fd = OK(open("file", O_RDWR | O_CREAT, 0600));
    char *a = h_pages(2), *edge = a + PAGE - 100;
    memset(a, 'm', PAGE);
    OK(munmap(a + PAGE, PAGE));
    OK(pipe(ends));
    CHECK_ERRNO(write(fd, a + PAGE, 300), EFAULT);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
    OK(ftruncate(fd, 1000));
    CHECK_ERRNO(pread(fd, a + PAGE, 300, 0), EFAULT);
    // One struct at the edge: all or nothing.
    memset(edge, 'm', 100);
    struct stat *st = (struct stat *)(edge + 100 - 64);
    CHECK_ERRNO(syscall(SYS_fstat, fd, st), EFAULT);
    CHECK_ERRNO(syscall(SYS_pipe2, edge + 96, 0) == -1 ? -1 : 0, EFAULT);
    // Misaligned pointers are fine.
    char odd[256];
    OK(syscall(SYS_fstat, fd, odd + 1));
    struct stat copy;
    memcpy(&copy, odd + 1, sizeof copy);
    CHECK_EQ(copy.st_size, 1000);
    return 0;
}
