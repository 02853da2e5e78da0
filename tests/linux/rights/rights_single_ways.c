// Each way from a descriptor to another, or to what is behind it: no right that the descriptor lacks comes back.
// calls: fd_restrict openat dup dup3 fcntl mmap mprotect fchdir linkat renameat2 execveat truncate newfstatat fchmodat
#include "rights.h"

static void restricting(void) {
    int fd = OK(open("file", O_RDWR));
    CHECK_EQ(rights_of(fd), R_ALL);
    CHECK_ERRNO(restrict_to(fd, 1L << 40), EINVAL);
    CHECK_ERRNO(restrict_to(fd, R_ALL + 1), EINVAL);
    CHECK_ERRNO(restrict_to(999, 0), EBADF);
    CHECK_ERRNO(restrict_to(-1, 0), EBADF);
    CHECK_EQ(restrict_to(fd, R_READ | R_STAT | R_DUP), R_READ | R_STAT | R_DUP);
    CHECK_EQ(restrict_to(fd, R_ALL), R_READ | R_STAT | R_DUP);
    CHECK_EQ(shown(fd), R_READ | R_STAT | R_DUP);
    char c;
    OK(read(fd, &c, 1));
    CHECK_ERRNO(write(fd, "x", 1), EBADF);
    CHECK_ERRNO(ftruncate(fd, 0), EBADF);
    CHECK_ERRNO(fchmod(fd, 0600), EACCES);
    CHECK_ERRNO(lseek(fd, 0, SEEK_SET), EACCES);
    CHECK_ERRNO(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0), EACCES);
    CHECK_ERRNO(fcntl(fd, F_SETFL, O_APPEND), EACCES);
    int n;
    CHECK_ERRNO(ioctl(fd, FIONREAD, &n), EACCES);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    CHECK_EQ(poll(&p, 1, 0), 1);
    CHECK_EQ(p.revents, POLLNVAL);
    OK(restrict_to(fd, 0));
    struct stat st;
    CHECK_ERRNO(read(fd, &c, 1), EBADF);
    CHECK_ERRNO(fstat(fd, &st), EACCES);
    CHECK_ERRNO(dup(fd), EACCES);
    CHECK_ERRNO(fcntl(fd, F_DUPFD, 0), EACCES);
    CHECK_ERRNO(by_proc(fd, O_RDONLY), EACCES);
    CHECK_EQ(fcntl(fd, F_GETFD), 0);
    OK(close(fd));
}

static void duplicates(void) {
    long some = R_READ | R_DUP | R_STAT;
    int fd = limited("file", O_RDWR, some);
    int copies[] = {OK(dup(fd)), OK(dup3(fd, 70, 0)), OK(fcntl(fd, F_DUPFD, 80)), OK(fcntl(fd, F_DUPFD_CLOEXEC, 90))};
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(rights_of(copies[i]), some);
        CHECK_ERRNO(write(copies[i], "x", 1), EBADF);
        OK(close(copies[i]));
    }
    // The others keep what they have.
    int full = OK(open("file", O_RDWR)), less = OK(dup(full));
    OK(restrict_to(less, R_READ));
    OK(write(full, "x", 1));
    CHECK_EQ(rights_of(full), R_ALL);
    // fork passes on what may be duplicated.
    IN_CHILD(CHECK_ERRNO(fcntl(less, F_GETFD), EBADF); CHECK_EQ(rights_of(fd), some); CHECK_EQ(rights_of(full), R_ALL));
    OK(close(fd)), OK(close(full)), OK(close(less));
}

