// uts_namespaces(7): host and domain name of one's own; setns(2) back to the other one, only to what it is said to be.
// calls: unshare setns clone sethostname uname setdomainname
#include "../harness.h"
#include <sys/utsname.h>

int main(void) {
    struct utsname before, now;
    OK(uname(&before));
    int outer = OK(open("/proc/self/ns/uts", O_RDONLY));
    IN_CHILD({
        struct stat a, b;
        OK(fstat(outer, &a));
        OK(unshare(CLONE_NEWUTS));
        OK(stat("/proc/self/ns/uts", &b));
        CHECK(a.st_ino != b.st_ino);
        OK(uname(&now));
        CHECK_STR(now.nodename, before.nodename); // a copy
        OK(sethostname("inner", 5));
        OK(setdomainname("domain", 6));
        OK(uname(&now));
        CHECK_STR(now.nodename, "inner");
        CHECK_STR(now.domainname, "domain");
        CHECK_STR(h_read_file("/proc/sys/kernel/hostname"), "inner\n");
        int inner = OK(open("/proc/self/ns/uts", O_RDONLY));
        char link[64] = {0}, wanted[64];
        OK(readlink("/proc/self/ns/uts", link, sizeof link - 1));
        snprintf(wanted, sizeof wanted, "uts:[%lu]", (unsigned long)b.st_ino);
        CHECK_STR(link, wanted);
        CHECK_ERRNO(setns(outer, CLONE_NEWIPC), EINVAL);
        CHECK_ERRNO(setns(0, 0), EINVAL);
        CHECK_ERRNO(setns(-1, 0), EBADF);
        OK(setns(outer, CLONE_NEWUTS));
        OK(uname(&now));
        CHECK_STR(now.nodename, before.nodename);
        OK(setns(inner, 0));
        OK(uname(&now));
        CHECK_STR(now.nodename, "inner");
        h_drop_to(1000);
        CHECK_ERRNO(setns(outer, 0), EPERM);
        CHECK_ERRNO(unshare(CLONE_NEWUTS), EPERM);
    });
    OK(uname(&now));
    CHECK_STR(now.nodename, before.nodename);
    CHECK_STR(now.domainname, before.domainname);
    return 0;
}
