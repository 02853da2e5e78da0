// copy_file_range(2): copies between files at offsets; 0 at the end; flags and overlapping ranges are EINVAL.
// calls: copy_file_range
#include "../harness.h"

int main(void) {
    h_scratch();
    h_write_file("in", "0123456789");
    int in = OK(open("in", O_RDWR)), out = OK(open("out", O_RDWR | O_CREAT, 0600));
    off_t from = 5, to = 1;
    CHECK_EQ(copy_file_range(in, &from, out, &to, 100, 0), 5);
    CHECK_EQ(from, 10);
    CHECK_EQ(to, 6);
    CHECK_EQ(lseek(in, 0, SEEK_CUR), 0);
    CHECK_EQ(copy_file_range(in, NULL, out, NULL, 1, 0), 1);
    CHECK_EQ(lseek(in, 0, SEEK_CUR), 1);
    CHECK_EQ(lseek(out, 0, SEEK_CUR), 1);
    CHECK_STR(h_read_file("out"), "056789");
    from = 10;
    CHECK_EQ(copy_file_range(in, &from, out, NULL, 9, 0), 0);
    from = 0, to = 2;
    CHECK_ERRNO(copy_file_range(in, &from, in, &to, 5, 0), EINVAL);
    CHECK_ERRNO(copy_file_range(in, &from, out, &to, 5, 1), EINVAL);
    CHECK_ERRNO(copy_file_range(in, &from, OK(open("out", O_RDONLY)), &to, 5, 0), EBADF);
    CHECK_ERRNO(copy_file_range(in, &from, OK(open("out", O_WRONLY | O_APPEND)), &to, 5, 0), EBADF);
    CHECK_ERRNO(copy_file_range(in, &from, OK(open(".", O_RDONLY)), &to, 5, 0), EISDIR);
    return 0;
}
