// proc_locks(5): record locks, description locks and flock locks with kind, holder and range; gone once they are given up.
// calls: fcntl flock
#include "../harness.h"
#include <sys/file.h>

// Finds the line of a lock of this kind on this file, without its number and device.
static int find(const char *kind, ino_t ino, char *rest) {
    char *line = h_read_file("/proc/locks"), *next, file[32];
    snprintf(file, sizeof file, ":%lu ", (unsigned long)ino);
    for (; *line; line = next) {
        next = strchr(line, '\n');
        CHECK(next != NULL);
        *next++ = 0;
        char *text = strchr(line, ':') + 2, *at = strstr(text, file);
        if (strncmp(text, kind, strlen(kind)) != 0 || !at) continue;
        char mode[16], type[16];
        long pid;
        CHECK_EQ(sscanf(text + strlen(kind), " %15s %15s %ld", mode, type, &pid), 3);
        CHECK_STR(mode, "ADVISORY");
        sprintf(rest, "%s %ld %s", type, pid, at + strlen(file));
        return 1;
    }
    return 0;
}

static int lock(int fd, int command, int type, off_t start, off_t length) {
    struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    return fcntl(fd, command, &l);
}

int main(void) {
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
    struct stat st;
    OK(fstat(fd, &st));
    char rest[128], want[128];
    CHECK(!find("POSIX", st.st_ino, rest));
    OK(lock(fd, F_SETLK, F_WRLCK, 10, 5));
    CHECK(find("POSIX", st.st_ino, rest));
    sprintf(want, "WRITE %d 10 14", getpid());
    CHECK_STR(rest, want);
    OK(lock(fd, F_SETLK, F_UNLCK, 0, 0));
    CHECK(!find("POSIX", st.st_ino, rest));
    OK(lock(fd, F_OFD_SETLK, F_RDLCK, 7, 0));
    CHECK(find("OFDLCK", st.st_ino, rest));
    CHECK_STR(rest, "READ -1 7 EOF");
    OK(flock(fd, LOCK_SH));
    CHECK(find("FLOCK", st.st_ino, rest));
    sprintf(want, "READ %d 0 EOF", getpid());
    CHECK_STR(rest, want);
    // Whoever holds it through another process's descriptor too.
    IN_CHILD(CHECK(find("FLOCK", st.st_ino, rest)));
    OK(close(fd));
    CHECK(!find("FLOCK", st.st_ino, rest));
    CHECK(!find("OFDLCK", st.st_ino, rest));
    CHECK_ERRNO(flock(fd, LOCK_SH), EBADF);
    CHECK_ERRNO(lock(fd, F_SETLK, F_WRLCK, 10, 5), EBADF);
    return 0;
}
