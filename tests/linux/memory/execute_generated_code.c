// riscv_flush_icache(2), mprotect(2): code written to memory runs after the flush, also after it was changed; W^X and W+X both work.
// calls: mprotect riscv_flush_icache
#include "../harness.h"

#define SYS_RISCV_FLUSH_ICACHE 259

typedef int function(void);

static void emit(unsigned *code, int value) {
    code[0] = 0x00000513 | (unsigned)value << 20; // li a0, value
    code[1] = 0x00008067;                         // ret
}

int main(void) {
    unsigned *code = h_pages(1);
    for (int i = 0; i < 50; i++) {
        OK(mprotect(code, PAGE, PROT_READ | PROT_WRITE));
        emit(code, i);
        OK(mprotect(code, PAGE, PROT_READ | PROT_EXEC));
        OK(syscall(SYS_RISCV_FLUSH_ICACHE, code, (char *)code + 8, i % 2));
        CHECK_EQ(((function *)(uintptr_t)code)(), i);
    }
    OK(mprotect(code, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
    for (int i = 100; i < 150; i++) {
        emit(code, i);
        OK(syscall(SYS_RISCV_FLUSH_ICACHE, code, (char *)code + 8, 0));
        CHECK_EQ(((function *)(uintptr_t)code)(), i);
    }
    CHECK_ERRNO(syscall(SYS_RISCV_FLUSH_ICACHE, code, (char *)code + 8, 2), EINVAL);
    return 0;
}
