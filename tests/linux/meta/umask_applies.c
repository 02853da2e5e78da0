// umask(2): returns the old mask, only nine bits count; applies to open, mkdir, mkfifo, not to chmod; inherited by fork.
// calls: umask
#include "../harness.h"

static int mode_of(const char *path) {
    struct stat st;
    OK(stat(path, &st));
    return st.st_mode & 07777;
}

int main(void) {
    h_scratch();
    umask(0);
    CHECK_EQ(syscall(SYS_umask, 07027), 0);
    CHECK_EQ(syscall(SYS_umask, 027), 027);
    OK(close(OK(open("file", O_RDWR | O_CREAT, 0777))));
    OK(mkdir("dir", 0777));
    OK(mkfifo("fifo", 0666));
    CHECK_EQ(mode_of("file"), 0750);
    CHECK_EQ(mode_of("dir"), 0750);
    CHECK_EQ(mode_of("fifo"), 0640);
    OK(chmod("file", 0777));
    CHECK_EQ(mode_of("file"), 0777);
    IN_CHILD(CHECK_EQ(umask(0), 027));
    CHECK_EQ(umask(022), 027);
    CHECK_ERRNO(open("file", O_RDWR | O_CREAT | O_EXCL, 0777), EEXIST);
    return 0;
}
