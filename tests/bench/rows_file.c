// Rows of descriptors, files and directories, all on the file system of /tmp.
#include "bench.h"

static int64_t dup_close(long n, int arg) {
    (void)arg;
    return TIMED(n, close(need(dup(1))));
}

static int scratch_file(void) {
    char *bytes = scratch(16 * PAGE);
    memset(bytes, 1, 16 * PAGE);
    int fd = need(open("/tmp/bench-file", O_RDWR | O_CREAT, 0600));
    need(pwrite(fd, bytes, 16 * PAGE, 0));
    return fd;
}

static int64_t open_close(long n, int arg) {
    (void)arg;
    scratch_file();
    int64_t spent = TIMED(n, close(need(open("/tmp/bench-file", O_RDONLY))));
    unlink("/tmp/bench-file");
    return spent;
}

static int64_t stat_path(long n, int arg) {
    (void)arg;
    struct stat st;
    scratch_file();
    int64_t spent = TIMED(n, need(stat("/tmp/bench-file", &st)));
    unlink("/tmp/bench-file");
    return spent;
}

static int64_t stat_fd(long n, int arg) {
    (void)arg;
    struct stat st;
    int fd = scratch_file();
    unlink("/tmp/bench-file");
    return TIMED(n, need(fstat(fd, &st)));
}

static int64_t file_read_4k(long n, int arg) {
    (void)arg;
    char *buffer = scratch(PAGE);
    int fd = scratch_file();
    unlink("/tmp/bench-file");
    return TIMED(n, need(pread(fd, buffer, PAGE, i % 16 * PAGE)));
}

static int64_t file_write_4k(long n, int arg) {
    (void)arg;
    char *buffer = scratch(PAGE);
    int fd = scratch_file();
    unlink("/tmp/bench-file");
    return TIMED(n, need(pwrite(fd, buffer, PAGE, i % 16 * PAGE)));
}

static int64_t create_unlink(long n, int arg) {
    (void)arg;
    return TIMED(n, close(need(open("/tmp/bench-new", O_RDWR | O_CREAT | O_EXCL, 0600))); need(unlink("/tmp/bench-new")));
}

static int64_t mkdir_rmdir(long n, int arg) {
    (void)arg;
    return TIMED(n, need(mkdir("/tmp/bench-dir", 0700)); need(rmdir("/tmp/bench-dir")));
}

static int64_t rename_file(long n, int arg) {
    (void)arg;
    scratch_file();
    n &= ~1L;
    int64_t spent = TIMED(n, need(i % 2 ? rename("/tmp/bench-other", "/tmp/bench-file") : rename("/tmp/bench-file", "/tmp/bench-other")));
    unlink("/tmp/bench-file");
    return spent;
}

// One operation is one entry of a directory with 100.
static int64_t readdir_100(long n, int arg) {
    (void)arg;
    char name[64];
    need(mkdir("/tmp/bench-many", 0700));
    for (int i = 0; i < 98; i++) {
        snprintf(name, sizeof name, "/tmp/bench-many/e%d", i);
        close(need(open(name, O_RDWR | O_CREAT, 0600)));
    }
    char *buffer = scratch(KIB64);
    int fd = need(open("/tmp/bench-many", O_RDONLY | O_DIRECTORY));
    int64_t spent = TIMED(n / 100 + 1, {
        need(lseek(fd, 0, SEEK_SET));
        while (need(syscall(SYS_getdents64, fd, buffer, KIB64)) > 0) {}
    });
    for (int i = 0; i < 98; i++) {
        snprintf(name, sizeof name, "/tmp/bench-many/e%d", i);
        unlink(name);
    }
    rmdir("/tmp/bench-many");
    return spent * n / ((n / 100 + 1) * 100);
}

const struct row file_rows[] = {
    {"dup_close", 3000, dup_close, 0},       {"open_close", 800, open_close, 0},       {"stat", 1000, stat_path, 0},
    {"fstat", 3000, stat_fd, 0},             {"file_read_4k", 2000, file_read_4k, 0},  {"file_write_4k", 2000, file_write_4k, 0},
    {"create_unlink", 200, create_unlink, 0}, {"mkdir_rmdir", 300, mkdir_rmdir, 0},    {"rename", 400, rename_file, 0},
    {"readdir_100", 5000, readdir_100, 0},   {0},
};
