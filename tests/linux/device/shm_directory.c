// shm_open(3): /dev/shm is a tmpfs for all; files there can be mapped shared between processes by name.
// calls: openat ftruncate mmap unlinkat
#include "../harness.h"

int main(void) {
    char name[64];
    snprintf(name, sizeof name, "/contract-test-%d", getpid());
    int fd = OK(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    OK(ftruncate(fd, PAGE));
    char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(map != MAP_FAILED);
    IN_CHILD({
        int own = OK(shm_open(name, O_RDWR, 0));
        char *other = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, own, 0);
        CHECK(other != MAP_FAILED);
        strcpy(other, "from the child");
    });
    CHECK_STR(map, "from the child");
    struct stat st;
    OK(stat("/dev/shm", &st));
    CHECK_EQ(st.st_mode, S_IFDIR | 01777);
    OK(shm_unlink(name));
    CHECK_ERRNO(shm_open(name, O_RDWR, 0), ENOENT);
    CHECK_STR(map, "from the child");
    return 0;
}
