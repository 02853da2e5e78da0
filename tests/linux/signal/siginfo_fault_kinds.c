// sigaction(2): SIGILL/ILL_ILLOPC, SIGTRAP/TRAP_BRKPT, SIGBUS/BUS_ADRERR behind the end of a mapped file, with their addresses.
// calls: rt_sigaction mmap
#include "../harness.h"

extern char illegal_at[], break_at[];

int main(void) {
    h_expect_fault(SIGILL, 0);
    h_expect_fault(SIGTRAP, 0);
    h_expect_fault(SIGBUS, 0);
    CHECK_EQ(H_FAULTS(__asm__ volatile(".globl illegal_at\nillegal_at: .4byte 0" ::: "memory")), SIGILL);
    CHECK_EQ(h_fault.si_code, ILL_ILLOPC);
    CHECK((char *)h_fault.si_addr == illegal_at);
    CHECK_EQ(H_FAULTS(__asm__ volatile(".globl break_at\nbreak_at: ebreak" ::: "memory")), SIGTRAP);
    CHECK_EQ(h_fault.si_code, TRAP_BRKPT);
    CHECK((char *)h_fault.si_addr == break_at);
    extern char amo_at[];
    char *odd = (char *)h_pages(1) + 2;
    CHECK_EQ(H_FAULTS(__asm__ volatile(".globl amo_at\namo_at: amoadd.w zero, zero, (%0)" ::"r"(odd) : "memory")), SIGBUS);
    CHECK_EQ(h_fault.si_code, BUS_ADRALN);
    CHECK((char *)h_fault.si_addr == amo_at);
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
    CHECK_EQ(write(fd, "x", 1), 1);
    char *map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(map != MAP_FAILED);
    CHECK_EQ(map[0], 'x');
    CHECK_EQ(map[PAGE - 1], 0);
    CHECK_EQ(H_FAULTS(*(volatile char *)(map + PAGE + 3) = 1), SIGBUS);
    CHECK_EQ(h_fault.si_code, BUS_ADRERR);
    CHECK((char *)h_fault.si_addr == map + PAGE + 3);
    int ends[2];
    OK(pipe(ends));
    CHECK_ERRNO(write(ends[1], map + PAGE, 1), EFAULT); // the kernel's access gives an error instead
    return 0;
}
