// inotify_add_watch(2), inotify_rm_watch(2): changing, adding to and ending a watch; ONESHOT, ONLYDIR, DONT_FOLLOW, EXCL_UNLINK, MASK_CREATE; reads, FIONREAD, poll; errors.
// calls: inotify_init1 inotify_add_watch inotify_rm_watch
#include "watch.h"

#ifndef IN_MASK_CREATE
#define IN_MASK_CREATE 0x10000000
#endif

static int readable(int fd) {
    struct pollfd p = {fd, POLLIN | POLLRDNORM | POLLOUT, 0};
    OK(poll(&p, 1, 0));
    return p.revents;
}

static void touch(const char *path) { OK(close(OK(open(path, O_RDONLY)))); }

static void errors(int fd) {
    char room[64];
    CHECK_ERRNO(inotify_init1(1), EINVAL);
    CHECK_ERRNO(inotify_add_watch(fd, "f", 0), EINVAL);
    CHECK_ERRNO(inotify_add_watch(fd, "f", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE), EINVAL);
    CHECK_ERRNO(inotify_add_watch(fd, "none", IN_OPEN), ENOENT);
    CHECK_ERRNO(inotify_add_watch(fd, "f", IN_OPEN | IN_ONLYDIR), ENOTDIR);
    CHECK_ERRNO(inotify_add_watch(fd, h_bad, IN_OPEN), EFAULT);
    CHECK_ERRNO(inotify_add_watch(-1, "f", IN_OPEN), EBADF);
    CHECK_ERRNO(inotify_add_watch(0, "f", IN_OPEN), EINVAL);
    CHECK_ERRNO(inotify_rm_watch(fd, 99), EINVAL);
    CHECK_ERRNO(inotify_rm_watch(-1, 1), EBADF);
    CHECK_ERRNO(inotify_rm_watch(0, 1), EINVAL);
    CHECK_ERRNO(read(fd, room, sizeof room), EAGAIN);
    CHECK_ERRNO(write(fd, room, sizeof room), EBADF);
    CHECK_ERRNO(ioctl(fd, 0x1234, room), ENOTTY);
}

int main(void) {
    int bytes = -1;
    char room[64], path[64];
    h_scratch();
    OK(dup2(OK(open("/dev/null", O_RDONLY)), 0));
    h_write_file("f", "f");
    OK(symlink("f", "link"));
    OK(mkdir("d", 0755));
    int fd = OK(inotify_init1(IN_NONBLOCK));
    CHECK_EQ(fcntl(fd, F_GETFL), O_NONBLOCK);
    errors(fd);

    // The same file: the same watch, changed or added to.
    int wd = OK(inotify_add_watch(fd, "f", IN_OPEN));
    CHECK_EQ(inotify_add_watch(fd, "link", IN_CLOSE_NOWRITE), wd);
    touch("f");
    W_CHECK(fd, "1:CLOSE_NOWRITE ");
    CHECK_EQ(inotify_add_watch(fd, "f", IN_OPEN | IN_MASK_ADD), wd);
    CHECK_ERRNO(inotify_add_watch(fd, "f", IN_OPEN | IN_MASK_CREATE), EEXIST);
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    CHECK(strstr(h_read_file(path), "inotify wd:1 ino:") && strstr(h_read_file(path), "mask:30 ignored_mask:0"));

    // Reads: too small for the first, as many as fit; the bytes that wait.
    touch("f");
    CHECK_EQ(readable(fd), POLLIN | POLLRDNORM);
    OK(ioctl(fd, FIONREAD, &bytes));
    CHECK_EQ(bytes, 32);
    CHECK_ERRNO(read(fd, room, 15), EINVAL);
    CHECK_ERRNO(read(fd, room, 0), EINVAL);
    CHECK_EQ(read(fd, room, 31), 16);
    CHECK_ERRNO(read(fd, h_bad, 16), EFAULT);
    w_events(fd); // Linux loses it, rvOS does not
    CHECK_EQ(readable(fd), 0);
    OK(ioctl(fd, FIONREAD, &bytes));
    CHECK_EQ(bytes, 0);

    OK(inotify_rm_watch(fd, wd));
    W_CHECK(fd, "1:IGNORED ");
    CHECK_ERRNO(inotify_rm_watch(fd, wd), EINVAL);
    touch("f");
    W_CHECK(fd, "");

    // Once; the link itself; a directory alone; entries whose names are gone.
    CHECK_EQ(inotify_add_watch(fd, "f", IN_OPEN | IN_ONESHOT), 2);
    touch("f");
    touch("f");
    W_CHECK(fd, "2:OPEN 2:IGNORED ");
    CHECK_EQ(inotify_add_watch(fd, "link", IN_ALL_EVENTS | IN_DONT_FOLLOW), 3);
    touch("link");
    W_CHECK(fd, "");
    OK(unlink("link"));
    W_CHECK(fd, "3:ATTRIB 3:DELETE_SELF 3:IGNORED ");
    CHECK_EQ(inotify_add_watch(fd, "d", IN_MODIFY | IN_CLOSE | IN_ONLYDIR | IN_EXCL_UNLINK), 4);
    int f = OK(open("d/g", O_WRONLY | O_CREAT, 0600));
    CHECK_EQ(write(f, "x", 1), 1);
    OK(unlink("d/g"));
    CHECK_EQ(write(f, "x", 1), 1);
    OK(close(f));
    W_CHECK(fd, "4:MODIFY g ");

    // A reader that sleeps is woken; so is one that polls; another instance has its own.
    int other = OK(inotify_init1(0));
    CHECK_EQ(inotify_add_watch(other, "f", IN_OPEN), 1);
    for (int polls = 0; polls < 2; polls++) {
        pid_t child = h_fork();
        if (child == 0) {
            struct pollfd p = {other, POLLIN, 0};
            if (polls) CHECK_EQ(poll(&p, 1, -1), 1);
            CHECK_EQ(read(other, room, sizeof room), 16);
            _exit(0);
        }
        h_until_asleep(child, 0);
        touch("f");
        h_join(child);
    }
    W_CHECK(fd, "");
    OK(close(other));

    if (geteuid() == 0) {
        OK(chmod("f", 0200));
        OK(chmod(".", 0755));
        IN_CHILD({
            h_drop_to(1000);
            CHECK_ERRNO(inotify_add_watch(fd, "f", IN_OPEN), EACCES);
        });
    }
    // Closing ends what is watched; what is queued goes too.
    OK(inotify_add_watch(fd, "f", IN_ALL_EVENTS));
    OK(chmod("f", 0600));
    OK(close(fd));
    touch("f");
    return 0;
}
