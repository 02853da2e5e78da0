// inotify(7): create, open, read, write, close, truncate, attributes, links and removal, seen at the directory and at the file.
// calls: inotify_init1 inotify_add_watch
#include "watch.h"

int main(void) {
    char c;
    h_scratch();
    int fd = OK(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    OK(mkdir("d", 0755));
    CHECK_EQ(inotify_add_watch(fd, "d", IN_ALL_EVENTS), 1);
    W_CHECK(fd, "");

    int f = OK(open("d/file", O_RDWR | O_CREAT, 0644));
    W_CHECK(fd, "1:CREATE file 1:OPEN file ");
    CHECK_EQ(write(f, "hello", 5), 5);
    CHECK_EQ(write(f, "hello", 5), 5);
    W_CHECK(fd, "1:MODIFY file "); // equal neighbours are one
    CHECK_EQ(write(f, "", 0), 0);
    W_CHECK(fd, "");
    OK(lseek(f, 0, SEEK_SET));
    CHECK_EQ(read(f, &c, 1), 1);
    CHECK_EQ(pread(f, &c, 1, 3), 1);
    CHECK_EQ(pwrite(f, "x", 1, 3), 1);
    CHECK_EQ(pread(f, &c, 1, 30), 0);
    W_CHECK(fd, "1:ACCESS file 1:MODIFY file ");
    OK(ftruncate(f, 3));
    W_CHECK(fd, "1:MODIFY file ");
    OK(fchmod(f, 0600));
    W_CHECK(fd, "1:ATTRIB file ");
    int again = OK(dup(f));
    OK(close(f));
    W_CHECK(fd, "");
    OK(close(again));
    W_CHECK(fd, "1:CLOSE_WRITE file ");
    OK(close(OK(open("d/file", O_RDONLY))));
    W_CHECK(fd, "1:OPEN file 1:CLOSE_NOWRITE file ");
    OK(close(OK(open("d/file", O_PATH))));
    W_CHECK(fd, "");
    OK(truncate("d/file", 1));
    W_CHECK(fd, "1:MODIFY file ");
    OK(chmod("d/file", 0644));
    OK(chown("d/file", getuid(), getgid()));
    OK(utimensat(AT_FDCWD, "d/file", NULL, 0));
    W_CHECK(fd, "1:ATTRIB file ");
    OK(close(OK(open("d/file", O_WRONLY | O_TRUNC))));
    char *events = w_events(fd);
    CHECK(strstr(events, "1:MODIFY file ") && strstr(events, "1:OPEN file ") && strstr(events, "1:CLOSE_WRITE file "));
    struct timespec only_access[2] = {{1, 0}, {0, UTIME_OMIT}}, only_change[2] = {{0, UTIME_OMIT}, {1, 0}};
    OK(utimensat(AT_FDCWD, "d/file", only_access, 0));
    OK(utimensat(AT_FDCWD, "d/file", only_change, 0));
    W_CHECK(fd, "1:ACCESS file 1:MODIFY file ");

    // The file itself is watched as well: both hear of it.
    CHECK_EQ(inotify_add_watch(fd, "d/file", IN_ALL_EVENTS), 2);
    OK(close(OK(open("d/file", O_RDONLY))));
    W_CHECK(fd, "1:OPEN file 2:OPEN 1:CLOSE_NOWRITE file 2:CLOSE_NOWRITE ");
    OK(link("d/file", "d/other"));
    W_CHECK(fd, "2:ATTRIB 1:CREATE other ");
    OK(unlink("d/other"));
    W_CHECK(fd, "2:ATTRIB 1:DELETE other ");
    OK(unlink("d/file"));
    W_CHECK(fd, "2:ATTRIB 2:DELETE_SELF 2:IGNORED 1:DELETE file ");

    // Removed while it is open: it goes with the last descriptor; the number of a watch is not given anew.
    f = OK(open("d/held", O_RDWR | O_CREAT, 0644));
    CHECK_EQ(inotify_add_watch(fd, "d/held", IN_ALL_EVENTS), 3);
    w_events(fd);
    OK(unlink("d/held"));
    W_CHECK(fd, "3:ATTRIB 1:DELETE held ");
    CHECK_EQ(write(f, "x", 1), 1);
    W_CHECK(fd, "1:MODIFY held 3:MODIFY ");
    OK(close(f));
    W_CHECK(fd, "1:CLOSE_WRITE held 3:CLOSE_WRITE 3:DELETE_SELF 3:IGNORED ");

    // Directories: made, listed, removed; other kinds of files.
    OK(mkdir("d/sub", 0755));
    W_CHECK(fd, "1:CREATE|ISDIR sub ");
    CHECK_EQ(inotify_add_watch(fd, "d/sub", IN_ALL_EVENTS), 4);
    int dir = OK(open("d/sub", O_RDONLY | O_DIRECTORY));
    char room[1024];
    OK(syscall(SYS_getdents64, dir, room, sizeof room));
    OK(close(dir));
    W_CHECK(fd, "1:OPEN|ISDIR sub 4:OPEN|ISDIR 1:ACCESS|ISDIR sub 4:ACCESS|ISDIR 1:CLOSE_NOWRITE|ISDIR sub 4:CLOSE_NOWRITE|ISDIR ");
    OK(chmod("d/sub", 0700));
    W_CHECK(fd, "1:ATTRIB|ISDIR sub 4:ATTRIB|ISDIR ");
    OK(rmdir("d/sub"));
    W_CHECK(fd, "4:DELETE_SELF 4:IGNORED 1:DELETE|ISDIR sub ");
    OK(symlink("nowhere", "d/link"));
    OK(mkfifo("d/fifo", 0600));
    W_CHECK(fd, "1:CREATE link 1:CREATE fifo ");
    OK(unlink("d/link"));
    OK(unlink("d/fifo"));
    W_CHECK(fd, "1:DELETE link 1:DELETE fifo ");
    OK(rmdir("d"));
    W_CHECK(fd, "1:DELETE_SELF 1:IGNORED ");
    return 0;
}
