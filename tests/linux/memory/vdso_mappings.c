// vdso(7), mremap(2), mprotect(2), proc_pid_maps(5): [vvar] and [vdso] lie side by side; children have them; they move together; a private copy can be written.
// calls: mremap mprotect rt_sigreturn
#include "../harness.h"
#include <sys/auxv.h>

struct range { char *start, *end; };
typedef int clock_function(clockid_t, struct timespec *);

// The range of a name, whose permissions must be these.
static struct range find(const char *name, const char *permissions) {
    char *text = h_read_file("/proc/self/maps");
    struct range found = {NULL, NULL};
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char *end, *at = strstr(line, name);
        if (!at || strcmp(at, name)) continue;
        CHECK(found.start == NULL);
        found.start = (char *)strtoul(line, &end, 16);
        found.end = (char *)strtoul(end + 1, &end, 16);
        CHECK(strncmp(end, " ", 1) == 0 && strncmp(end + 1, permissions, 4) == 0);
        CHECK(strncmp(end + 5, " 00000000 00:00 0 ", 18) == 0);
    }
    CHECK(found.start != NULL);
    return found;
}

static volatile int handled;
static void on_signal(int number) { handled = number; }

static void check_signal(void) {
    handled = 0;
    OK(raise(SIGUSR1));
    CHECK_EQ(handled, SIGUSR1);
}

static struct range data, code;

static void move(void) {
    size_t data_bytes = data.end - data.start, code_bytes = code.end - code.start;
    // They refuse to grow, and to leave something behind.
    CHECK(mremap(code.start, code_bytes, code_bytes + PAGE, MREMAP_MAYMOVE) == MAP_FAILED && errno == EFAULT);
    CHECK(mremap(data.start, data_bytes, data_bytes + PAGE, MREMAP_MAYMOVE) == MAP_FAILED && errno == EFAULT);
    CHECK(mremap(code.start, code_bytes, code_bytes, MREMAP_MAYMOVE | MREMAP_DONTUNMAP) == MAP_FAILED && errno == EINVAL);
    char *to = mmap(NULL, data_bytes + code_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(to != MAP_FAILED);
    unsigned char before[256];
    memcpy(before, code.start, sizeof before);
    CHECK(mremap(data.start, data_bytes, data_bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
    CHECK(mremap(code.start, code_bytes, code_bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to + data_bytes) == to + data_bytes);
    CHECK(memcmp(before, to + data_bytes, sizeof before) == 0);
    struct range new_data = find("[vvar]", "r--p"), new_code = find("[vdso]", "r-xp");
    CHECK(new_data.start == to && new_code.start == to + data_bytes && new_code.end == new_code.start + code_bytes);
    check_signal();
    IN_CHILD(check_signal());
    _exit(0); // the C library still knows the old place
}

int main(void) {
    signal(SIGUSR1, on_signal);
    check_signal();
    data = find("[vvar]", "r--p");
    code = find("[vdso]", "r-xp");
    CHECK((uintptr_t)code.start == getauxval(AT_SYSINFO_EHDR));
    CHECK(data.end == code.start);
    IN_CHILD({
        check_signal();
        CHECK(h_now_ns(CLOCK_MONOTONIC) > 0);
        find("[vvar]", "r--p");
        find("[vdso]", "r-xp");
    });
    IN_CHILD(move());
    // Nobody writes the data; a copy of the code can be written.
    CHECK_ERRNO(mprotect(data.start, PAGE, PROT_READ | PROT_WRITE), EACCES);
    CHECK_ERRNO(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, data.start), EFAULT);
    CHECK_ERRNO(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, code.start), EFAULT);
    IN_CHILD({
        OK(mprotect(code.start, code.end - code.start, PROT_READ | PROT_WRITE | PROT_EXEC));
        CHECK(memcmp(code.start, "\177ELF", 4) == 0);
        code.start[1] = 'X';
        check_signal();
        IN_CHILD(CHECK(code.start[1] == 'X'));
    });
    CHECK_EQ(code.start[1], 'E');
    // Without the pages nothing works that needs them, and nothing else breaks.
    IN_CHILD({
        OK(munmap(data.start, data.end - data.start));
        check_signal();
        OK(munmap(code.start, code.end - code.start));
        CHECK_EQ(getppid() > 0, 1);
    });
    pid_t child = h_fork();
    if (child == 0) {
        munmap(code.start, code.end - code.start);
        raise(SIGUSR1);
        _exit(0);
    }
    int status = h_wait(child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    return 0;
}
