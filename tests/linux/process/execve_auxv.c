// getauxval(3), execve(2): page size, ids, program headers, entry, random bytes, file name, hardware bits, secure mode, vDSO.
// calls: execve getuid getgid
#include "../harness.h"
#include <elf.h>
#include <sys/auxv.h>

extern char __ehdr_start[];
extern void _start(void);

int main(int argc, char **argv) {
    if (argc == 1) {
        h_drop_to(1000);
        char *args[] = {"self", "x", NULL};
        execve("/proc/self/exe", args, environ);
        FAIL("execve: errno %d", errno);
    }
    CHECK_EQ(getauxval(AT_PAGESZ), PAGE);
    CHECK_EQ(getauxval(AT_CLKTCK), 100);
    CHECK_EQ(getauxval(AT_UID), syscall(SYS_getuid));
    CHECK_EQ(getauxval(AT_EUID), geteuid());
    CHECK_EQ(getauxval(AT_GID), syscall(SYS_getgid));
    CHECK_EQ(getauxval(AT_EGID), getegid());
    CHECK_EQ(getauxval(AT_SECURE), 0);
    CHECK_EQ(getauxval(AT_PHENT), sizeof(Elf64_Phdr));
    const Elf64_Phdr *headers = (void *)getauxval(AT_PHDR);
    int count = getauxval(AT_PHNUM), loads = 0;
    CHECK(headers && count > 0);
    for (int i = 0; i < count; i++) loads += headers[i].p_type == PT_LOAD;
    CHECK(loads >= 1);
    CHECK_EQ(getauxval(AT_ENTRY), (uintptr_t)_start);
    CHECK(getauxval(AT_RANDOM) != 0);
    uint64_t random;
    memcpy(&random, (void *)getauxval(AT_RANDOM), 8);
    CHECK(random != 0);
    CHECK_STR((char *)getauxval(AT_EXECFN), "/proc/self/exe");
    unsigned long bits = getauxval(AT_HWCAP);
    for (const char *p = "IMAFDC"; *p; p++) CHECK(bits & 1UL << (*p - 'A'));
    CHECK_EQ(getauxval(AT_BASE), 0); // no interpreter
    const unsigned char *vdso = (void *)getauxval(AT_SYSINFO_EHDR);
    CHECK(vdso && memcmp(vdso, ELFMAG, SELFMAG) == 0);
    errno = 0;
    CHECK_EQ(getauxval(9999), 0);
    CHECK_EQ(errno, ENOENT);
    return 0;
}
