// fallocate(2): extends, keeps the size with KEEP_SIZE, punches zeroes; EINVAL for no length, EBADF for a read-only descriptor.
// calls: fallocate
#include "../harness.h"

int main(void) {
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
    struct stat st;
    OK(fallocate(fd, 0, 0, 3 * PAGE));
    OK(fstat(fd, &st));
    CHECK_EQ(st.st_size, 3 * PAGE);
    CHECK_EQ(st.st_blocks * 512, 3 * PAGE);
    OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 5 * PAGE));
    OK(fstat(fd, &st));
    CHECK_EQ(st.st_size, 3 * PAGE);
    static char ones[3 * 4096];
    memset(ones, 1, sizeof ones);
    CHECK_EQ(pwrite(fd, ones, sizeof ones, 0), sizeof ones);
    OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 100, PAGE + 100));
    CHECK_EQ(pread(fd, ones, sizeof ones, 0), sizeof ones);
    CHECK_EQ(ones[99], 1);
    CHECK_EQ(ones[100], 0);
    CHECK_EQ(ones[PAGE + 199], 0);
    CHECK_EQ(ones[PAGE + 200], 1);
    CHECK_ERRNO(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, PAGE), EOPNOTSUPP);
    CHECK_ERRNO(fallocate(fd, 0, 0, 0), EINVAL);
    CHECK_ERRNO(fallocate(fd, 0, -1, 1), EINVAL);
    CHECK_ERRNO(fallocate(OK(open("file", O_RDONLY)), 0, 0, 1), EBADF);
    int ends[2];
    OK(pipe(ends));
    CHECK_ERRNO(fallocate(ends[1], 0, 0, 1), ESPIPE);
    return 0;
}
