// inode(7), timestamps: write changes mtime and ctime, chmod ctime only, link ctime, an entry the directory's mtime; read leaves both.
// calls: newfstatat fchmodat linkat
#include "../harness.h"

static struct stat before, after;

static int later(struct timespec a, struct timespec b) {
    return b.tv_sec > a.tv_sec || (b.tv_sec == a.tv_sec && b.tv_nsec > a.tv_nsec);
}

static void measure(const char *path) {
    before = after;
    OK(stat(path, &before));
    h_sleep_ms(20); // above the coarse clock's step
}

#define CHANGED(field, want) CHECK_EQ(later(before.field, after.field), want)

int main(void) {
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0644));
    measure("file");
    CHECK_EQ(write(fd, "x", 1), 1);
    OK(stat("file", &after));
    CHANGED(st_mtim, 1); CHANGED(st_ctim, 1);
    measure("file");
    OK(chmod("file", 0600));
    OK(stat("file", &after));
    CHANGED(st_mtim, 0); CHANGED(st_ctim, 1);
    measure("file");
    OK(link("file", "other"));
    OK(stat("file", &after));
    CHANGED(st_mtim, 0); CHANGED(st_ctim, 1);
    measure("file");
    char byte;
    CHECK_EQ(pread(fd, &byte, 1, 0), 1);
    OK(stat("file", &after));
    CHANGED(st_mtim, 0); CHANGED(st_ctim, 0);
    measure(".");
    OK(unlink("other"));
    OK(stat(".", &after));
    CHANGED(st_mtim, 1); CHANGED(st_ctim, 1);
    CHECK_ERRNO(link("absent", "x"), ENOENT);
    return 0;
}
