// mount(2), MS_UNBINDABLE: such a mount is not bound elsewhere, neither by itself nor with what it is on; a copy of all mounts has it;
// mountinfo tells; MS_PRIVATE and remounts.
// calls: mount
#include "../harness.h"
#include <sys/mount.h>

// Whether mountinfo says that the mount at a place of the scratch directory cannot be bound.
static int says(const char *name) {
    char place[PATH_MAX + 32];
    snprintf(place, sizeof place, " %s/%s ", h_dir, name);
    char *line = strstr(h_read_file("/proc/self/mountinfo"), place);
    if (!line) FAIL("%s is not mounted", name);
    *strchr(line, '\n') = 0;
    return strstr(line, " unbindable ") != NULL;
}

static int is_there(const char *path) { return access(path, F_OK) == 0; }

static void lists_and_binds(void) {
    CHECK(says("tree/secret"));
    CHECK_ERRNO(mount("tree/secret", "to", NULL, MS_BIND, NULL), EINVAL);
    CHECK_ERRNO(mount("tree/secret", "to", NULL, MS_BIND | MS_REC, NULL), EINVAL);
    OK(mount("tree", "to", NULL, MS_BIND | MS_REC, NULL));
    CHECK(is_there("to/open/file"));
    CHECK(is_there("to/secret"));
    CHECK(!is_there("to/secret/file"));
    CHECK(!is_there("to/secret/deeper/file"));
    OK(umount2("to", MNT_DETACH));
}

int main(void) {
    h_scratch();
    OK(unshare(CLONE_NEWNS));
    OK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
    OK(mkdir("tree", 0755));
    OK(mkdir("to", 0755));
    OK(mount("none", "tree", "tmpfs", 0, NULL));
    OK(mkdir("tree/open", 0755));
    OK(mkdir("tree/secret", 0755));
    OK(mount("none", "tree/open", "tmpfs", 0, NULL));
    OK(mount("none", "tree/secret", "tmpfs", 0, NULL));
    OK(mkdir("tree/secret/deeper", 0755));
    OK(mount("none", "tree/secret/deeper", "tmpfs", 0, NULL));
    h_write_file("tree/open/file", "");
    h_write_file("tree/secret/file", "");
    h_write_file("tree/secret/deeper/file", "");
    CHECK(!says("tree/secret"));
    OK(mount(NULL, "tree/secret", NULL, MS_UNBINDABLE, NULL));
    CHECK(!says("tree/secret/deeper"));
    CHECK(!says("tree"));
    lists_and_binds();
    OK(mount(NULL, "tree/secret", NULL, MS_SLAVE, NULL)); // as it was
    OK(mount(NULL, "tree/secret", NULL, MS_REMOUNT | MS_NOEXEC, NULL));
    lists_and_binds();
    OK(unshare(CLONE_NEWNS));
    CHECK(is_there("tree/secret/deeper/file"));
    lists_and_binds();
    OK(mount(NULL, "tree", NULL, MS_UNBINDABLE | MS_REC, NULL));
    CHECK(says("tree/secret/deeper") && says("tree/open") && says("tree"));
    CHECK_ERRNO(mount("tree", "to", NULL, MS_BIND, NULL), EINVAL);
    OK(mount(NULL, "tree", NULL, MS_PRIVATE | MS_REC, NULL));
    CHECK(!says("tree/secret/deeper") && !says("tree/secret") && !says("tree"));
    OK(mount("tree/secret", "to", NULL, MS_BIND, NULL));
    CHECK(is_there("to/file"));
    OK(umount("to"));
    OK(umount2("tree", MNT_DETACH));
    OK(chdir("/"));
    return 0;
}
