// mount(2), MS_BIND: the same tree at a second place, also a single file; what is written shows at both; /proc/mounts lists it.
// calls: mount umount2
#include "../harness.h"
#include <sys/mount.h>

int main(void) {
    h_scratch();
    OK(mkdir("from", 0755));
    OK(mkdir("to", 0755));
    h_write_file("from/file", "one");
    h_write_file("single", "");
    OK(mount("from", "to", NULL, MS_BIND, NULL));
    struct stat a, b;
    OK(stat("from/file", &a));
    OK(stat("to/file", &b));
    CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
    h_write_file("to/new", "two");
    CHECK_STR(h_read_file("from/new"), "two");
    OK(mount("from/file", "single", NULL, MS_BIND, NULL));
    CHECK_STR(h_read_file("single"), "one");
    char line[PATH_MAX + 32];
    snprintf(line, sizeof line, " %s/to ", h_dir);
    CHECK(strstr(h_read_file("/proc/self/mounts"), line));
    CHECK_ERRNO(rename("from/new", "to/other"), EXDEV); // not across a mount, be it the same file system
    CHECK_ERRNO(unlink("single"), EBUSY);
    OK(umount2("single", 0));
    OK(umount2("to", 0));
    CHECK_STR(h_read_file("single"), "");
    CHECK(!strstr(h_read_file("/proc/self/mounts"), line));
    CHECK_ERRNO(mount("absent", "to", NULL, MS_BIND, NULL), ENOENT);
    return 0;
}
