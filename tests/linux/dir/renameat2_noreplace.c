// renameat2(2), RENAME_NOREPLACE: EEXIST when the new name is there, also a dangling link; unknown flags are EINVAL.
// calls: renameat2
#include "../harness.h"

int main(void) {
    h_scratch();
    h_write_file("a", "A");
    h_write_file("b", "B");
    OK(symlink("nowhere", "dangling"));
    CHECK_ERRNO(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE), EEXIST);
    CHECK_ERRNO(renameat2(AT_FDCWD, "a", AT_FDCWD, "dangling", RENAME_NOREPLACE), EEXIST);
    CHECK_ERRNO(renameat2(AT_FDCWD, "a", AT_FDCWD, "a", RENAME_NOREPLACE), EEXIST);
    CHECK_STR(h_read_file("b"), "B");
    OK(renameat2(AT_FDCWD, "a", AT_FDCWD, "c", RENAME_NOREPLACE));
    CHECK_STR(h_read_file("c"), "A");
    CHECK_ERRNO(open("a", O_RDONLY), ENOENT);
    CHECK_ERRNO(renameat2(AT_FDCWD, "c", AT_FDCWD, "d", 0x100), EINVAL);
    CHECK_ERRNO(renameat2(AT_FDCWD, "c", AT_FDCWD, "b", RENAME_NOREPLACE | RENAME_EXCHANGE), EINVAL);
    return 0;
}
