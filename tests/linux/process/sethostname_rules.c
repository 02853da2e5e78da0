// sethostname(2): changes what uname says; EPERM without privilege, EINVAL for a bad length, EFAULT.
// calls: sethostname uname
#include "../harness.h"
#include <sys/utsname.h>

int main(void) {
    struct utsname before, after;
    memset(&before, 0, sizeof before);
    OK(uname(&before));
    CHECK_STR(before.sysname, "Linux");
    OK(sethostname("test-host", 9));
    OK(uname(&after));
    OK(sethostname(before.nodename, strlen(before.nodename)));
    CHECK_STR(after.nodename, "test-host");
    CHECK_ERRNO(syscall(SYS_sethostname, "x", 65), EINVAL);
    CHECK_ERRNO(syscall(SYS_sethostname, "x", -1), EINVAL);
    CHECK_ERRNO(syscall(SYS_sethostname, h_bad, 4), EFAULT);
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(sethostname("x", 1), EPERM);
    });
    OK(uname(&after));
    CHECK_STR(after.nodename, before.nodename);
    return 0;
}
