// setdomainname(2): shows in uname; EPERM without privilege, EINVAL for a bad length.
// calls: setdomainname
#include "../harness.h"
#include <sys/utsname.h>

int main(void) {
    struct utsname before, after;
    OK(uname(&before));
    OK(setdomainname("test-domain", 11));
    OK(uname(&after));
    OK(setdomainname(before.domainname, strlen(before.domainname)));
    CHECK_STR(after.domainname, "test-domain");
    CHECK_ERRNO(syscall(SYS_setdomainname, "x", 65), EINVAL);
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(setdomainname("x", 1), EPERM);
    });
    return 0;
}
