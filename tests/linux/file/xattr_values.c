// setxattr(2), getxattr(2), listxattr(2), removexattr(2), each by path, of a link itself and by descriptor: values come back as they
// were set, by whichever way; what exists and what does not; lengths; lists; where there are none.
// calls: setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr
#include "../harness.h"
#include <sys/inotify.h>
#include <sys/xattr.h>

static char big[65537], back[65537];

static void has(const char *path, const char *name, const char *want) {
    char value[64];
    memset(value, '#', sizeof value);
    ssize_t n = OK(getxattr(path, name, value, sizeof value));
    CHECK_EQ(n, strlen(want));
    CHECK(!memcmp(value, want, n));
    CHECK_EQ(value[n], '#');
}

// The names of a file in whichever order, each with its NUL.
static void lists(int fd, const char *want, size_t len) {
    char names[256];
    CHECK_EQ(flistxattr(fd, NULL, 0), len);
    memset(names, '#', sizeof names);
    CHECK_EQ(flistxattr(fd, names, sizeof names), len);
    for (size_t at = 0; at < len; at += strlen(want + at) + 1) CHECK(memmem(names, len, want + at, strlen(want + at) + 1));
    CHECK_EQ(names[len], '#');
    if (len) CHECK_ERRNO(flistxattr(fd, names, len - 1), ERANGE);
    CHECK_EQ(flistxattr(fd, names, len), len);
}

