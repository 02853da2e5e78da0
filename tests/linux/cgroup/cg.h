// A cgroup of the test's own, with what it needs to write into files of it and to put processes there.
#ifndef CG_H
#define CG_H
#include "../harness.h"
#include <sys/mount.h>
#include <sys/vfs.h>

#define CG_ROOT "/sys/fs/cgroup"

static char cg_text[4096];

// The file's text.
static H_UNUSED const char *cg_read(const char *cgroup, const char *file) {
    char path[256];
    snprintf(path, sizeof path, CG_ROOT "/%s/%s", cgroup, file);
    int fd = OK(open(path, O_RDONLY | O_CLOEXEC));
    ssize_t n = OK(read(fd, cg_text, sizeof cg_text - 1));
    cg_text[n] = 0;
    OK(close(fd));
    return cg_text;
}

// 0, or the errno of the write.
static H_UNUSED int cg_try_write(const char *cgroup, const char *file, const char *text) {
    char path[256];
    snprintf(path, sizeof path, CG_ROOT "/%s/%s", cgroup, file);
    int fd = OK(open(path, O_WRONLY | O_CLOEXEC));
    ssize_t n = write(fd, text, strlen(text));
    int error = n < 0 ? errno : 0;
    OK(close(fd));
    return error;
}

static H_UNUSED void cg_write(const char *cgroup, const char *file, const char *text) {
    int error = cg_try_write(cgroup, file, text);
    if (error) FAIL("%s > %s/%s: %s", text, cgroup, file, strerror(error));
}

static H_UNUSED long cg_number(const char *cgroup, const char *file) {
    return strtol(cg_read(cgroup, file), NULL, 10);
}

// The number behind a word of a flat keyed file; -1 if there is no such word.
static H_UNUSED long cg_field(const char *cgroup, const char *file, const char *word) {
    const char *text = cg_read(cgroup, file);
    size_t n = strlen(word);
    for (const char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (!strncmp(line, word, n) && line[n] == ' ') return strtol(line + n, NULL, 10);
    return -1;
}

static H_UNUSED int cg_has(const char *cgroup, const char *file) {
    char path[256];
    snprintf(path, sizeof path, CG_ROOT "/%s/%s", cgroup, file);
    return access(path, F_OK) == 0;
}

static H_UNUSED void cg_path(char *path, size_t room, const char *cgroup) {
    snprintf(path, room, CG_ROOT "/%s", cgroup);
}

static H_UNUSED int cg_mkdir(const char *cgroup) {
    char path[256];
    cg_path(path, sizeof path, cgroup);
    return mkdir(path, 0755);
}

static H_UNUSED int cg_rmdir(const char *cgroup) {
    char path[256];
    cg_path(path, sizeof path, cgroup);
    return rmdir(path);
}

// Waits until a cgroup without living processes can be removed: who was waited for may not have left it everywhere.
static H_UNUSED void cg_remove(const char *cgroup) {
    for (int i = 0; cg_rmdir(cgroup) != 0; i++) {
        CHECK(errno == EBUSY && i < 2000);
        h_sleep_ms(1);
    }
}

// Makes sure of the mount, and of the controllers for the children of the root.
static H_UNUSED void cg_begin(const char *controllers) {
    struct statfs fs;
    if (statfs(CG_ROOT, &fs) != 0 || fs.f_type != 0x63677270) {
        mkdir("/sys/fs", 0755);
        mkdir(CG_ROOT, 0755);
        OK(mount("cgroup2", CG_ROOT, "cgroup2", 0, NULL));
    }
    cg_write(".", "cgroup.subtree_control", controllers);
}

// A child process that is in the cgroup before `body` runs.
static H_UNUSED pid_t cg_fork(const char *cgroup) {
    pid_t pid = h_fork();
    if (pid == 0) cg_write(cgroup, "cgroup.procs", "0");
    return pid;
}
#endif
