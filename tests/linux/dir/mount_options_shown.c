// mount(2), proc_pid_mounts(5): what a tmpfs, ramfs or devpts was told shows behind the flags, as far as it is not what one has anyway;
// a remount's limits show, what it cannot change stays; in mountinfo the same stands at the line's end.
// calls: mount
#include "../harness.h"
#include <sys/mount.h>

// The rest of the line in a file under /proc/self in which `place` is a field, after `skip` more fields.
static const char *shown(const char *file, const char *place, int skip) {
    static char line[512];
    char path[64], field[PATH_MAX + 64];
    snprintf(path, sizeof path, "/proc/self/%s", file);
    snprintf(field, sizeof field, " %s/%s ", h_dir, place);
    char *at = strstr(h_read_file(path), field);
    CHECK(at != NULL);
    at += strlen(field);
    while (skip--) at = strchr(at, ' ') + 1;
    snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
    return line;
}

static void mounted(const char *kind, unsigned long flags, const char *options, const char *want, const char *info) {
    OK(mount("x", "m", kind, flags, options));
    CHECK_STR(shown("mounts", "m", 1), want);
    // Flags, "-", kind and source are in front.
    CHECK_STR(shown("mountinfo", "m", 4), info);
}

int main(void) {
    if (geteuid() != 0) h_skip("not root");
    h_scratch();
    OK(mkdir("m", 0755));
    mounted("tmpfs", 0, NULL, "rw,relatime,inode64 0 0", "rw,inode64");
    OK(chmod("m", 0700));
    CHECK_STR(shown("mounts", "m", 1), "rw,relatime,inode64 0 0");
    OK(mount("x", "m", NULL, MS_REMOUNT | MS_NOSUID, "size=64k,mode=755"));
    CHECK_STR(shown("mounts", "m", 1), "rw,nosuid,relatime,size=64k,inode64 0 0");
    OK(umount("m"));
    mounted("tmpfs", MS_NODEV, "size=1m,nr_inodes=1k,mode=711", "rw,nodev,relatime,size=1024k,nr_inodes=1024,mode=711,inode64 0 0",
            "rw,size=1024k,nr_inodes=1024,mode=711,inode64");
    OK(mount("x", "m", NULL, MS_REMOUNT, "nr_inodes=0"));
    CHECK_STR(shown("mounts", "m", 1), "rw,relatime,size=1024k,nr_inodes=0,mode=711,inode64 0 0");
    OK(umount("m"));
    mounted("tmpfs", 0, "size=0,mode=7,uid=5,gid=7", "rw,relatime,size=0k,mode=007,uid=5,gid=7,inode64 0 0",
            "rw,size=0k,mode=007,uid=5,gid=7,inode64");
    struct stat s;
    OK(stat("m", &s));
    CHECK_EQ(s.st_uid, 5);
    CHECK_EQ(s.st_gid, 7);
    OK(umount("m"));
    mounted("tmpfs", 0, "nr_blocks=3", "rw,relatime,size=12k,inode64 0 0", "rw,size=12k,inode64");
    OK(umount("m"));
    mounted("ramfs", 0, NULL, "rw,relatime 0 0", "rw");
    OK(umount("m"));
    mounted("ramfs", 0, "mode=700,size=1m", "rw,relatime,mode=700 0 0", "rw,mode=700");
    OK(stat("m", &s));
    CHECK_EQ(s.st_mode, S_IFDIR | 0700);
    OK(umount("m"));
    mounted("devpts", 0, NULL, "rw,relatime,mode=600,ptmxmode=000 0 0", "rw,mode=600,ptmxmode=000");
    OK(umount("m"));
    mounted("devpts", MS_NOEXEC, "gid=5,mode=620,ptmxmode=666,max=9", "rw,noexec,relatime,gid=5,mode=620,ptmxmode=666,max=9 0 0",
            "rw,gid=5,mode=620,ptmxmode=666,max=9");
    OK(umount("m"));
    return 0;
}
