// vdso(7), elf(5): AT_SYSINFO_EHDR is a shared object whose functions every hash table finds with version LINUX_4.15; they answer as the system calls do.
// calls: clock_gettime clock_getres gettimeofday getcpu riscv_hwprobe
#include "../harness.h"
#include <elf.h>
#include <sys/auxv.h>

#ifndef SYS_riscv_hwprobe
#define SYS_riscv_hwprobe 258
#endif

static const char *image;
static uint64_t image_bytes;
static const Elf64_Sym *symbols;
static const char *strings;
static const uint16_t *versions;
static const char *definitions;
static const uint32_t *hash, *gnu_hash;
static uint64_t definition_count;

static void read_headers(void) {
    image = (const char *)getauxval(AT_SYSINFO_EHDR);
    CHECK(image && (uintptr_t)image % PAGE == 0);
    const Elf64_Ehdr *e = (const void *)image;
    CHECK(memcmp(e->e_ident, ELFMAG "\2\1\1", 7) == 0);
    CHECK_EQ(e->e_type, ET_DYN);
    CHECK_EQ(e->e_machine, EM_RISCV);
    CHECK_EQ(e->e_phentsize, sizeof(Elf64_Phdr));
    const Elf64_Phdr *load = NULL, *dynamic = NULL, *unwind = NULL, *p = (const void *)(image + e->e_phoff);
    for (int i = 0; i < e->e_phnum; i++) {
        if (p[i].p_type == PT_LOAD && !load) load = &p[i];
        if (p[i].p_type == PT_DYNAMIC) dynamic = &p[i];
        if (p[i].p_type == PT_GNU_EH_FRAME) unwind = &p[i];
    }
    CHECK(load && dynamic && unwind);
    CHECK_EQ(load->p_vaddr, 0);
    CHECK_EQ(load->p_flags, PF_R | PF_X);
    image_bytes = load->p_memsz;
    CHECK(dynamic->p_vaddr + dynamic->p_memsz <= image_bytes && unwind->p_vaddr + unwind->p_memsz <= image_bytes);
    const char *soname = NULL;
    uint64_t soname_at = 0, string_bytes = 0;
    for (const Elf64_Dyn *d = (const void *)(image + dynamic->p_vaddr); d->d_tag != DT_NULL; d++) {
        const char *at = image + d->d_un.d_ptr;
        switch (d->d_tag) {
        case DT_STRTAB: strings = at; break;
        case DT_STRSZ: string_bytes = d->d_un.d_val; break;
        case DT_SYMTAB: symbols = (const void *)at; break;
        case DT_SYMENT: CHECK_EQ(d->d_un.d_val, sizeof(Elf64_Sym)); break;
        case DT_SONAME: soname_at = d->d_un.d_val; break;
        case DT_VERSYM: versions = (const void *)at; break;
        case DT_VERDEF: definitions = at; break;
        case DT_VERDEFNUM: definition_count = d->d_un.d_val; break;
        case DT_HASH: hash = (const void *)at; break;
        case DT_GNU_HASH: gnu_hash = (const void *)at; break;
        }
    }
    CHECK(strings && symbols && versions && definitions && (hash || gnu_hash) && soname_at < string_bytes);
    soname = strings + soname_at;
    CHECK_STR(soname, "linux-vdso.so.1");
    CHECK_EQ(strings[string_bytes - 1], 0);
}

static uint32_t elf_hash(const char *name) {
    uint32_t h = 0, top;
    for (; *name; name++) {
        h = (h << 4) + (unsigned char)*name;
        top = h & 0xf0000000;
        h = (h ^ (top >> 24)) & ~top;
    }
    return h;
}

static unsigned by_hash(const char *name) {
    const uint32_t *bucket = hash + 2, *chain = bucket + hash[0];
    for (unsigned i = bucket[elf_hash(name) % hash[0]]; i; i = chain[i]) {
        CHECK(i < hash[1]);
        if (!strcmp(strings + symbols[i].st_name, name)) return i;
    }
    return 0;
}

static unsigned by_gnu_hash(const char *name) {
    uint32_t h = 5381;
    for (const char *c = name; *c; c++) h = h * 33 + (unsigned char)*c;
    uint32_t buckets = gnu_hash[0], first = gnu_hash[1], filters = gnu_hash[2], shift = gnu_hash[3];
    const uint64_t *filter = (const void *)(gnu_hash + 4);
    const uint32_t *bucket = (const void *)(filter + filters), *chain = bucket + buckets;
    uint64_t word = filter[h / 64 % filters];
    if (!(word >> (h % 64) & word >> ((h >> shift) % 64) & 1)) return 0;
    unsigned i = bucket[h % buckets];
    if (i == 0) return 0;
    for (;; i++) {
        if ((chain[i - first] | 1) == (h | 1) && !strcmp(strings + symbols[i].st_name, name)) return i;
        if (chain[i - first] & 1) return 0;
    }
}

static const char *version_of(unsigned symbol) {
    const char *at = definitions;
    for (uint64_t i = 0; i < definition_count; i++) {
        const Elf64_Verdef *d = (const void *)at;
        const Elf64_Verdaux *name = (const void *)(at + d->vd_aux);
        if ((d->vd_ndx & 0x7fff) == (versions[symbol] & 0x7fff)) {
            CHECK_EQ(d->vd_hash, elf_hash(strings + name->vda_name));
            return strings + name->vda_name;
        }
        at += d->vd_next;
    }
    return "none";
}

