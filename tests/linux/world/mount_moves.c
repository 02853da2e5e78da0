// mount(2), MS_MOVE, and the propagation types: a moved mount shows at the new place alone, not inside itself; flags that are no
// mount's are refused.
// calls: mount umount2 unshare
#include "../harness.h"
#include <sys/mount.h>

static ino_t mounts(void) {
    struct stat st;
    OK(stat("/proc/self/ns/mnt", &st));
    return st.st_ino;
}

int main(void) {
    ino_t outer = mounts();
    h_scratch();
    OK(unshare(CLONE_NEWNS));
    CHECK(mounts() != outer);
    OK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
    OK(mkdir("a", 0755));
    OK(mkdir("b", 0755));
    h_write_file("plain", "");
    OK(mount("none", "a", "tmpfs", 0, NULL));
    OK(mkdir("a/inside", 0755));
    h_write_file("a/file", "one");
    int held = OK(open("a/file", O_RDONLY));
    CHECK_ERRNO(mount("a", "a/inside", NULL, MS_MOVE, NULL), ELOOP);
    CHECK_ERRNO(mount("b", "a", NULL, MS_MOVE, NULL), EINVAL); // no mount
    CHECK_ERRNO(mount("a", "plain", NULL, MS_MOVE, NULL), EINVAL);
    CHECK_ERRNO(mount("a", "absent", NULL, MS_MOVE, NULL), ENOENT);
    OK(mount("a", "b", NULL, MS_MOVE, NULL));
    CHECK_STR(h_read_file("b/file"), "one");
    CHECK_ERRNO(access("a/file", F_OK), ENOENT);
    char byte;
    CHECK_EQ(read(held, &byte, 1), 1);
    OK(close(held));
    CHECK_ERRNO(mount(NULL, "a", NULL, MS_PRIVATE, NULL), EINVAL); // no mount any more
    OK(mount(NULL, "b", NULL, MS_PRIVATE, NULL));
    OK(mount(NULL, "b", NULL, MS_SLAVE, NULL)); // without a master that is private
    OK(umount2("b", 0));
    CHECK_ERRNO(umount2("b", 0), EINVAL);
    OK(chdir("/"));
    return 0;
}
