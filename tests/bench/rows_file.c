// Rows of descriptors, files and directories, all on the file system of /tmp.
#include "bench.h"
#include <dirent.h>

static int64_t dup_close(long n, int arg) {
    (void)arg;
    return TIMED(n, close(need(dup(1))));
}

static int scratch_file(void) {
    static char bytes[16 * PAGE];
    memset(bytes, 1, sizeof bytes);
    int fd = need(open("file", O_RDWR | O_CREAT, 0600));
    need(pwrite(fd, bytes, sizeof bytes, 0));
    return fd;
}

static int64_t open_close(long n, int arg) {
    (void)arg;
    scratch_file();
    int64_t spent = TIMED(n, close(need(open("file", O_RDONLY))));
    unlink("file");
    return spent;
}

static int64_t stat_path(long n, int arg) {
    (void)arg;
    struct stat st;
    scratch_file();
    int64_t spent = TIMED(n, need(stat("file", &st)));
    unlink("file");
    return spent;
}

static int64_t stat_fd(long n, int arg) {
    (void)arg;
    struct stat st;
    int fd = scratch_file();
    unlink("file");
    return TIMED(n, need(fstat(fd, &st)));
}

static int64_t file_read_4k(long n, int arg) {
    (void)arg;
    static char buffer[PAGE];
    int fd = scratch_file();
    unlink("file");
    return TIMED(n, need(pread(fd, buffer, PAGE, i % 16 * PAGE)));
}

static int64_t file_write_4k(long n, int arg) {
    (void)arg;
    static char buffer[PAGE];
    int fd = scratch_file();
    unlink("file");
    return TIMED(n, need(pwrite(fd, buffer, PAGE, i % 16 * PAGE)));
}

static int64_t create_unlink(long n, int arg) {
    (void)arg;
    return TIMED(n, close(need(open("new", O_RDWR | O_CREAT | O_EXCL, 0600))); need(unlink("new")));
}

static int64_t mkdir_rmdir(long n, int arg) {
    (void)arg;
    return TIMED(n, need(mkdir("dir", 0700)); need(rmdir("dir")));
}

static int64_t rename_file(long n, int arg) {
    (void)arg;
    scratch_file();
    n &= ~1L;
    int64_t spent = TIMED(n, need(i % 2 ? rename("other", "file") : rename("file", "other")));
    unlink("file");
    return spent;
}

// One operation is one entry of a directory with 100.
static int64_t readdir_100(long n, int arg) {
    (void)arg;
    char name[32];
    need(mkdir("many", 0700));
    for (int i = 0; i < 98; i++) {
        snprintf(name, sizeof name, "many/entry-%02d", i);
        close(need(open(name, O_RDWR | O_CREAT, 0600)));
    }
    int64_t spent = TIMED(n / 100 + 1, {
        DIR *dir = opendir("many");
        if (!dir) give_up("opendir");
        while (readdir(dir)) {}
        closedir(dir);
    });
    for (int i = 0; i < 98; i++) {
        snprintf(name, sizeof name, "many/entry-%02d", i);
        unlink(name);
    }
    rmdir("many");
    return spent * n / ((n / 100 + 1) * 100);
}

const struct row file_rows[] = {
    {"dup_close", 3000, dup_close, 0},       {"open_close", 800, open_close, 0},       {"stat", 1000, stat_path, 0},
    {"fstat", 3000, stat_fd, 0},             {"file_read_4k", 2000, file_read_4k, 0},  {"file_write_4k", 2000, file_write_4k, 0},
    {"create_unlink", 200, create_unlink, 0}, {"mkdir_rmdir", 300, mkdir_rmdir, 0},    {"rename", 400, rename_file, 0},
    {"readdir_100", 5000, readdir_100, 0},   {0},
};
