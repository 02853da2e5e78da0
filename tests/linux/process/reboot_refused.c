// reboot(2): EINVAL for wrong magic numbers, EPERM without privilege; CAD on and off are harmless.
// calls: reboot
#include "../harness.h"
#include <linux/reboot.h>

int main(void) {
    CHECK_ERRNO(syscall(SYS_reboot, 1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_CAD_OFF, NULL), EINVAL);
    CHECK_ERRNO(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, 2, LINUX_REBOOT_CMD_CAD_OFF, NULL), EINVAL);
    CHECK_ERRNO(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, 0x12345, NULL), EINVAL);
    OK(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_CAD_OFF, NULL));
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_CAD_OFF, NULL), EPERM);
    });
    return 0;
}
