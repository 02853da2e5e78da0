// sysfs(5), mount(2): the harts as ranges and where cgroups are mounted; nothing is taken out, EACCES and EPERM to change it.
// calls: mount umount2 statfs openat getdents64
#include "../harness.h"
#include <dirent.h>
#include <sys/mount.h>
#include <sys/statfs.h>

// How many numbers a list such as 0-2,5 has.
static long count(const char *list) {
    long n = 0;
    for (char *at = (char *)list; *at && *at != '\n'; at += *at == ',') {
        long from = strtol(at, &at, 10);
        long to = *at == '-' ? strtol(at + 1, &at, 10) : from;
        CHECK(to >= from);
        n += to - from + 1;
    }
    return n;
}

int main(void) {
    h_scratch();
    OK(chmod(h_dir, 0755));
    OK(mkdir("sys", 0755));
    OK(mount("sysfs", "sys", "sysfs", 0, NULL));
    struct statfs s;
    OK(statfs("sys", &s));
    CHECK_EQ(s.f_type, 0x62656572);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    CHECK_EQ(count(h_read_file("sys/devices/system/cpu/online")), online);
    CHECK(count(h_read_file("sys/devices/system/cpu/possible")) >= online);
    CHECK(count(h_read_file("sys/devices/system/cpu/present")) >= online);
    struct stat st;
    OK(stat("sys/fs/cgroup", &st));
    CHECK(S_ISDIR(st.st_mode));
    const char *top[] = {"block", "class", "dev", "devices", "fs", "kernel"};
    unsigned seen = 0;
    DIR *d = opendir("sys");
    CHECK(d != NULL);
    for (struct dirent *e; (e = readdir(d));)
        for (unsigned i = 0; i < sizeof top / sizeof *top; i++)
            if (!strcmp(e->d_name, top[i])) seen |= 1u << i;
    OK(closedir(d));
    CHECK_EQ(seen, 63);
    CHECK_ERRNO(open("sys/absent", O_RDONLY), ENOENT);
    CHECK_ERRNO(rmdir("sys/fs"), EPERM);
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(open("sys/devices/system/cpu/online", O_WRONLY), EACCES);
        CHECK_ERRNO(mount("sysfs", "sys", "sysfs", 0, NULL), EPERM);
    });
    // Something mounted on an entry shows there, on a file as on a directory, until it is taken away.
    OK(mount("none", "sys/kernel", "tmpfs", 0, NULL));
    h_write_file("sys/kernel/new", "here");
    CHECK_STR(h_read_file("sys/kernel/new"), "here");
    OK(mount("sys/kernel/new", "sys/devices/system/cpu/online", NULL, MS_BIND, NULL));
    CHECK_STR(h_read_file("sys/devices/system/cpu/online"), "here");
    CHECK_ERRNO(umount2("sys", 0), EBUSY);
    OK(umount2("sys/devices/system/cpu/online", 0));
    CHECK_EQ(count(h_read_file("sys/devices/system/cpu/online")), online);
    OK(umount2("sys/kernel", 0));
    CHECK_ERRNO(open("sys/kernel/new", O_RDONLY), ENOENT);
    OK(umount2("sys", 0));
    CHECK_ERRNO(open("sys/fs", O_RDONLY), ENOENT);
    return 0;
}