static void reopening(void) {
    int fd = limited("file", O_RDWR, R_READ | R_DUP | R_STAT);
    CHECK_ERRNO(by_proc(fd, O_RDWR), EACCES);
    CHECK_ERRNO(by_proc(fd, O_WRONLY), EACCES);
    CHECK_ERRNO(by_proc(fd, O_RDONLY | O_TRUNC), EACCES);
    int again = OK(by_proc(fd, O_RDONLY)), name = OK(by_proc(fd, O_PATH));
    CHECK_EQ(rights_of(again), R_READ | R_DUP | R_STAT);
    CHECK_EQ(rights_of(name), R_READ | R_DUP | R_STAT);
    CHECK_ERRNO(by_proc(name, O_RDWR), EACCES);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    CHECK_ERRNO(truncate(path, 0), EACCES);
    CHECK_ERRNO(chmod(path, 0600), EACCES);
    CHECK_ERRNO(linkat(AT_FDCWD, path, AT_FDCWD, "stolen", AT_SYMLINK_FOLLOW), EXDEV);
    CHECK_ERRNO(linkat(fd, "", AT_FDCWD, "stolen", AT_EMPTY_PATH), EXDEV);
    struct stat st;
    OK(stat(path, &st));
    OK(restrict_to(fd, R_READ | R_DUP));
    CHECK_ERRNO(stat(path, &st), EACCES);
    CHECK_ERRNO(fstatat(fd, "", &st, AT_EMPTY_PATH), EACCES);
    int pipes[2];
    OK(pipe(pipes));
    OK(restrict_to(pipes[0], R_READ | R_DUP));
    CHECK_ERRNO(by_proc(pipes[0], O_WRONLY), EACCES);
    OK(close(OK(by_proc(pipes[0], O_RDONLY | O_NONBLOCK))));
    OK(close(fd)), OK(close(again)), OK(close(name)), OK(close(pipes[0])), OK(close(pipes[1]));
}

static void mappings(void) {
    int fd = limited("file", O_RDWR, R_READ | R_MAP);
    char *m = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
    CHECK(m != MAP_FAILED);
    CHECK_ERRNO(mprotect(m, PAGE, PROT_READ | PROT_WRITE), EACCES);
    CHECK_ERRNO(mprotect(m, PAGE, PROT_READ | PROT_EXEC), EACCES);
    CHECK_ERRNO(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), EACCES);
    CHECK_ERRNO(mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0), EACCES);
    char *moved = mremap(m, 0, PAGE, MREMAP_MAYMOVE);
    if (moved != MAP_FAILED) {
        CHECK_ERRNO(mprotect(moved, PAGE, PROT_READ | PROT_WRITE), EACCES);
        OK(munmap(moved, PAGE));
    }
    OK(munmap(m, PAGE));
    m = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    CHECK(m != MAP_FAILED);
    m[0] = 'y';
    CHECK_ERRNO(mprotect(m, PAGE, PROT_READ | PROT_EXEC), EACCES);
    OK(munmap(m, PAGE));
    OK(restrict_to(fd, R_MAP));
    CHECK_ERRNO(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0), EACCES);
    OK(close(fd));
}

static void directories(void) {
    int dir = limited("dir", O_RDONLY | O_DIRECTORY, R_ALL & ~R_WRITE);
    CHECK_EQ(rights_of(dir), R_ALL & ~(R_WRITE | R_WALK_UP));
    CHECK_ERRNO(openat(dir, "inner", O_RDWR), EACCES);
    CHECK_ERRNO(openat(dir, "..", O_RDONLY), EXDEV);
    CHECK_ERRNO(openat(dir, "sub/../../file", O_RDONLY), EXDEV);
    CHECK_ERRNO(openat(dir, "up", O_RDONLY), EXDEV);
    CHECK_ERRNO(openat(dir, "root", O_RDONLY), EXDEV);
    CHECK_ERRNO(openat(dir, "up", O_RDONLY | O_CREAT, 0600), EXDEV);
    CHECK_ERRNO(openat(dir, "root", O_RDONLY | O_CREAT, 0600), EXDEV);
    CHECK_ERRNO(mkdirat(dir, "../made", 0700), EXDEV);
    CHECK_ERRNO(faccessat(dir, "../file", R_OK, 0), EXDEV);
    char text[8];
    CHECK_ERRNO(readlinkat(dir, "../dir/up", text, sizeof text), EXDEV);
    int inner = OK(openat(dir, "inner", O_RDONLY)), sub = OK(openat(dir, "sub/../sub", O_RDONLY | O_DIRECTORY));
    CHECK_EQ(rights_of(inner), rights_of(dir));
    CHECK_EQ(rights_of(sub), rights_of(dir));
    CHECK_ERRNO(openat(sub, "..", O_RDONLY), EXDEV);
    CHECK_ERRNO(by_proc(inner, O_RDWR), EACCES);
    char path[96];
    snprintf(path, sizeof path, "/proc/self/fd/%d/..", sub);
    CHECK_ERRNO(open(path, O_RDONLY), EXDEV);
    snprintf(path, sizeof path, "/proc/self/fd/%d/inner", dir);
    CHECK_ERRNO(open(path, O_RDWR), EACCES);
    CHECK_ERRNO(open(path, O_RDWR | O_CREAT, 0600), EACCES);
    // A file does not get a name in a place where it could be reached with more.
    CHECK_ERRNO(linkat(dir, "inner", AT_FDCWD, "stolen", 0), EXDEV);
    CHECK_ERRNO(renameat(dir, "inner", AT_FDCWD, "stolen"), EXDEV);
    OK(renameat(dir, "inner", dir, "sub/inner"));
    OK(renameat(dir, "sub/inner", dir, "inner"));
    // Without CHANGE nothing is made, renamed or removed; without WALK nothing is found.
    OK(restrict_to(dir, R_READ | R_WALK | R_STAT | R_DUP));
    CHECK_ERRNO(mkdirat(dir, "new", 0700), EACCES);
    CHECK_ERRNO(openat(dir, "new", O_RDONLY | O_CREAT, 0600), EACCES);
    CHECK_ERRNO(unlinkat(dir, "inner", 0), EACCES);
    CHECK_ERRNO(fchmodat(dir, "inner", 0600, 0), EACCES);
    CHECK_ERRNO(openat(dir, ".", O_TMPFILE | O_RDWR, 0600), EACCES);
    struct stat st;
    OK(fstatat(dir, "inner", &st, 0));
    OK(restrict_to(dir, R_READ | R_WALK | R_DUP));
    CHECK_ERRNO(fstatat(dir, "inner", &st, 0), EACCES);
    OK(close(OK(openat(dir, "inner", O_RDONLY))));
    OK(restrict_to(dir, R_READ));
    CHECK_ERRNO(openat(dir, "inner", O_RDONLY), EACCES);
    CHECK_ERRNO(fchdir(dir), EACCES);
    OK(close(dir)), OK(close(inner)), OK(close(sub));
}