static void *function(const char *name) {
    unsigned i = hash ? by_hash(name) : by_gnu_hash(name);
    CHECK(i != 0);
    if (gnu_hash) CHECK_EQ(by_gnu_hash(name), i);
    CHECK_STR(version_of(i), "LINUX_4.15");
    CHECK_EQ(ELF64_ST_TYPE(symbols[i].st_info), STT_FUNC);
    CHECK_EQ(ELF64_ST_BIND(symbols[i].st_info), STB_GLOBAL);
    CHECK(symbols[i].st_shndx != SHN_UNDEF && symbols[i].st_value + symbols[i].st_size <= image_bytes && symbols[i].st_size != 0);
    return (void *)(image + symbols[i].st_value);
}

// What a call answers, as the functions of the vDSO do.
#define RAW(...) ({ long raw_ = syscall(__VA_ARGS__); raw_ == -1 ? -errno : raw_; })

typedef int clock_function(clockid_t, struct timespec *);

static int64_t ns(struct timespec t) {
    CHECK(t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void check_clocks(void) {
    clock_function *get = function("__vdso_clock_gettime"), *resolution = function("__vdso_clock_getres");
    static const clockid_t clocks[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16, 32, 33, 63, 64, 99, -1, -2, -6, INT_MIN, INT_MAX};
    for (unsigned i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        struct timespec a, b, c;
        int result = RAW(SYS_clock_gettime, clocks[i], &a);
        for (int round = 0; round < 100; round++) {
            CHECK_EQ(RAW(SYS_clock_gettime, clocks[i], &a), result);
            CHECK_EQ(get(clocks[i], &b), result);
            CHECK_EQ(RAW(SYS_clock_gettime, clocks[i], &c), result);
            if (result == 0 && (ns(a) > ns(b) || ns(b) > ns(c)))
                FAIL("clock %d: %lld %lld %lld", clocks[i], (long long)ns(a), (long long)ns(b), (long long)ns(c));
        }
        struct timespec wanted = {-1, -1}, found = {-1, -1};
        result = RAW(SYS_clock_getres, clocks[i], &wanted);
        CHECK_EQ(resolution(clocks[i], &found), result);
        CHECK(wanted.tv_sec == found.tv_sec && wanted.tv_nsec == found.tv_nsec);
        CHECK_EQ(resolution(clocks[i], NULL), result);
    }
}

static void check_time_of_day(void) {
    int (*get)(struct timeval *, struct timezone *) = function("__vdso_gettimeofday");
    struct timeval a, b, c;
    struct timezone zone = {-1, -1}, wanted = {-2, -2};
    for (int round = 0; round < 100; round++) {
        OK(syscall(SYS_gettimeofday, &a, &wanted));
        CHECK_EQ(get(&b, &zone), 0);
        OK(syscall(SYS_gettimeofday, &c, NULL));
        CHECK(!timercmp(&a, &b, >) && !timercmp(&b, &c, >));
        CHECK(b.tv_usec >= 0 && b.tv_usec < 1000000);
    }
    CHECK(zone.tz_minuteswest == wanted.tz_minuteswest && zone.tz_dsttime == wanted.tz_dsttime);
    CHECK_EQ(get(NULL, NULL), 0);
    CHECK_EQ(get(NULL, &zone), 0);
}

static void check_others(void) {
    int (*cpu)(unsigned *, unsigned *, void *) = function("__vdso_getcpu");
    for (int i = 0; i < 2; i++) {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(i, &one);
        if (sched_setaffinity(0, sizeof one, &one) != 0) break;
        unsigned number = 99, node = 99;
        CHECK_EQ(cpu(&number, &node, NULL), 0);
        CHECK(number == (unsigned)i && node == 0);
        CHECK_EQ(cpu(NULL, NULL, NULL), 0);
    }
    CHECK_EQ(cpu(h_bad, NULL, NULL), -EFAULT);
    int (*flush)(void *, void *, uintptr_t) = function("__vdso_flush_icache");
    CHECK_EQ(flush((void *)image, (void *)(image + PAGE), 0), 0);
    CHECK_EQ(flush((void *)image, (void *)(image + PAGE), 1), 0);
    CHECK_EQ(flush((void *)image, (void *)(image + PAGE), 6), -EINVAL);
    struct probe { int64_t key; uint64_t value; } found[5], wanted[5];
    int (*probe)(struct probe *, size_t, size_t, unsigned long *, unsigned) = function("__vdso_riscv_hwprobe");
    for (int i = 0; i < 5; i++) found[i].key = wanted[i].key = i < 4 ? i : 1 << 30;
    CHECK_EQ(RAW(SYS_riscv_hwprobe, wanted, 5, 0, NULL, 0), 0);
    CHECK_EQ(probe(found, 5, 0, NULL, 0), 0);
    CHECK(memcmp(found, wanted, sizeof found) == 0);
    CHECK_EQ(found[4].key, -1);
    CHECK_EQ(probe(found, 5, 0, NULL, 1 << 30), -EINVAL);
}

int main(void) {
    read_headers();
    function("__vdso_rt_sigreturn");
    if (hash) CHECK_EQ(by_hash("__vdso_nothing"), 0);
    if (gnu_hash) CHECK_EQ(by_gnu_hash("__vdso_nothing"), 0);
    check_clocks();
    check_time_of_day();
    check_others();
    return 0;
}
