// uname(2): Linux, a release of 6.12, riscv64; sethostname shows there and in /proc; EPERM without privilege, EFAULT.
// calls: uname
#include "../harness.h"
#include <sys/utsname.h>

int main(void) {
    struct utsname name;
    memset(&name, 0, sizeof name);
    OK(uname(&name));
    CHECK_STR(name.sysname, "Linux");
    CHECK_STR(name.machine, "riscv64");
    CHECK(strncmp(name.release, "6.12", 4) == 0);
    CHECK(name.version[0] == '#');
    char shown[128];
    snprintf(shown, sizeof shown, "%s\n", name.release);
    CHECK_STR(h_read_file("/proc/sys/kernel/osrelease"), shown);
    snprintf(shown, sizeof shown, "%s\n", name.nodename);
    CHECK_STR(h_read_file("/proc/sys/kernel/hostname"), shown);
    CHECK_ERRNO(syscall(SYS_uname, h_bad), EFAULT);
    return 0;
}
