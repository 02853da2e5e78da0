// riscv_hwprobe: base behaviour and extensions of all harts; unknown keys become -1; EINVAL for flags, EFAULT.
// calls: riscv_hwprobe
#include "../harness.h"

#define SYS_RISCV_HWPROBE 258
struct pair {
    int64_t key;
    uint64_t value;
};

int main(void) {
    struct pair pairs[4] = {{3, 0}, {4, 0}, {5, 99}, {1 << 30, 77}};
    OK(syscall(SYS_RISCV_HWPROBE, pairs, 4, 0, NULL, 0));
    CHECK(pairs[0].value & 1);                  // BASE_BEHAVIOR_IMA
    CHECK_EQ(pairs[1].value & 3, 3);            // IMA_EXT_0: F and D, C
    CHECK_EQ(pairs[2].key, 5);                  // CPUPERF_0
    CHECK((pairs[2].value & 7) <= 4);
    CHECK_EQ(pairs[3].key, -1);
    CHECK_EQ(pairs[3].value, 0);
    cpu_set_t set;
    OK(sched_getaffinity(0, sizeof set, &set));
    pairs[0].value = 0;
    OK(syscall(SYS_RISCV_HWPROBE, pairs, 1, sizeof set, &set, 0));
    CHECK(pairs[0].value & 1);
    OK(syscall(SYS_RISCV_HWPROBE, pairs, 0, 0, NULL, 0));
    CHECK_ERRNO(syscall(SYS_RISCV_HWPROBE, pairs, 1, 0, NULL, 0x100), EINVAL);
    CHECK_ERRNO(syscall(SYS_RISCV_HWPROBE, h_bad, 1, 0, NULL, 0), EFAULT);
    return 0;
}
