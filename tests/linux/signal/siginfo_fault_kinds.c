// sigaction(2): SIGILL/ILL_ILLOPC, SIGTRAP/TRAP_BRKPT, SIGBUS/BUS_ADRERR behind the end of a mapped file, with their addresses.
// calls: rt_sigaction mmap
#include "../harness.h"
#include <setjmp.h>

static siginfo_t got;
static sigjmp_buf back;
static void handler(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)context;
    got = *info;
    siglongjmp(back, 1);
}

extern char illegal_at[], break_at[];

int main(void) {
    h_on_siginfo(SIGILL, handler, 0);
    h_on_siginfo(SIGTRAP, handler, 0);
    h_on_siginfo(SIGBUS, handler, 0);
    if (sigsetjmp(back, 1) == 0) __asm__ volatile(".globl illegal_at\nillegal_at: .4byte 0" ::: "memory");
    CHECK_EQ(got.si_signo, SIGILL);
    CHECK_EQ(got.si_code, ILL_ILLOPC);
    CHECK((char *)got.si_addr == illegal_at);
    if (sigsetjmp(back, 1) == 0) __asm__ volatile(".globl break_at\nbreak_at: ebreak" ::: "memory");
    CHECK_EQ(got.si_signo, SIGTRAP);
    CHECK_EQ(got.si_code, TRAP_BRKPT);
    CHECK((char *)got.si_addr == break_at);
    extern char amo_at[];
    if (sigsetjmp(back, 1) == 0) __asm__ volatile(".globl amo_at\namo_at: amoadd.w zero, zero, (%0)" ::"r"((char *)h_pages(1) + 2) : "memory");
    CHECK_EQ(got.si_signo, SIGBUS);
    CHECK_EQ(got.si_code, BUS_ADRALN);
    CHECK((char *)got.si_addr == amo_at);
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
    CHECK_EQ(write(fd, "x", 1), 1);
    char *map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(map != MAP_FAILED);
    CHECK_EQ(map[0], 'x');
    CHECK_EQ(map[PAGE - 1], 0);
    if (sigsetjmp(back, 1) == 0) {
        map[PAGE + 3] = 1;
        FAIL("wrote behind the end of the file");
    }
    CHECK_EQ(got.si_signo, SIGBUS);
    CHECK_EQ(got.si_code, BUS_ADRERR);
    CHECK((char *)got.si_addr == map + PAGE + 3);
    int ends[2];
    OK(pipe(ends));
    CHECK_ERRNO(write(ends[1], map + PAGE, 1), EFAULT); // the kernel's access gives an error instead
    return 0;
}
