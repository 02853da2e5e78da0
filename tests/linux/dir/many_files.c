// tmpfs(5): as many files as the inode limit lets through, then ENOSPC; all of them are found and listed, and go again, by name
// and with their file system. `many_files COUNT` makes so many.
// calls: openat getdents64 unlinkat mount umount2
// timeout: 120
#include "../limits/beside.h"
#include <sys/mount.h>
#include <sys/statfs.h>

static void name_of(long i, char *name) { sprintf(name, "file-%07ld", i); }

int main(int argc, char **argv) {
    long count = argc > 1 ? atol(argv[1]) : 2000, listed = 0;
    char options[64], name[32];
    struct stat st;
    struct statfs fs;
    h_scratch();
    struct beside *beside = beside_start(1);
    OK(mkdir("point", 0755));
    sprintf(options, "nr_inodes=%ld", count + 1);
    OK(mount("none", "point", "tmpfs", 0, options));
    OK(chdir("point"));
    for (long i = 0; i < count; i++) {
        name_of(i, name);
        OK(close(OK(open(name, O_WRONLY | O_CREAT | O_EXCL, 0600))));
    }
    CHECK_ERRNO(open("one-more", O_WRONLY | O_CREAT, 0600), ENOSPC);
    CHECK_ERRNO(mkdir("one-more", 0700), ENOSPC);
    CHECK_ERRNO(symlink("x", "one-more"), ENOSPC);
    beside_goes_on(beside);
    OK(statfs(".", &fs));
    CHECK_EQ(fs.f_files, count + 1);
    CHECK_EQ(fs.f_ffree, 0);
    DIR *dir = opendir(".");
    CHECK(dir != NULL);
    for (struct dirent *entry; (entry = readdir(dir));) listed += entry->d_name[0] == 'f';
    CHECK_EQ(listed, count);
    closedir(dir);
    for (long i = 0; i < count; i += 97) {
        name_of(i, name);
        OK(stat(name, &st));
    }
    for (long i = 0; i < count; i += 2) {
        name_of(i, name);
        OK(unlink(name));
        CHECK_ERRNO(stat(name, &st), ENOENT);
    }
    OK(statfs(".", &fs));
    CHECK_EQ(fs.f_ffree, (count + 1) / 2);
    OK(mkdir("one-more", 0700));
    // The rest goes with the file system.
    OK(chdir(".."));
    OK(umount2("point", 0));
    OK(rmdir("point"));
    beside_finish(beside);
    return 0;
}
