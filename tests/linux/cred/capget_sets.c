// capabilities(7), capget(2): all for root, none after setuid; capset only drops; EINVAL writes the preferred version; ESRCH.
// calls: capget capset
#include "../harness.h"
#include <linux/capability.h>

static struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
static struct __user_cap_data_struct data[2];

int main(void) {
    OK(syscall(SYS_capget, &header, data));
    CHECK(data[0].effective & 1 << CAP_CHOWN);
    CHECK(data[0].permitted & 1 << CAP_KILL);
    CHECK_EQ(data[0].inheritable, 0);
    IN_CHILD({
        struct __user_cap_data_struct wanted[2];
        data[0].effective &= ~(1 << CAP_CHOWN);
        data[0].permitted &= ~(1 << CAP_CHOWN);
        OK(syscall(SYS_capset, &header, data));
        memcpy(wanted, data, sizeof data);
        memset(data, 0xff, sizeof data);
        OK(syscall(SYS_capget, &header, data));
        CHECK(memcmp(wanted, data, sizeof data) == 0);
        CHECK_ERRNO(chown("/tmp", 0, 0) == 0 ? chown("/dev/null", 1, 1) : -1, EPERM);
        data[0].permitted |= 1 << CAP_CHOWN;
        CHECK_ERRNO(syscall(SYS_capset, &header, data), EPERM);
    });
    IN_CHILD({
        h_drop_to(1000);
        OK(syscall(SYS_capget, &header, data));
        CHECK_EQ(data[0].effective | data[0].permitted | data[1].permitted, 0);
    });
    header.version = 0x1234;
    CHECK_ERRNO(syscall(SYS_capget, &header, data), EINVAL);
    CHECK_EQ(header.version, _LINUX_CAPABILITY_VERSION_3);
    header.pid = 1 << 30;
    CHECK_ERRNO(syscall(SYS_capget, &header, data), ESRCH);
    return 0;
}