// The current directory is as good as the descriptor that it came from.
static void current_directory(void) {
    int back = OK(open(".", O_RDONLY | O_DIRECTORY));
    int dir = limited("dir", O_RDONLY | O_DIRECTORY, R_READ | R_WALK | R_STAT | R_DUP);
    OK(fchdir(dir));
    CHECK_ERRNO(open("inner", O_RDWR), EACCES);
    CHECK_ERRNO(open("..", O_RDONLY), EXDEV);
    CHECK_ERRNO(mkdir("new", 0700), EACCES);
    CHECK_ERRNO(truncate("inner", 0), EACCES);
    CHECK_ERRNO(chroot("."), EACCES);
    CHECK_ERRNO(open("/proc/self/cwd/inner", O_RDWR), EACCES);
    OK(chdir("sub"));
    CHECK_ERRNO(open("..", O_RDONLY), EXDEV);
    CHECK_ERRNO(mkdir("new", 0700), EACCES);
    IN_CHILD(CHECK_ERRNO(mkdir("new", 0700), EACCES));
    OK(chdir("/"));
    OK(chdir("tmp"));
    OK(fchdir(back));
    OK(mkdir("new", 0700));
    OK(rmdir("new"));
    OK(close(back)), OK(close(dir));
}

static void programs(const char *self) {
    int fd = OK(open(self, O_RDONLY | O_CLOEXEC));
    OK(restrict_to(fd, R_ALL & ~R_EXEC));
    char *args[] = {"x", "leave", NULL}, *look[] = {"x", "look", NULL};
    CHECK_ERRNO(syscall(SYS_execveat, fd, "", args, environ, AT_EMPTY_PATH), EACCES);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    CHECK_ERRNO(execve(path, args, environ), EACCES);
    int runs = OK(open(self, O_RDONLY | O_CLOEXEC));
    OK(restrict_to(runs, R_EXEC | R_DUP | R_STAT));
    IN_CHILD(OK(syscall(SYS_execveat, runs, "", look, environ, AT_EMPTY_PATH)));
    OK(close(fd)), OK(close(runs));
}

int main(int argc, char **argv) {
    if (argc == 2) {
        // A program that was only to be run does not read itself.
        CHECK_ERRNO(open("/proc/self/exe", O_RDONLY), EACCES);
        return 0;
    }
    char self[PATH_MAX] = {0};
    OK(readlink("/proc/self/exe", self, sizeof self - 1));
    h_scratch();
    h_write_file("file", "content");
    OK(mkdir("dir", 0755));
    OK(mkdir("dir/sub", 0755));
    h_write_file("dir/inner", "content");
    OK(symlink("../file", "dir/up"));
    OK(symlink("/", "dir/root"));
    restricting();
    duplicates();
    reopening();
    mappings();
    directories();
    current_directory();
    programs(self);
    return 0;
}
