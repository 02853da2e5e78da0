// xattr(7): who may read and write which names: user.* by the file's permissions, on files and directories alone; trusted.* by the
// superuser, nobody else sees it; security.* is read by all. Read-only mounts; what a file system has room for.
// calls: setxattr getxattr listxattr removexattr
#include "../harness.h"
#include <sys/mount.h>
#include <sys/xattr.h>

static char value[65536];

// The list in `value` has this name.
static int lists(ssize_t len, const char *name) { return memmem(value, len, name, strlen(name) + 1) != NULL; }

static void as_user(void) {
    h_drop_to(1000);
    // Another's file, readable.
    CHECK_EQ(getxattr("public", "user.a", value, sizeof value), 1);
    CHECK_ERRNO(setxattr("public", "user.a", "x", 1, 0), EACCES);
    CHECK_ERRNO(setxattr("public", "user.new", "x", 1, 0), EACCES);
    CHECK_ERRNO(removexattr("public", "user.a"), EACCES);
    CHECK_ERRNO(getxattr("private", "user.a", value, sizeof value), EACCES);
    CHECK_EQ(listxattr("private", NULL, 0), 23); // its names are no secret
    // Names of the superuser.
    CHECK_ERRNO(getxattr("public", "trusted.t", value, sizeof value), ENODATA);
    CHECK_ERRNO(setxattr("public", "trusted.t", "x", 1, 0), EPERM);
    CHECK_ERRNO(removexattr("public", "trusted.t"), EPERM);
    CHECK_EQ(listxattr("public", value, sizeof value), 23);
    CHECK(lists(23, "security.things") && lists(23, "user.a"));
    CHECK_EQ(getxattr("public", "security.things", value, sizeof value), 2);
    CHECK_EQ(getxattr("private", "security.things", value, sizeof value), 2);
    CHECK_ERRNO(setxattr("public", "security.things", "x", 1, 0), EPERM);
    CHECK_ERRNO(removexattr("public", "security.things"), EPERM);
    // A sticky directory is its owner's; others may write there, and not this.
    CHECK_EQ(getxattr("shared", "user.a", value, sizeof value), 1);
    CHECK_ERRNO(setxattr("shared", "user.a", "x", 1, 0), EPERM);
    h_write_file("shared/mine", "");
    OK(setxattr("shared/mine", "user.a", "x", 1, 0));
    OK(chmod("shared/mine", 0400));
    CHECK_EQ(getxattr("shared/mine", "user.a", value, sizeof value), 1);
    CHECK_ERRNO(setxattr("shared/mine", "user.a", "y", 1, 0), EACCES);
    OK(unlink("shared/mine"));
}

int main(void) {
    h_scratch();
    OK(chmod(".", 0755));
    h_write_file("public", "");
    h_write_file("private", "");
    OK(chmod("private", 0600));
    OK(mkdir("shared", 0777));
    OK(chmod("shared", 01777));
    const char *all[] = {"public", "private", "shared"};
    for (int i = 0; i < 3; i++) {
        OK(setxattr(all[i], "user.a", "1", 1, 0));
        OK(setxattr(all[i], "trusted.t", "22", 2, 0));
        OK(setxattr(all[i], "security.things", "33", 2, 0));
        CHECK_EQ(listxattr(all[i], value, sizeof value), 33);
    }
    CHECK(lists(33, "security.things") && lists(33, "trusted.t") && lists(33, "user.a"));
    IN_CHILD(as_user());
    // Neither devices nor FIFOs have names of users, whoever asks.
    OK(mkfifo("fifo", 0666));
    CHECK_ERRNO(setxattr("fifo", "user.a", "x", 1, 0), EPERM);
    CHECK_ERRNO(getxattr("fifo", "user.a", value, 1), ENODATA);
    OK(setxattr("fifo", "trusted.a", "x", 1, 0));
    CHECK_EQ(getxattr("fifo", "trusted.a", value, 1), 1);

    IN_CHILD({
        OK(unshare(CLONE_NEWNS));
        OK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
        OK(mkdir("small", 0755));
        OK(mount("none", "small", "tmpfs", 0, "nr_inodes=20,size=1m"));
        // What attributes take is what inodes do not have.
        h_write_file("small/file", "");
        OK(setxattr("small/file", "user.a", value, 10000, 0));
        CHECK_ERRNO(setxattr("small/file", "user.b", value, 20000, 0), ENOSPC);
        CHECK_EQ(getxattr("small/file", "user.a", NULL, 0), 10000);
        CHECK_ERRNO(getxattr("small/file", "user.b", NULL, 0), ENODATA);
        OK(removexattr("small/file", "user.a"));
        OK(setxattr("small/file", "user.b", value, 12000, 0));
        OK(unlink("small/file"));
        h_write_file("small/file", "");
        OK(setxattr("small/file", "user.b", value, 12000, 0));
        OK(mount("none", "small", NULL, MS_REMOUNT | MS_RDONLY, NULL));
        CHECK_ERRNO(setxattr("small/file", "user.b", value, 1, 0), EROFS);
        CHECK_ERRNO(removexattr("small/file", "user.b"), EROFS);
        CHECK_EQ(getxattr("small/file", "user.b", NULL, 0), 12000);
        OK(umount("small"));
    });
    return 0;
}
