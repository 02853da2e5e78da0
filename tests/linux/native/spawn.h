// The native call spawn, as a C program sees it (abi/src/structs/spawn.rs).
#ifndef SPAWN_H
#define SPAWN_H
#include "../harness.h"

#define NR_spawn 0x1020
#define SPAWN_SET_IDS 1
#define SPAWN_SET_MASK 2
#define SPAWN_SET_DEFAULTS 4
#define SPAWN_SET_GROUP 8
#define SPAWN_NEW_SESSION 16
#define SPAWN_NO_NEW_PRIVS 32
#define SPAWN_NO_NET 64
#define SPAWN_NO_UTS 128
#define SPAWN_NO_IPC 256
#define SPAWN_NO_ROOT 512

struct spawn_args {
    uint64_t flags, path, argv, envp, fds, fd_count, namespaces, grants, signal_mask, signal_defaults, groups;
    uint32_t group_count, uid, gid;
    int32_t process_group, program, root, cwd, budget;
};
struct spawn_fd {
    int32_t from, to;
};

// A program by its path, with the standard descriptors and all that the caller's World has.
static H_UNUSED struct spawn_args s_args(const char *path, char *const argv[]) {
    static struct spawn_fd standard[3] = {{0, 0}, {1, 1}, {2, 2}};
    static char *none[] = {NULL};
    struct spawn_args a = {.path = (uintptr_t)path, .argv = (uintptr_t)argv, .envp = (uintptr_t)none, .fds = (uintptr_t)standard,
                           .fd_count = 3, .grants = 0x7f, .program = -1, .root = -1, .cwd = -1, .budget = -1};
    return a;
}

static H_UNUSED long s_spawn(struct spawn_args *a) { return syscall(NR_spawn, a, sizeof *a); }

// The wait status of the process behind a descriptor, which is closed.
static H_UNUSED int s_end(int fd) {
    siginfo_t info = {0};
    OK(waitid(3 /* P_PIDFD */, fd, &info, WEXITED));
    OK(close(fd));
    return info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
}
#endif
