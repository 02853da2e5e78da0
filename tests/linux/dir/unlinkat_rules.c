// unlinkat(2): files without, directories with AT_REMOVEDIR; ENOTEMPTY, EISDIR, ENOTDIR, EINVAL for "." and bad flags.
// calls: unlinkat
#include "../harness.h"

int main(void) {
    h_scratch();
    OK(mkdir("d", 0755));
    h_write_file("d/f", "");
    CHECK_ERRNO(unlinkat(AT_FDCWD, "d", 0), EISDIR);
    CHECK_ERRNO(unlinkat(AT_FDCWD, "d", AT_REMOVEDIR), ENOTEMPTY);
    CHECK_ERRNO(unlinkat(AT_FDCWD, "d/f", AT_REMOVEDIR), ENOTDIR);
    CHECK_ERRNO(unlinkat(AT_FDCWD, "d/.", AT_REMOVEDIR), EINVAL);
    CHECK_ERRNO(unlinkat(AT_FDCWD, "d/..", AT_REMOVEDIR), ENOTEMPTY);
    CHECK_ERRNO(unlinkat(AT_FDCWD, "d/f", 1), EINVAL);
    OK(symlink("d", "link"));
    CHECK_ERRNO(unlinkat(AT_FDCWD, "link", AT_REMOVEDIR), ENOTDIR);
    OK(unlinkat(AT_FDCWD, "link", 0)); // the link goes, not its target
    struct stat st;
    OK(stat("d/f", &st));
    OK(unlinkat(AT_FDCWD, "d/f", 0));
    CHECK_ERRNO(stat("d/f", &st), ENOENT);
    OK(unlinkat(AT_FDCWD, "d/", AT_REMOVEDIR));
    CHECK_ERRNO(stat("d", &st), ENOENT);
    CHECK_ERRNO(unlinkat(AT_FDCWD, "d", 0), ENOENT);
    return 0;
}
