// symlink(2), readlink(2): any text is a target; the result is cut, not terminated; size is the length; EINVAL for a non-link.
// calls: symlinkat readlinkat newfstatat
#include "../harness.h"

int main(void) {
    h_scratch();
    OK(symlinkat("some/where", AT_FDCWD, "link"));
    char text[32];
    memset(text, '#', sizeof text);
    CHECK_EQ(readlinkat(AT_FDCWD, "link", text, sizeof text), 10);
    CHECK(memcmp(text, "some/where#", 11) == 0);
    CHECK_EQ(readlinkat(AT_FDCWD, "link", text, 4), 4);
    struct stat st;
    OK(lstat("link", &st));
    CHECK(S_ISLNK(st.st_mode));
    CHECK_EQ(st.st_size, 10);
    CHECK_EQ(st.st_mode & 07777, 0777);
    CHECK_ERRNO(stat("link", &st), ENOENT);
    h_write_file("file", "");
    CHECK_ERRNO(readlinkat(AT_FDCWD, "file", text, 8), EINVAL);
    CHECK_ERRNO(syscall(SYS_readlinkat, AT_FDCWD, "link", text, 0), EINVAL);
    CHECK_ERRNO(readlinkat(AT_FDCWD, "absent", text, 8), ENOENT);
    CHECK_ERRNO(symlinkat("x", AT_FDCWD, "link"), EEXIST);
    CHECK_ERRNO(symlinkat("", AT_FDCWD, "empty"), ENOENT);
    int fd = OK(open("link", O_PATH | O_NOFOLLOW));
    CHECK_EQ(readlinkat(fd, "", text, sizeof text), 10);
    CHECK_ERRNO(readlinkat(AT_FDCWD, "", text, sizeof text), ENOENT);
    return 0;
}
