// readdir(3): entries removed while reading are not lost track of: each other entry shows exactly once; a removed directory reads empty.
// calls: getdents64 unlinkat
#include "../harness.h"

int main(void) {
    h_scratch();
    OK(mkdir("d", 0755));
    char name[32];
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "d/f%d", i);
        h_write_file(name, "");
    }
    int fd = OK(open("d", O_RDONLY | O_DIRECTORY)), count = 0;
    _Alignas(8) char buffer[256];
    long n;
    while ((n = OK(syscall(SYS_getdents64, fd, buffer, sizeof buffer))) > 0) {
        for (long at = 0; at < n;) {
            unsigned short length;
            memcpy(&length, buffer + at + 16, 2);
            char *entry = buffer + at + 19;
            if (entry[0] != '.') {
                OK(unlinkat(fd, entry, 0)); // delete what was just read
                count++;
            }
            at += length;
        }
    }
    CHECK_EQ(count, 200);
    OK(rmdir("d"));
    OK(lseek(fd, 0, SEEK_SET));
    n = syscall(SYS_getdents64, fd, buffer, sizeof buffer);
    CHECK(n == 0 || (n == -1 && errno == ENOENT));
    CHECK_ERRNO(openat(fd, "new", O_CREAT | O_RDWR, 0600), ENOENT);
    CHECK_ERRNO(unlinkat(fd, "f0", 0), ENOENT);
    return 0;
}
