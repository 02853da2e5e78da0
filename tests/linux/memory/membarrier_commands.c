// membarrier(2): the supported commands, EPERM before registration of the private ones, EINVAL for unknown.
// calls: membarrier
#include "../harness.h"
#include <linux/membarrier.h>

int main(void) {
    int supported = OK(syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0));
    CHECK(supported & MEMBARRIER_CMD_PRIVATE_EXPEDITED);
    CHECK(supported & MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
    CHECK_ERRNO(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0), EPERM);
    OK(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
    OK(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
    if (supported & MEMBARRIER_CMD_GLOBAL) OK(syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0));
    CHECK_ERRNO(syscall(SYS_membarrier, 1 << 25, 0, 0), EINVAL);
    CHECK_ERRNO(syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 4, 0), EINVAL);
    return 0;
}
