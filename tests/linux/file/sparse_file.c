// tmpfs(5), stat(2): a hole takes no blocks and reads as zero; a file larger than memory can be sparse; a negative offset is EINVAL.
// calls: pwrite64 ftruncate pread64
#include "../harness.h"

int main(void) {
    h_scratch();
    int fd = OK(open("sparse", O_RDWR | O_CREAT, 0600));
    struct stat st;
    const off_t far = 1LL << 40;
    CHECK_EQ(pwrite(fd, "end", 3, far), 3);
    OK(fstat(fd, &st));
    CHECK_EQ(st.st_size, far + 3);
    CHECK(st.st_blocks * 512 <= 64 * 1024);
    char text[8] = "1234567";
    CHECK_EQ(pread(fd, text, 4, far - 1), 4);
    CHECK(memcmp(text, "\0end", 4) == 0);
    CHECK_EQ(pread(fd, text, 7, far / 2), 7);
    CHECK(memcmp(text, "\0\0\0\0\0\0\0", 7) == 0);
    OK(fstat(fd, &st));
    CHECK(st.st_blocks * 512 <= 64 * 1024); // reading a hole allocates nothing
    OK(ftruncate(fd, 0));
    OK(fstat(fd, &st));
    CHECK_EQ(st.st_blocks, 0);
    CHECK_ERRNO(pwrite(fd, "x", 1, -1), EINVAL);
    return 0;
}
