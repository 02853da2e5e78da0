// getcwd(2), chdir(2), fchdir: the path follows renames; ERANGE for a small buffer, ENOTDIR, EACCES, ENOENT when it was removed.
// calls: getcwd chdir fchdir
#include "../harness.h"

int main(void) {
    h_scratch();
    char path[PATH_MAX], want[PATH_MAX + 16];
    OK(mkdir("a", 0755));
    OK(mkdir("a/b", 0755));
    OK(chdir("a/b"));
    CHECK_EQ(syscall(SYS_getcwd, path, sizeof path), strlen(h_dir) + 5);
    snprintf(want, sizeof want, "%s/a/b", h_dir);
    CHECK_STR(path, want);
    OK(rename("../../a", "../../moved"));
    OK(syscall(SYS_getcwd, path, sizeof path));
    snprintf(want, sizeof want, "%s/moved/b", h_dir);
    CHECK_STR(path, want);
    CHECK_ERRNO(syscall(SYS_getcwd, path, 4), ERANGE);
    CHECK_ERRNO(syscall(SYS_getcwd, h_bad, 100), EFAULT);
    OK(fchdir(OK(open("..", O_RDONLY))));
    OK(syscall(SYS_getcwd, path, sizeof path));
    snprintf(want, sizeof want, "%s/moved", h_dir);
    CHECK_STR(path, want);
    IN_CHILD({
        OK(chdir("b"));
        OK(rmdir("../b"));
        CHECK_ERRNO(syscall(SYS_getcwd, path, sizeof path), ENOENT);
        CHECK_ERRNO(open("x", O_CREAT | O_RDWR, 0600), ENOENT);
        OK(chdir(".."));
    });
    h_write_file("file", "");
    CHECK_ERRNO(chdir("file"), ENOTDIR);
    CHECK_ERRNO(chdir("absent"), ENOENT);
    CHECK_ERRNO(fchdir(OK(open("file", O_RDONLY))), ENOTDIR);
    CHECK_ERRNO(fchdir(-1), EBADF);
    OK(mkdir("locked", 0700));
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(chdir(h_dir), EACCES);
    });
    OK(chdir(h_dir));
    return 0;
}
