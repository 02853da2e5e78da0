// utimensat(2): exact nanoseconds, UTIME_NOW, UTIME_OMIT, NULL; EINVAL for bad nanoseconds; EPERM or EACCES for others.
// calls: utimensat newfstatat
#include "../harness.h"

int main(void) {
    h_scratch();
    OK(chmod(h_dir, 0755));
    h_write_file("file", "");
    struct timespec set[2] = {{1000000001, 123456789}, {1000000002, 987654321}};
    struct stat st;
    OK(utimensat(AT_FDCWD, "file", set, 0));
    OK(stat("file", &st));
    CHECK_EQ(st.st_atim.tv_sec, 1000000001);
    CHECK_EQ(st.st_atim.tv_nsec, 123456789);
    CHECK_EQ(st.st_mtim.tv_sec, 1000000002);
    CHECK_EQ(st.st_mtim.tv_nsec, 987654321);
    struct timespec mixed[2] = {{0, UTIME_OMIT}, {0, UTIME_NOW}};
    time_t now = time(NULL);
    OK(utimensat(AT_FDCWD, "file", mixed, 0));
    OK(stat("file", &st));
    CHECK_EQ(st.st_atim.tv_sec, 1000000001);
    CHECK(st.st_mtim.tv_sec >= now - 1 && st.st_mtim.tv_sec < now + 3600);
    set[0].tv_nsec = 1000000000;
    CHECK_ERRNO(utimensat(AT_FDCWD, "file", set, 0), EINVAL);
    CHECK_ERRNO(utimensat(AT_FDCWD, "absent", NULL, 0), ENOENT);
    OK(symlink("absent", "link"));
    set[0].tv_nsec = 5;
    OK(utimensat(AT_FDCWD, "link", set, AT_SYMLINK_NOFOLLOW));
    OK(lstat("link", &st));
    CHECK_EQ(st.st_mtim.tv_nsec, 987654321);
    int fd = OK(open("file", O_RDONLY));
    OK(futimens(fd, set));
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(utimensat(AT_FDCWD, "file", set, 0), EPERM);
        CHECK_ERRNO(utimensat(AT_FDCWD, "file", NULL, 0), EACCES);
    });
    return 0;
}
