// fcntl(2), F_SETPIPE_SZ: 64 KiB at first, rounded up to a power of two pages; EBUSY below what is queued; EPERM above the maximum.
// calls: pipe2 fcntl
#include "../harness.h"

int main(void) {
    int ends[2];
    static char big[1 << 20];
    OK(pipe2(ends, O_NONBLOCK));
    CHECK_EQ(fcntl(ends[0], F_GETPIPE_SZ), 65536);
    CHECK_EQ(fcntl(ends[1], F_SETPIPE_SZ, 5000), 8192);
    CHECK_EQ(fcntl(ends[0], F_GETPIPE_SZ), 8192);
    CHECK_EQ(write(ends[1], big, sizeof big), 8192);
    CHECK_ERRNO(fcntl(ends[1], F_SETPIPE_SZ, 4096), EBUSY);
    CHECK_EQ(fcntl(ends[1], F_SETPIPE_SZ, 100), -1);
    CHECK_EQ(fcntl(ends[1], F_SETPIPE_SZ, 131072), 131072);
    CHECK_EQ(write(ends[1], big, sizeof big), 131072 - 8192);
    CHECK_EQ(read(ends[0], big, sizeof big), 131072);
    CHECK_EQ(fcntl(ends[1], F_SETPIPE_SZ, 1), 4096);
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(fcntl(ends[1], F_SETPIPE_SZ, 64 << 20), EPERM);
    });
    int null = OK(open("/dev/null", O_RDWR));
    CHECK_ERRNO(fcntl(null, F_GETPIPE_SZ), EBADF);
    return 0;
}
