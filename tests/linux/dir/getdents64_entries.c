// getdents64(2): every entry once, with inode, type and record length; EINVAL for a buffer too small, ENOTDIR, EBADF.
// calls: getdents64
#include "../harness.h"

struct entry {
    uint64_t ino;
    int64_t off;
    unsigned short reclen;
    unsigned char type;
    char name[];
};

int main(void) {
    h_scratch();
    OK(mkdir("sub", 0755));
    OK(symlink("sub", "link"));
    OK(mkfifo("fifo", 0600));
    char name[32];
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "file%02d", i);
        h_write_file(name, "");
    }
    int fd = OK(open(".", O_RDONLY | O_DIRECTORY)), seen[100] = {0}, others = 0;
    _Alignas(8) char buffer[1024];
    long n;
    while ((n = OK(syscall(SYS_getdents64, fd, buffer, sizeof buffer))) > 0) {
        for (long at = 0; at < n;) {
            struct entry *e = (void *)(buffer + at);
            CHECK_EQ(e->reclen % 8, 0);
            struct stat st;
            OK(lstat(e->name, &st));
            if (strcmp(e->name, "..")) CHECK_EQ(st.st_ino, e->ino);
            CHECK_EQ(DTTOIF(e->type), st.st_mode & S_IFMT);
            if (strncmp(e->name, "file", 4) == 0) seen[atoi(e->name + 4)]++;
            else others++;
            at += e->reclen;
        }
    }
    for (int i = 0; i < 100; i++) CHECK_EQ(seen[i], 1);
    CHECK_EQ(others, 5); // . .. sub link fifo
    OK(lseek(fd, 0, SEEK_SET));
    CHECK_ERRNO(syscall(SYS_getdents64, fd, buffer, 8), EINVAL);
    CHECK_ERRNO(syscall(SYS_getdents64, fd, h_bad, 1024), EFAULT);
    CHECK_ERRNO(syscall(SYS_getdents64, OK(open("file00", O_RDONLY)), buffer, 1024), ENOTDIR);
    CHECK_ERRNO(syscall(SYS_getdents64, -1, buffer, 1024), EBADF);
    return 0;
}
