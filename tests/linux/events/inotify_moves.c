// inotify(7): renames within and between directories with their cookie, over an existing file, and exchanged.
// calls: inotify_init1 inotify_add_watch
#include "watch.h"

int main(void) {
    h_scratch();
    int fd = OK(inotify_init1(IN_NONBLOCK)), b = OK(inotify_init1(IN_NONBLOCK));
    OK(mkdir("a", 0755));
    OK(mkdir("b", 0755));
    h_write_file("a/x", "x");
    h_write_file("b/y", "y");
    uint32_t moves = IN_MOVE | IN_MOVE_SELF | IN_ATTRIB | IN_DELETE | IN_DELETE_SELF | IN_CREATE;
    CHECK_EQ(inotify_add_watch(fd, "a", moves), 1);
    CHECK_EQ(inotify_add_watch(fd, "a/x", moves), 2);
    CHECK_EQ(inotify_add_watch(b, "b", moves), 1);
    OK(rename("a/x", "a/z"));
    W_CHECK(fd, "1:MOVED_FROM x 1:MOVED_TO z 2:MOVE_SELF ");
    OK(rename("a/z", "b/w"));
    W_CHECK(b, "1:MOVED_TO w ");
    uint32_t cookie = w_cookie;
    CHECK(cookie != 0);
    CHECK_EQ(inotify_add_watch(fd, "b", IN_MOVED_TO), 3);
    W_CHECK(fd, "1:MOVED_FROM z 2:MOVE_SELF ");
    CHECK_EQ(w_cookie, 0); // of MOVE_SELF
    OK(rename("b/w", "a/q"));
    char room[64] __attribute__((aligned(8)));
    CHECK_EQ(read(b, room, sizeof room), 32);
    struct inotify_event *e = (void *)room;
    CHECK_EQ(e->mask, IN_MOVED_FROM);
    CHECK_EQ(e->len, 16);
    CHECK_STR(e->name, "w");
    CHECK(e->cookie != cookie);
    cookie = e->cookie;
    CHECK_EQ(read(fd, room, 40), 32);
    CHECK_EQ(e->mask, IN_MOVED_TO);
    CHECK_EQ(e->cookie, cookie);
    W_CHECK(fd, "2:MOVE_SELF ");

    // Over another file, which is gone by that.
    CHECK_EQ(inotify_add_watch(b, "b/y", moves), 2);
    OK(rename("a/q", "b/y"));
    W_CHECK(fd, "1:MOVED_FROM q 3:MOVED_TO y 2:MOVE_SELF ");
    W_CHECK(b, "1:MOVED_TO y 2:ATTRIB 2:DELETE_SELF 2:IGNORED ");

    // Directories; and two that change places.
    OK(mkdir("a/d", 0755));
    OK(rename("a/d", "b/e"));
    W_CHECK(fd, "1:CREATE|ISDIR d 1:MOVED_FROM|ISDIR d 3:MOVED_TO|ISDIR e ");
    h_write_file("a/f", "");
    w_events(fd), w_events(b);
    OK(syscall(SYS_renameat2, AT_FDCWD, "a/f", AT_FDCWD, "b/e", 2));
    W_CHECK(fd, "1:MOVED_FROM f 3:MOVED_TO e 1:MOVED_TO|ISDIR f ");
    W_CHECK(b, "1:MOVED_TO e 1:MOVED_FROM|ISDIR e ");
    OK(rmdir("a/f"));
    CHECK_ERRNO(rename("a/none", "b/none"), ENOENT);
    W_CHECK(fd, "1:DELETE|ISDIR f ");
    return 0;
}
