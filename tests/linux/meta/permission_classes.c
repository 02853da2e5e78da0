// path_resolution(7), permissions: owner, then group, then others, the first class that fits decides; search needs x on each directory.
// calls: openat setresuid setresgid setgroups
#include "../harness.h"

static void make(const char *path, int mode, int uid, int gid) {
    h_write_file(path, "x");
    OK(chown(path, uid, gid));
    OK(chmod(path, mode));
}

static void as_user(void) {
    gid_t extra = 500;
    OK(syscall(SYS_setgroups, 1, &extra));
    OK(syscall(SYS_setresgid, 1000, 1000, 1000));
    OK(syscall(SYS_setresuid, 1000, 1000, 1000));
    CHECK_ERRNO(open("owner-none", O_RDONLY), EACCES); // the owner class decides, not "others"
    CHECK_ERRNO(open("group-none", O_RDONLY), EACCES); // a supplementary group counts
    OK(open("group-read", O_RDONLY));
    CHECK_ERRNO(open("group-read", O_RDWR), EACCES);
    OK(open("other-write", O_WRONLY));
    CHECK_ERRNO(open("other-write", O_RDONLY), EACCES);
    CHECK_ERRNO(open("closed/f", O_RDONLY), EACCES);
    OK(open("search/f", O_RDONLY));
    CHECK_ERRNO(open("search", O_RDONLY), EACCES);
    CHECK_ERRNO(open("new", O_RDWR | O_CREAT, 0600), EACCES);
    CHECK_ERRNO(unlink("group-read"), EACCES);
    struct stat st;
    CHECK_ERRNO(stat("closed/f", &st), EACCES);
}

int main(void) {
    h_scratch();
    OK(chmod(h_dir, 0755));
    make("owner-none", 0077, 1000, 0);
    make("group-none", 0606, 0, 500);
    make("group-read", 0640, 0, 500);
    make("other-write", 0602, 0, 0);
    OK(mkdir("closed", 0755));
    make("closed/f", 0666, 0, 0);
    OK(chmod("closed", 0766));
    OK(mkdir("search", 0755));
    make("search/f", 0666, 0, 0);
    OK(chmod("search", 0711));
    IN_CHILD(as_user());
    CHECK_STR(h_read_file("owner-none"), "x"); // root reads all
    return 0;
}
