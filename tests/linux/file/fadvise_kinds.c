// posix_fadvise(2): advice on a file is accepted; ESPIPE on a pipe, EINVAL for unknown advice, EBADF.
// calls: fadvise64
#include "../harness.h"

int main(void) {
    h_scratch();
    h_write_file("file", "text");
    int fd = OK(open("file", O_RDONLY)), ends[2];
    for (int advice = POSIX_FADV_NORMAL; advice <= POSIX_FADV_NOREUSE; advice++) CHECK_EQ(posix_fadvise(fd, 0, 0, advice), 0);
    OK(pipe(ends));
    CHECK_EQ(posix_fadvise(ends[0], 0, 0, POSIX_FADV_NORMAL), ESPIPE);
    CHECK_EQ(posix_fadvise(fd, 0, 0, 99), EINVAL);
    CHECK_EQ(posix_fadvise(-1, 0, 0, POSIX_FADV_NORMAL), EBADF);
    return 0;
}
