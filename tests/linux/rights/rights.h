// Rights of descriptors, for tests of rvOS alone.
#ifndef RIGHTS_H
#define RIGHTS_H
#include "../harness.h"
#include <linux/openat2.h>
#include <sys/socket.h>

enum {
    R_READ = 1, R_WRITE = 2, R_SEEK = 4, R_EXEC = 8, R_MAP = 16, R_IOCTL = 32, R_STAT = 64, R_CHANGE = 128, R_WALK = 256,
    R_WALK_UP = 512, R_DUP = 1024, R_TRANSFER = 2048, R_SIGNAL = 4096, R_WAIT = 8192, R_MANAGE = 16384, R_ALL = 0x7fff,
};

static H_UNUSED long restrict_to(int fd, long rights) { return syscall(0x1010, fd, rights); }
static H_UNUSED long rights_of(int fd) { return OK(restrict_to(fd, R_ALL)); }

// What fdinfo shows.
static H_UNUSED long shown(int fd) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    const char *line = strstr(h_read_file(path), "rights:");
    long rights = -1;
    CHECK(line && sscanf(line, "rights: 0x%lx", &rights) == 1);
    return rights;
}

static H_UNUSED int by_proc(int fd, int flags) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, flags | O_CLOEXEC);
}

// A file or directory of the test's own, with these rights.
static H_UNUSED int limited(const char *path, int flags, long rights) {
    int fd = OK(open(path, flags | O_CLOEXEC));
    OK(restrict_to(fd, rights));
    return fd;
}
#endif
