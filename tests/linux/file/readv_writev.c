// readv(2), writev(2): buffers are filled in order; a negative length or more than IOV_MAX of them is EINVAL.
// calls: readv writev
#include "../harness.h"

int main(void) {
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
    struct iovec out[3] = {{"ab", 2}, {"", 0}, {"cdef", 4}};
    CHECK_EQ(writev(fd, out, 3), 6);
    OK(lseek(fd, 0, SEEK_SET));
    char a[3] = "", b[8] = "";
    struct iovec in[2] = {{a, 2}, {b, 7}};
    CHECK_EQ(readv(fd, in, 2), 6);
    CHECK_STR(a, "ab");
    CHECK_STR(b, "cdef");
    CHECK_EQ(readv(fd, in, 2), 0);
    CHECK_EQ(writev(fd, out, 0), 0);
    struct iovec bad = {a, (size_t)-1};
    CHECK_ERRNO(syscall(SYS_readv, fd, &bad, 1), EINVAL);
    CHECK_ERRNO(syscall(SYS_writev, fd, out, -1), EINVAL);
    static struct iovec many[1025];
    CHECK_ERRNO(syscall(SYS_writev, fd, many, 1025), EINVAL);
    CHECK_EQ(syscall(SYS_writev, fd, many, 1024), 0);
    CHECK_ERRNO(syscall(SYS_readv, fd, h_bad, 1), EFAULT);
    return 0;
}
