// proc_sys(5): pid_max, hostname, osrelease, random/uuid and boot_id under /proc/sys/kernel; not writable for everyone.
// calls: openat read
#include "../harness.h"

static int is_uuid(const char *s) {
    if (strlen(s) != 37 || s[36] != '\n') return 0;
    for (int i = 0; i < 36; i++)
        if (i == 8 || i == 13 || i == 18 || i == 23 ? s[i] != '-' : !strchr("0123456789abcdef", s[i])) return 0;
    return 1;
}

int main(void) {
    char first[64], second[64];
    CHECK(atol(h_read_file("/proc/sys/kernel/pid_max")) >= 32768);
    CHECK(strncmp(h_read_file("/proc/sys/kernel/osrelease"), "6.12", 4) == 0);
    CHECK_STR(h_read_file("/proc/sys/kernel/ostype"), "Linux\n");
    snprintf(first, sizeof first, "%s", h_read_file("/proc/sys/kernel/random/uuid"));
    snprintf(second, sizeof second, "%s", h_read_file("/proc/sys/kernel/random/uuid"));
    CHECK(is_uuid(first) && is_uuid(second) && strcmp(first, second) != 0);
    snprintf(first, sizeof first, "%s", h_read_file("/proc/sys/kernel/random/boot_id"));
    CHECK(is_uuid(first));
    CHECK_STR(h_read_file("/proc/sys/kernel/random/boot_id"), first);
    CHECK(atoi(h_read_file("/proc/sys/vm/overcommit_memory")) <= 2);
    CHECK_ERRNO(open("/proc/sys/kernel/absent", O_RDONLY), ENOENT);
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(open("/proc/sys/kernel/pid_max", O_WRONLY), EACCES);
    });
    return 0;
}