int main(void) {
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0644));
    CHECK_EQ(flistxattr(fd, NULL, 0), 0);
    lists(fd, "", 0);
    CHECK_ERRNO(getxattr("file", "user.a", NULL, 0), ENODATA);
    OK(setxattr("file", "user.b", "second", 6, XATTR_CREATE));
    OK(fsetxattr(fd, "user.a", "first", 5, 0));
    has("file", "user.a", "first");
    has("file", "user.b", "second");
    lists(fd, "user.a\0user.b", 14);
    CHECK_ERRNO(setxattr("file", "user.a", "x", 1, XATTR_CREATE), EEXIST);
    CHECK_ERRNO(setxattr("file", "user.c", "x", 1, XATTR_REPLACE), ENODATA);
    CHECK_ERRNO(setxattr("file", "user.a", "x", 1, XATTR_CREATE | XATTR_REPLACE), EEXIST);
    CHECK_ERRNO(setxattr("file", "user.c", "x", 1, XATTR_CREATE | XATTR_REPLACE), ENODATA);
    CHECK_ERRNO(setxattr("file", "user.a", "x", 1, 4), EINVAL);
    OK(setxattr("file", "user.a", "anew", 4, XATTR_REPLACE));
    has("file", "user.a", "anew");
    OK(setxattr("file", "user.a", NULL, 0, 0)); // there, and empty
    has("file", "user.a", "");
    CHECK_EQ(fgetxattr(fd, "user.b", NULL, 0), 6);
    char value[8];
    CHECK_ERRNO(fgetxattr(fd, "user.b", value, 5), ERANGE);
    CHECK_ERRNO(fgetxattr(fd, "user.b", h_bad, 6), EFAULT);
    CHECK_ERRNO(setxattr("file", "user.d", h_bad, 6, 0), EFAULT);
    CHECK_ERRNO(setxattr("file", h_bad, "x", 1, 0), EFAULT);
    CHECK_ERRNO(flistxattr(fd, h_bad, 20), EFAULT);
    lists(fd, "user.a\0user.b", 14);
    // Names: as long as 255 bytes; the prefix alone, none, and others.
    char name[300] = "user.";
    memset(name + 5, 'n', 250);
    OK(setxattr("file", name, "long", 4, 0));
    has("file", name, "long");
    OK(removexattr("file", name));
    name[255] = 'n';
    CHECK_ERRNO(setxattr("file", name, "long", 4, 0), ERANGE);
    CHECK_ERRNO(getxattr("file", name, value, 4), ERANGE);
    CHECK_ERRNO(removexattr("file", name), ERANGE);
    CHECK_ERRNO(setxattr("file", "", "x", 1, 0), ERANGE);
    CHECK_ERRNO(setxattr("file", "user.", "x", 1, 0), EINVAL);
    CHECK_ERRNO(setxattr("file", "other.a", "x", 1, 0), EOPNOTSUPP);
    CHECK_ERRNO(getxattr("file", "other.a", value, 1), EOPNOTSUPP);
    CHECK_ERRNO(removexattr("file", "other.a"), EOPNOTSUPP);
    // Values: up to 64 KiB.
    for (size_t i = 0; i < sizeof big; i++) big[i] = i * 7;
    OK(setxattr("file", "user.big", big, 65536, 0));
    CHECK_EQ(getxattr("file", "user.big", NULL, 0), 65536);
    CHECK_EQ(getxattr("file", "user.big", back, sizeof back), 65536);
    CHECK(!memcmp(big, back, 65536));
    CHECK_ERRNO(setxattr("file", "user.big", big, 65537, 0), E2BIG);
    CHECK_ERRNO(getxattr("file", "user.big", back, 65535), ERANGE);
    OK(fremovexattr(fd, "user.big"));
    CHECK_ERRNO(fremovexattr(fd, "user.big"), ENODATA);
    CHECK_ERRNO(getxattr("file", "user.big", back, sizeof back), ENODATA);
    // They belong to the file: other names of it have them, a copy has not; they are news of it.
    int watch = OK(inotify_init1(IN_NONBLOCK));
    OK(inotify_add_watch(watch, "file", IN_ATTRIB));
    struct stat before, after;
    OK(link("file", "other"));
    OK(fstat(fd, &before));
    h_sleep_ms(20);
    OK(read(watch, back, sizeof back)); // the link
    OK(setxattr("other", "user.c", "third", 5, 0));
    has("file", "user.c", "third");
    OK(fstat(fd, &after));
    CHECK(after.st_ctim.tv_sec > before.st_ctim.tv_sec || after.st_ctim.tv_nsec > before.st_ctim.tv_nsec);
    CHECK(after.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
    struct inotify_event *news = (struct inotify_event *)back;
    CHECK_EQ(read(watch, back, sizeof back), sizeof *news);
    CHECK_EQ(news->mask, IN_ATTRIB);
    OK(rename("other", "moved"));
    has("moved", "user.c", "third");
    // A link: the calls without l follow it; it has only such names as need no permission.
    OK(symlink("file", "link"));
    has("link", "user.c", "third");
    CHECK_ERRNO(lgetxattr("link", "user.c", value, sizeof value), ENODATA);
    CHECK_ERRNO(lsetxattr("link", "user.c", "x", 1, 0), EPERM);
    OK(lsetxattr("link", "trusted.t", "of the link", 11, 0));
    CHECK_EQ(lgetxattr("link", "trusted.t", back, sizeof back), 11);
    CHECK_ERRNO(getxattr("link", "trusted.t", back, sizeof back), ENODATA);
    CHECK_EQ(llistxattr("link", back, sizeof back), 10);
    CHECK_EQ(listxattr("link", back, sizeof back), 21);
    OK(lremovexattr("link", "trusted.t"));
    CHECK_ERRNO(lremovexattr("link", "trusted.t"), ENODATA);
    // Directories have them; so do not pipes, nor what is made up.
    OK(mkdir("dir", 0755));
    OK(setxattr("dir", "user.a", "of a directory", 14, 0));
    has("dir", "user.a", "of a directory");
    int ends[2];
    OK(pipe(ends));
    CHECK_EQ(listxattr("/proc/self/stat", NULL, 0), 0);
    CHECK_ERRNO(getxattr("/proc/self/stat", "user.a", value, 1), EOPNOTSUPP);
    CHECK_ERRNO(fgetxattr(ends[0], "trusted.a", value, 1), EOPNOTSUPP);
    CHECK_ERRNO(fsetxattr(ends[0], "trusted.a", "x", 1, 0), EOPNOTSUPP);
    CHECK_ERRNO(fgetxattr(-1, "user.a", value, 1), EBADF);
    CHECK_ERRNO(getxattr("none", "user.a", value, 1), ENOENT);
    int path = OK(open("file", O_PATH));
    CHECK_ERRNO(fgetxattr(path, "user.c", value, sizeof value), EBADF);
    CHECK_ERRNO(flistxattr(path, NULL, 0), EBADF);
    return 0;
}
