// path_resolution(7): at most 40 symlinks are followed in one resolution, then ELOOP; a loop is ELOOP.
// calls: symlinkat newfstatat
#include "../harness.h"

int main(void) {
    h_scratch();
    OK(symlink("self", "self"));
    OK(symlink("b", "a"));
    OK(symlink("a", "b"));
    struct stat st;
    CHECK_ERRNO(stat("self", &st), ELOOP);
    CHECK_ERRNO(stat("a/x", &st), ELOOP);
    CHECK_ERRNO(open("b", O_RDWR | O_CREAT, 0600), ELOOP);
    OK(lstat("a", &st));
    h_write_file("s0", "end");
    char from[16], to[16];
    for (int i = 1; i <= 41; i++) {
        snprintf(from, sizeof from, "s%d", i), snprintf(to, sizeof to, "s%d", i - 1);
        OK(symlink(to, from));
    }
    OK(stat("s40", &st));
    CHECK_EQ(st.st_size, 3);
    CHECK_ERRNO(stat("s41", &st), ELOOP);
    OK(symlink(".", "dot"));
    char path[512] = "";
    for (int i = 0; i < 40; i++) strcat(path, "dot/");
    OK(stat(path, &st));
    strcat(path, "dot/");
    CHECK_ERRNO(stat(path, &st), ELOOP);
    return 0;
}
