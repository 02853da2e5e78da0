// syslog(2), /dev/kmsg: the size of the log, reading records, writing one that then shows; EPERM for others, EINVAL.
// calls: syslog
#include "../harness.h"
#include <sys/klog.h>

int main(void) {
    static char text[1 << 18];
    char mark[64];
    int size = OK(klogctl(10, NULL, 0));
    CHECK(size >= 4096);
    snprintf(mark, sizeof mark, "contract-test-%d\n", getpid());
    int fd = OK(open("/dev/kmsg", O_WRONLY));
    CHECK_EQ(write(fd, mark, strlen(mark)), strlen(mark));
    int n = OK(klogctl(3, text, sizeof text - 1));
    CHECK(n > 0);
    text[n] = 0;
    CHECK(strstr(text, mark));
    CHECK_ERRNO(klogctl(3, NULL, 10), EINVAL);
    CHECK_ERRNO(klogctl(77, NULL, 0), EINVAL);
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(klogctl(2, text, 10), EPERM);
        CHECK_ERRNO(open("/dev/kmsg", O_WRONLY), EACCES);
    });
    return 0;
}
