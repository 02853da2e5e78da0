// open(2), O_TRUNC: an existing regular file becomes empty; its mode stays; without write permission EACCES.
// calls: openat newfstatat fchmodat
#include "../harness.h"

int main(void) {
    h_scratch();
    h_write_file("file", "content");
    OK(chmod("file", 0604));
    OK(close(OK(open("file", O_WRONLY | O_TRUNC | O_CREAT, 0777))));
    struct stat st;
    memset(&st, 0xff, sizeof st);
    OK(stat("file", &st));
    CHECK_EQ(st.st_size, 0);
    CHECK_EQ(st.st_mode, S_IFREG | 0604);
    OK(chmod(h_dir, 0755));
    h_write_file("other", "kept");
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(open("other", O_WRONLY | O_TRUNC), EACCES);
    });
    CHECK_STR(h_read_file("other"), "kept");
    return 0;
}
