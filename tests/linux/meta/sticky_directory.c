// unlink(2), rename(2): in a sticky directory only the owner of the file or of the directory removes or renames: EPERM.
// calls: unlinkat renameat2 fchmodat
#include "../harness.h"

int main(void) {
    h_scratch();
    OK(chmod(h_dir, 01777));
    umask(0);
    h_write_file("roots", "");
    OK(chmod("roots", 0666));
    h_write_file("theirs", "");
    OK(chown("theirs", 1000, 1000));
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(unlink("roots"), EPERM);
        CHECK_ERRNO(rename("roots", "x"), EPERM);
        CHECK_ERRNO(rename("theirs", "roots"), EPERM);
        OK(rename("theirs", "renamed"));
        OK(unlink("renamed"));
    });
    struct stat st;
    CHECK_ERRNO(stat("renamed", &st), ENOENT);
    OK(chmod(h_dir, 0777));
    IN_CHILD({
        h_drop_to(1000);
        OK(unlink("roots"));
    });
    CHECK_ERRNO(stat("roots", &st), ENOENT);
    return 0;
}
