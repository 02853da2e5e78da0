// rename(2) beside creating and removing in the same directories, from several processes: a name is never lost and never twice,
// a directory that went takes nothing with it.
// calls: renameat2 mkdirat unlinkat
// timeout: 60
#include "../harness.h"

#define ROUNDS 300

static void mover(void) {
    for (int i = 0; i < ROUNDS; i++) {
        OK(rename("a/token", "b/token"));
        CHECK_ERRNO(access("a/token", F_OK), ENOENT);
        OK(rename("b/token", "a/token"));
    }
}

// Directories that come and go under files that come and go.
static void replacer(int id) {
    char own[32], other[32];
    sprintf(own, "a/dir-%d", id);
    sprintf(other, "b/dir-%d", id);
    for (int i = 0; i < ROUNDS; i++) {
        OK(mkdir(own, 0700));
        OK(mkdir(other, 0700));
        // The other process may have put a file into it just now.
        if (rename(own, other) < 0) CHECK_EQ(errno, ENOTEMPTY);
        rmdir(own);
        while (rmdir(other) < 0) CHECK(errno == ENOTEMPTY || errno == ENOENT);
    }
}

static void intruder(void) {
    for (int i = 0; i < ROUNDS * 3; i++) {
        int fd = open("b/dir-0/file", O_CREAT | O_EXCL | O_RDWR, 0600);
        if (fd < 0) {
            CHECK(errno == ENOENT || errno == EEXIST);
            continue;
        }
        OK(close(fd));
        if (unlink("b/dir-0/file") < 0) CHECK_EQ(errno, ENOENT);
    }
    // What was moved away with the directory goes with it.
    unlink("b/dir-0/file");
    unlink("a/dir-0/file");
}

int main(void) {
    h_scratch();
    OK(mkdir("a", 0755));
    OK(mkdir("b", 0755));
    h_write_file("a/token", "one");
    pid_t pids[4];
    for (int i = 0; i < 4; i++)
        if ((pids[i] = h_fork()) == 0) {
            if (i == 0) mover();
            else if (i == 1) replacer(0);
            else if (i == 2) replacer(1);
            else intruder();
            _exit(0);
        }
    for (int i = 0; i < 4; i++) h_join(pids[i]);
    CHECK_STR(h_read_file("a/token"), "one");
    OK(unlink("a/token"));
    OK(rmdir("a"));
    OK(rmdir("b"));
    return 0;
}
