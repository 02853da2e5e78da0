// access(2): faccessat uses the real ids, faccessat2 with AT_EACCESS the effective ones; root executes only what has an x bit.
// calls: faccessat faccessat2
#include "../harness.h"

static int access2(const char *path, int mode, int flags) { return syscall(SYS_faccessat2, AT_FDCWD, path, mode, flags); }
static int access1(const char *path, int mode) { return syscall(SYS_faccessat, AT_FDCWD, path, mode); }

int main(void) {
    h_scratch();
    OK(chmod(h_dir, 0755));
    h_write_file("secret", "");
    OK(chmod("secret", 0600));
    OK(access1("secret", R_OK | W_OK));
    CHECK_ERRNO(access1("secret", X_OK), EACCES);
    CHECK_ERRNO(access2("secret", X_OK, 0), EACCES);
    CHECK_ERRNO(access1("absent", F_OK), ENOENT);
    CHECK_ERRNO(access2("absent", F_OK, 0), ENOENT);
    CHECK_ERRNO(access1("secret", 8), EINVAL);
    CHECK_ERRNO(access2("secret", F_OK, 0x40), EINVAL);
    OK(symlink("absent", "dangling"));
    OK(access2("dangling", F_OK, AT_SYMLINK_NOFOLLOW));
    IN_CHILD({
        OK(syscall(SYS_setresuid, 1000, 0, 0));
        CHECK_ERRNO(access1("secret", R_OK), EACCES);
        CHECK_ERRNO(access2("secret", R_OK, 0), EACCES);
        OK(access2("secret", R_OK, AT_EACCESS));
        OK(access1("secret", F_OK));
    });
    return 0;
}
