// cgroup-v2.rst: any text written to a cgroup's file is taken or refused, and what is read back is well-formed.
// calls: write read
#include "../cgroup/cg.h"
#include "fuzz.h"

static const char *const FILES[] = {"memory.max", "pids.max", "cpu.max", "cpu.weight", "cgroup.subtree_control", "cgroup.procs", "cgroup.kill"};
static const char *const WORDS[] = {"max", "0",  "1",  "4096", "10M", "7k",  "+pids", "-pids", "+memory", "-cpu", "+", "-", " ", "  ", "\n",
                                    "\t",  "-1", "1G", "99999999999999999999", "18446744073709551615", "100000", "1e3", "0x10", "+1", "M", "9999999G", "\xff", "x"};

static size_t compose(char *text) {
    size_t used = 0;
    for (size_t n = 1 + fuzz_below(4); n; n--) {
        const char *word = WORDS[fuzz_below(sizeof WORDS / sizeof *WORDS)];
        size_t length = strlen(word);
        memcpy(text + used, word, length);
        used += length;
        if (fuzz_below(2)) text[used++] = ' ';
    }
    if (fuzz_below(3) == 0) fuzz_damage(text, used);
    return used;
}

// A number, or `max`; of memory in whole pages.
static int well_formed(const char *file, const char *text) {
    if (!strncmp(text, "max", 3)) return 1;
    char *end;
    unsigned long long number = strtoull(text, &end, 10);
    if (end == text || (*end != '\n' && *end != ' ')) return 0;
    if (!strcmp(file, "memory.max")) return number % PAGE == 0;
    return strcmp(file, "cpu.weight") || (number >= 1 && number <= 10000);
}

int main(int argc, char **argv) {
    fuzz_begin(argc, argv);
    cg_begin("+cpu +memory +pids");
    OK(cg_mkdir("fuzz"));
    int taken = 0, refused = 0;
    for (int n = 0, end = fuzz_amount(4000); n < end; n++) {
        const char *file = FILES[fuzz_below(sizeof FILES / sizeof *FILES)];
        char text[128], path[64];
        size_t used = compose(text);
        // Processes are named by number: this one must not come in, nor anybody else.
        if (!strcmp(file, "cgroup.procs")) memset(text, '9', 6), used = used < 6 ? 6 : used;
        snprintf(path, sizeof path, CG_ROOT "/fuzz/%s", file);
        int fd = OK(open(path, O_WRONLY | O_CLOEXEC));
        ssize_t wrote = write(fd, text, used);
        if (wrote < 0) {
            int e = errno;
            if (e != EINVAL && e != ERANGE && e != EBUSY && e != ENOENT && e != ESRCH && e != EOPNOTSUPP) FAIL("round %d, %s: errno %d", n, file, e);
            refused++;
        } else {
            CHECK_EQ(wrote, used);
            taken++;
        }
        OK(close(fd));
        if (strstr(file, "max") || strstr(file, "weight")) {
            const char *now = cg_read("fuzz", file);
            if (!well_formed(file, now)) FAIL("round %d: %s holds \"%s\"", n, file, now);
        }
    }
    CHECK(taken > 100 && refused > 100);
    cg_remove("fuzz");
    return 0;
}
