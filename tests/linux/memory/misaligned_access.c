// riscv: loads and stores of any alignment work in user mode, also over a page border and for floating point.
// calls: mmap
#include "../harness.h"

int main(void) {
    unsigned char *a = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(a != MAP_FAILED);
    for (size_t at = PAGE - 16; at < PAGE + 8; at++) {
        unsigned long value = 0x1122334455667788UL + at, back;
        double number = 1.5 + at, number_back;
        __asm__ volatile("sd %1, 0(%2)\nld %0, 0(%2)" : "=&r"(back) : "r"(value), "r"(a + at) : "memory");
        CHECK_EQ(back, value);
        unsigned long bytes = 0;
        for (int i = 7; i >= 0; i--) bytes = bytes << 8 | a[at + i];
        CHECK_EQ(bytes, value);
        unsigned int word;
        __asm__ volatile("lwu %0, 3(%1)" : "=r"(word) : "r"(a + at) : "memory");
        CHECK_EQ(word, value >> 24 & 0xffffffff);
        unsigned short half;
        __asm__ volatile("lhu %0, 5(%1)" : "=r"(half) : "r"(a + at) : "memory");
        CHECK_EQ(half, value >> 40 & 0xffff);
        __asm__ volatile("fsd %1, 0(%2)\nfld %0, 0(%2)" : "=&f"(number_back) : "f"(number), "r"(a + at) : "memory");
        CHECK(number == number_back);
    }
    OK(munmap(a + PAGE, PAGE));
    CHECK_ERRNO(write(1, a + PAGE, 1), EFAULT);
    return 0;
}
