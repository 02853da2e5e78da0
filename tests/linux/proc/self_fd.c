// proc(5): /proc/self/fd names every open descriptor and links to its file; opening an entry opens the file anew; fdinfo shows offset and flags.
// calls: readlinkat openat getdents64
#include "../harness.h"

int main(void) {
    h_scratch();
    char path[64], link[PATH_MAX], want[PATH_MAX + 16];
    int ends[2], fd = OK(open("file", O_RDWR | O_CREAT | O_APPEND, 0600));
    CHECK_EQ(write(fd, "0123456789", 10), 10);
    OK(pipe(ends));
    OK(dup2(fd, 77));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    memset(link, 0, sizeof link);
    OK(readlink(path, link, sizeof link - 1));
    snprintf(want, sizeof want, "%s/file", h_dir);
    CHECK_STR(link, want);
    int again = OK(open(path, O_RDONLY));
    CHECK_EQ(lseek(again, 0, SEEK_CUR), 0); // a new description
    CHECK_ERRNO(write(again, "x", 1), EBADF);
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    memset(link, 0, sizeof link);
    OK(readlink(path, link, sizeof link - 1));
    struct stat st;
    OK(fstat(ends[0], &st));
    snprintf(want, sizeof want, "pipe:[%lu]", st.st_ino);
    CHECK_STR(link, want);
    int count = 0, seen = 0;
    DIR *dir = opendir("/proc/self/fd");
    CHECK(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.') continue;
        count++;
        seen += atoi(e->d_name) == 77;
    }
    CHECK_EQ(count, h_open_fds());
    CHECK_EQ(seen, 1);
    closedir(dir);
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    char *text = h_read_file(path);
    CHECK(strstr(text, "pos:\t10\n"));
    CHECK_EQ(strtol(strstr(text, "flags:\t") + 7, NULL, 8) & (O_ACCMODE | O_APPEND), O_RDWR | O_APPEND);
    CHECK_ERRNO(open("/proc/self/fd/200", O_RDONLY), ENOENT);
    return 0;
}
