// clone(2), CLONE_FS: umask, current directory and root belong to all threads; unshare(2) CLONE_FS gives a thread its own.
// calls: unshare chdir umask
#include "../harness.h"

static void *thread_main(void *arg) {
    char path[PATH_MAX];
    CHECK_EQ(umask(077), 022);
    OK(chdir("sub"));
    OK(unshare(CLONE_FS));
    OK(chdir("/"));
    umask(0111);
    CHECK_STR(getcwd(path, sizeof path), "/");
    return arg;
}

int main(void) {
    h_scratch();
    char path[PATH_MAX], want[PATH_MAX + 8];
    OK(mkdir("sub", 0755));
    umask(022);
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, thread_main, NULL), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    snprintf(want, sizeof want, "%s/sub", h_dir);
    CHECK_STR(getcwd(path, sizeof path), want);
    CHECK_EQ(umask(022), 077);
    CHECK_ERRNO(unshare(0x1), EINVAL);
    return 0;
}
