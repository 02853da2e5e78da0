// path_resolution(7), getcwd(2): a directory 2,000 deep is made, used and removed; its path does not fit into PATH_MAX. A program
// beside it goes on.
// calls: mkdirat chdir unlinkat
#include "../limits/beside.h"

#define DEPTH 2000

int main(void) {
    h_scratch();
    struct beside *beside = beside_start(1);
    static char name[11] = "abcdefghij", path[4 * DEPTH * 11];
    for (int i = 0; i < DEPTH; i++) {
        OK(mkdir(name, 0755));
        OK(chdir(name));
    }
    h_write_file("bottom", "deep");
    CHECK_STR(h_read_file("bottom"), "deep");
    // getcwd(2): the system call knows paths up to PATH_MAX.
    CHECK_ERRNO(syscall(SYS_getcwd, path, sizeof path), ENAMETOOLONG);
    path[0] = 0;
    for (int i = 0; i < 400; i++) strcat(path, "../");
    beside_goes_on(beside);
    OK(open(strcat(path, name), O_RDONLY));
    CHECK_ERRNO(open(strcat(path, "x"), O_RDONLY), ENOENT);
    OK(unlink("bottom"));
    for (int i = 0; i < DEPTH; i++) {
        OK(chdir(".."));
        OK(rmdir(name));
    }
    OK(syscall(SYS_getcwd, path, sizeof path));
    CHECK_STR(path, h_dir);
    beside_finish(beside);
    return 0;
}
