// unlink(2): the last name goes at once, the file lives while a descriptor is open; the link count is 0 then.
// calls: unlinkat
#include "../harness.h"

int main(void) {
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
    CHECK_EQ(write(fd, "alive", 5), 5);
    OK(unlink("file"));
    CHECK_ERRNO(open("file", O_RDONLY), ENOENT);
    struct stat st;
    OK(fstat(fd, &st));
    CHECK_EQ(st.st_nlink, 0);
    CHECK_EQ(st.st_size, 5);
    char text[8] = "", self[64], target[PATH_MAX] = "";
    CHECK_EQ(pread(fd, text, 8, 0), 5);
    CHECK_STR(text, "alive");
    CHECK_EQ(write(fd, "!", 1), 1);
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    OK(readlink(self, target, sizeof target - 1));
    CHECK(strstr(target, "/file (deleted)"));
    CHECK_ERRNO(unlink("file"), ENOENT);
    CHECK_ERRNO(unlink("file/"), ENOENT);
    return 0;
}
