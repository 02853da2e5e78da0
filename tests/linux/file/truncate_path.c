// truncate(2): by path, following symlinks; EISDIR, ENOENT, EACCES, EINVAL.
// calls: truncate
#include "../harness.h"

int main(void) {
    h_scratch();
    h_write_file("file", "abcdefgh");
    OK(symlink("file", "link"));
    OK(truncate("link", 4));
    CHECK_STR(h_read_file("file"), "abcd");
    OK(truncate("file", 5));
    struct stat st;
    OK(stat("file", &st));
    CHECK_EQ(st.st_size, 5);
    CHECK_ERRNO(truncate(".", 0), EISDIR);
    CHECK_ERRNO(truncate("absent", 0), ENOENT);
    CHECK_ERRNO(truncate("file", -1), EINVAL);
    CHECK_ERRNO(truncate("file/x", 0), ENOTDIR);
    OK(chmod(h_dir, 0755));
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(truncate("file", 0), EACCES);
    });
    return 0;
}
