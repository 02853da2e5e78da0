// memfd_create(2), fcntl(2) F_ADD_SEALS: sealed against write, shrink and grow; F_SEAL_SEAL; EBUSY with a writable mapping.
// calls: memfd_create fcntl ftruncate
#include "../harness.h"

int main(void) {
    int fd = OK(memfd_create("name", MFD_ALLOW_SEALING | MFD_CLOEXEC));
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
    CHECK_EQ(write(fd, "content", 7), 7);
    struct stat st;
    OK(fstat(fd, &st));
    CHECK_EQ(st.st_size, 7);
    OK(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW));
    CHECK_ERRNO(ftruncate(fd, 1), EPERM);
    CHECK_ERRNO(ftruncate(fd, 100), EPERM);
    CHECK_ERRNO(pwrite(fd, "more", 4, 8192), EPERM);
    CHECK_EQ(pwrite(fd, "C", 1, 0), 1);
    char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(map != MAP_FAILED);
    CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
    OK(munmap(map, PAGE));
    OK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    CHECK_ERRNO(pwrite(fd, "C", 1, 0), EPERM);
    CHECK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EPERM);
    CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED);
    OK(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
    CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
    CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    int plain = OK(memfd_create("plain", 0));
    CHECK_EQ(fcntl(plain, F_GET_SEALS), F_SEAL_SEAL);
    CHECK_ERRNO(fcntl(plain, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
    CHECK_ERRNO(memfd_create("x", 0x4000), EINVAL);
    return 0;
}
