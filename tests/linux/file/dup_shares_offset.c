// dup(2): the copy shares offset and status flags, not the close-on-exec flag; EBADF; EMFILE at the limit.
// calls: dup lseek fcntl
#include "../harness.h"

int main(void) {
    h_scratch();
    h_write_file("file", "0123456789");
    int a = OK(open("file", O_RDONLY | O_CLOEXEC));
    int b = OK(dup(a));
    CHECK(b > a);
    CHECK_EQ(fcntl(b, F_GETFD), 0);
    CHECK_EQ(lseek(a, 5, SEEK_SET), 5);
    char byte;
    CHECK_EQ(read(b, &byte, 1), 1);
    CHECK_EQ(byte, '5');
    CHECK_EQ(lseek(a, 0, SEEK_CUR), 6);
    OK(fcntl(a, F_SETFL, O_NONBLOCK));
    CHECK(fcntl(b, F_GETFL) & O_NONBLOCK);
    OK(close(a));
    CHECK_EQ(read(b, &byte, 1), 1);
    CHECK_ERRNO(dup(a), EBADF);
    struct rlimit limit = {.rlim_cur = b + 1, .rlim_max = b + 1};
    OK(dup2(b, a));
    IN_CHILD({
        OK(setrlimit(RLIMIT_NOFILE, &limit));
        CHECK_ERRNO(dup(b), EMFILE);
    });
    return 0;
}
