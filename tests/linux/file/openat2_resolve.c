// openat2(2): RESOLVE_BENEATH, IN_ROOT, NO_SYMLINKS, and the checks of struct open_how.
// calls: openat2
#include "../harness.h"
#include <linux/openat2.h>

static int how(int dir, const char *path, uint64_t flags, uint64_t resolve) {
    struct open_how how = {.flags = flags, .resolve = resolve};
    return syscall(SYS_openat2, dir, path, &how, sizeof how);
}

int main(void) {
    h_scratch();
    OK(mkdir("root", 0755));
    OK(mkdir("root/sub", 0755));
    h_write_file("root/file", "in");
    h_write_file("outside", "out");
    OK(symlink("/file", "root/absolute"));
    OK(symlink("../../outside", "root/sub/up"));
    OK(symlink("file", "root/plain"));
    int root = OK(open("root", O_PATH | O_DIRECTORY));
    OK(how(root, "sub/../file", O_RDONLY, RESOLVE_BENEATH));
    CHECK_ERRNO(how(root, "../outside", O_RDONLY, RESOLVE_BENEATH), EXDEV);
    CHECK_ERRNO(how(root, "sub/up", O_RDONLY, RESOLVE_BENEATH), EXDEV);
    CHECK_ERRNO(how(root, "absolute", O_RDONLY, RESOLVE_BENEATH), EXDEV);
    CHECK_ERRNO(how(root, "/file", O_RDONLY, RESOLVE_BENEATH), EXDEV);
    OK(how(root, "absolute", O_RDONLY, RESOLVE_IN_ROOT));
    OK(how(root, "../../file", O_RDONLY, RESOLVE_IN_ROOT));
    OK(how(root, "/file", O_RDONLY, RESOLVE_IN_ROOT)); // the descriptor is the root of this path
    CHECK_ERRNO(how(root, "/outside", O_RDONLY, RESOLVE_IN_ROOT), ENOENT);
    CHECK_ERRNO(how(root, "file", O_PATH | O_RDWR, 0), EINVAL);
    OK(how(root, "file", O_PATH | O_CLOEXEC | O_NOFOLLOW, 0));
    CHECK_ERRNO(how(root, "sub/up", O_RDONLY, RESOLVE_IN_ROOT), ENOENT);
    CHECK_ERRNO(how(root, "plain", O_RDONLY, RESOLVE_NO_SYMLINKS), ELOOP);
    int fd = OK(how(root, "plain", O_RDONLY | O_CLOEXEC, 0));
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK_ERRNO(how(root, "file", O_RDONLY, 1ULL << 40), EINVAL);
    CHECK_ERRNO(how(root, "file", 1ULL << 40, 0), EINVAL);
    struct open_how with_mode = {.flags = O_RDONLY, .mode = 0600};
    CHECK_ERRNO(syscall(SYS_openat2, root, "file", &with_mode, sizeof with_mode), EINVAL);
    CHECK_ERRNO(syscall(SYS_openat2, root, "file", &with_mode, 8), EINVAL);
    char big[64] = {0};
    OK(syscall(SYS_openat2, root, "file", big, sizeof big));
    big[40] = 1;
    CHECK_ERRNO(syscall(SYS_openat2, root, "file", big, sizeof big), E2BIG);
    return 0;
}
