// mount(2), ENOSPC: a mount namespace has a most of mounts, one by one and by MS_REC; what it holds is in other namespaces too.
// calls: mount umount2
// only: rvos
#include "../harness.h"
#include <sys/mount.h>

enum { MOST = 2048 };

int main(void) {
    char path[32];
    if (geteuid() != 0) h_skip("needs root");
    h_scratch();
    OK(mkdir("place", 0755));
    IN_CHILD({
        OK(unshare(CLONE_NEWNS));
        OK(mount("none", "place", "tmpfs", 0, NULL));
        OK(chdir("place"));
        int made = 0;
        for (; made <= MOST; made++) {
            snprintf(path, sizeof path, "%d", made);
            OK(mkdir(path, 0755));
            if (mount(path, path, NULL, MS_BIND, NULL) != 0) break;
        }
        CHECK_EQ(errno, ENOSPC);
        CHECK(made > MOST - 100 && made < MOST);
        // With one less there is room for one, and not for two.
        OK(umount2("0", 0)), OK(umount2("1", 0));
        OK(mkdir("2/inner", 0755)), OK(mount("2", "2/inner", NULL, MS_BIND, NULL));
        CHECK_ERRNO(mount("2", "0", NULL, MS_BIND | MS_REC, NULL), ENOSPC);
        OK(mount("2", "0", NULL, MS_BIND, NULL));
        OK(unshare(CLONE_NEWNS));
        CHECK_ERRNO(mount("2", "1", NULL, MS_BIND, NULL), ENOSPC);
        OK(chdir("/"));
    });
    return 0;
}
