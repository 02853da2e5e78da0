// Native calls of rvOS, generated from the table by `./x calls --write`. Each function is one call: -1 and errno on failure.
// What the calls do stands in docs/calls.md, what the fields mean in abi/src/structs.
#ifndef RVOS_H
#define RVOS_H
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

// What a call answered, as the C library tells it.
static inline long rvos_result(long answer) {
    if ((unsigned long)answer <= -4096UL) return answer;
    errno = (int)-answer;
    return -1;
}

#define RVOS_CHAN_NONBLOCK 0x1u
#define RVOS_CHAN_NO_CYCLE 0x2u
#define RVOS_CHAN_REPLY_ONLY 0x4u
#define RVOS_SPAWN_SET_IDS 0x1u
#define RVOS_SPAWN_SET_MASK 0x2u
#define RVOS_SPAWN_SET_DEFAULTS 0x4u
#define RVOS_SPAWN_SET_GROUP 0x8u
#define RVOS_SPAWN_NEW_SESSION 0x10u
#define RVOS_SPAWN_NO_NEW_PRIVS 0x20u
#define RVOS_SPAWN_NO_NET 0x40u
#define RVOS_SPAWN_NO_UTS 0x80u
#define RVOS_SPAWN_NO_IPC 0x100u
#define RVOS_SPAWN_NO_ROOT 0x200u
#define RVOS_SVC_NONBLOCK 0x1u
#define RVOS_RIGHT_READ 0x1u
#define RVOS_RIGHT_WRITE 0x2u
#define RVOS_RIGHT_SEEK 0x4u
#define RVOS_RIGHT_EXEC 0x8u
#define RVOS_RIGHT_MAP 0x10u
#define RVOS_RIGHT_IOCTL 0x20u
#define RVOS_RIGHT_STAT 0x40u
#define RVOS_RIGHT_CHANGE 0x80u
#define RVOS_RIGHT_WALK 0x100u
#define RVOS_RIGHT_WALK_UP 0x200u
#define RVOS_RIGHT_DUP 0x400u
#define RVOS_RIGHT_TRANSFER 0x800u
#define RVOS_RIGHT_SIGNAL 0x1000u
#define RVOS_RIGHT_WAIT 0x2000u
#define RVOS_RIGHT_MANAGE 0x4000u
#define RVOS_GRANT_POWER 0x1u
#define RVOS_GRANT_SET_TIME 0x2u
#define RVOS_GRANT_REAL_TIME 0x4u
#define RVOS_GRANT_KERNEL_LOG 0x8u
#define RVOS_GRANT_RAW_NET 0x10u
#define RVOS_GRANT_DEBUG 0x20u
#define RVOS_GRANT_MOUNT 0x40u
#define RVOS_BUDGET_FRAMES 0x0u
#define RVOS_BUDGET_PROCESSES 0x1u
#define RVOS_BUDGET_THREADS 0x2u
#define RVOS_BUDGET_SLOTS 0x3u
#define RVOS_BUDGET_CHANNELS 0x4u
#define RVOS_BUDGET_MESSAGES 0x5u
#define RVOS_BUDGET_BYTES 0x6u
#define RVOS_BUDGET_DMA 0x7u

struct rvos_budget_create {
    uint32_t flags;
    uint32_t weight;
    uint32_t limited;
    uint32_t carved;
    uint64_t quota_us;
    uint64_t period_us;
    uint64_t limits[8];
};

struct rvos_budget_limit {
    uint32_t kind;
    uint32_t flags;
    uint64_t limit;
};

struct rvos_budget_usage {
    uint64_t id;
    uint64_t parent;
    uint64_t usage[8];
    uint64_t limit[8];
    uint64_t peak[8];
    uint64_t refused[8];
    uint32_t carved;
    uint32_t weight;
    uint64_t processes;
    uint64_t out_of_memory;
    uint64_t killed;
};

struct rvos_budget_watch {
    uint32_t kind;
    uint32_t flags;
    uint64_t threshold;
};

struct rvos_chan_create {
    uint32_t flags;
    uint32_t messages;
    uint64_t bytes;
};

struct rvos_chan_part {
    uint64_t bytes;
    uint64_t fds;
    uint32_t bytes_len;
    uint32_t fds_len;
};

struct rvos_chan_room {
    uint64_t bytes;
    uint64_t fds;
    uint32_t bytes_cap;
    uint32_t fds_cap;
};

struct rvos_chan_info {
    uint32_t bytes_len;
    uint32_t fds_len;
    uint64_t call;
    uint64_t process;
    uint64_t budget;
    uint32_t reply_bytes;
    uint32_t reply_fds;
};

struct rvos_chan_send {
    struct rvos_chan_part part;
    uint64_t deadline_ns;
    uint32_t flags;
    uint32_t _reserved;
};

struct rvos_chan_recv {
    struct rvos_chan_room room;
    uint64_t deadline_ns;
    uint32_t flags;
    uint32_t _reserved;
    struct rvos_chan_info info;
};

struct rvos_chan_call {
    struct rvos_chan_part part;
    struct rvos_chan_room room;
    uint64_t deadline_ns;
    uint32_t flags;
    uint32_t _reserved;
    uint64_t call;
    uint32_t bytes_len;
    uint32_t fds_len;
};

struct rvos_chan_reply_recv {
    uint64_t call;
    struct rvos_chan_part part;
    struct rvos_chan_room room;
    uint64_t deadline_ns;
    uint32_t flags;
    uint32_t replied;
    struct rvos_chan_info info;
};

struct rvos_spawn_fd {
    int32_t from;
    int32_t to;
};

struct rvos_spawn_args {
    uint64_t flags;
    uint64_t path;
    uint64_t argv;
    uint64_t envp;
    uint64_t fds;
    uint64_t fd_count;
    uint64_t namespaces;
    uint64_t grants;
    uint64_t signal_mask;
    uint64_t signal_defaults;
    uint64_t groups;
    uint32_t group_count;
    uint32_t uid;
    uint32_t gid;
    int32_t process_group;
    int32_t program;
    int32_t root;
    int32_t cwd;
    int32_t budget;
};

struct rvos_svc_bind {
    uint32_t flags;
    uint32_t connections;
    uint64_t wait_ns;
};

struct rvos_svc_peer {
    uint64_t process;
    uint64_t budget;
    uint32_t pid;
    uint32_t uid;
    uint32_t gid;
    uint32_t _reserved;
};

struct rvos_svc_connect {
    uint32_t flags;
    uint32_t _reserved;
    uint64_t deadline_ns;
};

// chan_create(ends: out [i32;2], args: in ChanCreate of size size?, size: len) -> Zero
// Make a channel: its two ends are new descriptors, closed on exec. `args` holds the bounds of its queues.
#define RVOS_CHAN_CREATE 0x1000
static inline long rvos_chan_create(int32_t *ends, const struct rvos_chan_create *args, size_t size) {
    register long a7 __asm__("a7") = RVOS_CHAN_CREATE;
    register long a0 __asm__("a0") = (long)ends;
    register long a1 __asm__("a1") = (long)args;
    register long a2 __asm__("a2") = (long)size;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
    return rvos_result(a0);
}

// chan_send(fd: fd, args: in ChanSend of size size, size: len) -> Zero
// Send a message of bytes and descriptors, which move: on success the sender has them no more, on failure it has all of them.
#define RVOS_CHAN_SEND 0x1001
static inline long rvos_chan_send(int fd, const struct rvos_chan_send *args, size_t size) {
    register long a7 __asm__("a7") = RVOS_CHAN_SEND;
    register long a0 __asm__("a0") = (long)fd;
    register long a1 __asm__("a1") = (long)args;
    register long a2 __asm__("a2") = (long)size;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
    return rvos_result(a0);
}

// chan_recv(fd: fd, args: in out ChanRecv of size size, size: len) -> Size
// Receive a message. It stays queued when its bytes (EMSGSIZE) or its descriptors (EMSGSIZE, EMFILE) have no room. EPIPE: the queue is empty and the peer closed.
#define RVOS_CHAN_RECV 0x1002
static inline long rvos_chan_recv(int fd, struct rvos_chan_recv *args, size_t size) {
    register long a7 __asm__("a7") = RVOS_CHAN_RECV;
    register long a0 __asm__("a0") = (long)fd;
    register long a1 __asm__("a1") = (long)args;
    register long a2 __asm__("a2") = (long)size;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
    return rvos_result(a0);
}

// chan_call(fd: fd, args: in out ChanCall of size size, size: len) -> Size
// Send a request and wait for its reply. EPIPE: nobody took it; ECONNRESET: who took it is gone. After an error `call` is 0 if the request has not left: the caller keeps its descriptors. A signal does not end the wait.
#define RVOS_CHAN_CALL 0x1003
static inline long rvos_chan_call(int fd, struct rvos_chan_call *args, size_t size) {
    register long a7 __asm__("a7") = RVOS_CHAN_CALL;
    register long a0 __asm__("a0") = (long)fd;
    register long a1 __asm__("a1") = (long)args;
    register long a2 __asm__("a2") = (long)size;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
    return rvos_result(a0);
}

// chan_reply_recv(fd: fd, args: in out ChanReplyRecv of size size, size: len) -> Size
// Answer a call, which never waits, and receive the next message. The reply to a call that ended meanwhile is destroyed, with its descriptors. After an error `call` is 0 if the reply has left.
#define RVOS_CHAN_REPLY_RECV 0x1004
static inline long rvos_chan_reply_recv(int fd, struct rvos_chan_reply_recv *args, size_t size) {
    register long a7 __asm__("a7") = RVOS_CHAN_REPLY_RECV;
    register long a0 __asm__("a0") = (long)fd;
    register long a1 __asm__("a1") = (long)args;
    register long a2 __asm__("a2") = (long)size;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
    return rvos_result(a0);
}

// fd_restrict(fd: fd, rights: flags) -> Int
// The descriptor keeps those of its rights that are in `rights`; the result is what it has then. Rights never come back. A directory that loses one loses WALK_UP too: no path leads out of it. Unknown bits are EINVAL.
#define RVOS_FD_RESTRICT 0x1010
static inline long rvos_fd_restrict(int fd, unsigned rights) {
    register long a7 __asm__("a7") = RVOS_FD_RESTRICT;
    register long a0 __asm__("a0") = (long)fd;
    register long a1 __asm__("a1") = (long)rights;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1) : "memory");
    return rvos_result(a0);
}

// spawn(args: in SpawnArgs of size size, size: len) -> Fd
// Start a program in a process of its own, with exactly the descriptors listed and a World that is the caller's or narrower. Returns a process descriptor.
#define RVOS_SPAWN 0x1020
static inline long rvos_spawn(const struct rvos_spawn_args *args, size_t size) {
    register long a7 __asm__("a7") = RVOS_SPAWN;
    register long a0 __asm__("a0") = (long)args;
    register long a1 __asm__("a1") = (long)size;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1) : "memory");
    return rvos_result(a0);
}

// budget_create(parent: fd, args: in BudgetCreate of size size?, size: len) -> Fd
// Make a budget below another, or with -1 below the caller's. What is carved is the parent's. It lasts while a descriptor or a process has it. EDQUOT: or too many. EPERM: to carve the session's pages takes real-time and CAP_SYS_RESOURCE.
#define RVOS_BUDGET_CREATE 0x1030
static inline long rvos_budget_create(int parent, const struct rvos_budget_create *args, size_t size) {
    register long a7 __asm__("a7") = RVOS_BUDGET_CREATE;
    register long a0 __asm__("a0") = (long)parent;
    register long a1 __asm__("a1") = (long)args;
    register long a2 __asm__("a2") = (long)size;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
    return rvos_result(a0);
}

// budget_limit(fd: fd, args: in BudgetLimit of size size, size: len) -> Zero
// Change a limit. EBUSY: a carved limit would be below what is in use; EDQUOT: the parent has not got what it would take.
#define RVOS_BUDGET_LIMIT 0x1031
static inline long rvos_budget_limit(int fd, const struct rvos_budget_limit *args, size_t size) {
    register long a7 __asm__("a7") = RVOS_BUDGET_LIMIT;
    register long a0 __asm__("a0") = (long)fd;
    register long a1 __asm__("a1") = (long)args;
    register long a2 __asm__("a2") = (long)size;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
    return rvos_result(a0);
}

// budget_usage(fd: fd, usage: out BudgetUsage of size size, size: len) -> Size
// What is charged to a budget, or with -1 to the caller's own, and how much may be. Returns the bytes that were written, those of a shorter struct being what its older version has.
#define RVOS_BUDGET_USAGE 0x1032
static inline long rvos_budget_usage(int fd, struct rvos_budget_usage *usage, size_t size) {
    register long a7 __asm__("a7") = RVOS_BUDGET_USAGE;
    register long a0 __asm__("a0") = (long)fd;
    register long a1 __asm__("a1") = (long)usage;
    register long a2 __asm__("a2") = (long)size;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
    return rvos_result(a0);
}

// budget_watch(fd: fd, args: in BudgetWatch of size size, size: len) -> Zero
// Make the descriptor readable, for poll(2) and its like, while at least so much of a kind is charged.
#define RVOS_BUDGET_WATCH 0x1033
static inline long rvos_budget_watch(int fd, const struct rvos_budget_watch *args, size_t size) {
    register long a7 __asm__("a7") = RVOS_BUDGET_WATCH;
    register long a0 __asm__("a0") = (long)fd;
    register long a1 __asm__("a1") = (long)args;
    register long a2 __asm__("a2") = (long)size;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
    return rvos_result(a0);
}

// budget_kill(fd: fd) -> Zero
// End all processes of a budget and of those below it with SIGKILL, also those that are being made.
#define RVOS_BUDGET_KILL 0x1034
static inline long rvos_budget_kill(int fd) {
    register long a7 __asm__("a7") = RVOS_BUDGET_KILL;
    register long a0 __asm__("a0") = (long)fd;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7) : "memory");
    return rvos_result(a0);
}

// budget_join(fd: fd) -> Zero
// Move the calling process to a budget. What it was charged for besides itself stays where it is.
#define RVOS_BUDGET_JOIN 0x1035
static inline long rvos_budget_join(int fd) {
    register long a7 __asm__("a7") = RVOS_BUDGET_JOIN;
    register long a0 __asm__("a0") = (long)fd;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7) : "memory");
    return rvos_result(a0);
}

// svc_bind(dir: fd, name: path, args: in SvcBind of size size?, size: len) -> Fd
// Make a name in a directory of services and return its listen queue. Once its last descriptor is closed, the name refuses connections until somebody binds it again.
#define RVOS_SVC_BIND 0x1040
static inline long rvos_svc_bind(int dir, const char *name, const struct rvos_svc_bind *args, size_t size) {
    register long a7 __asm__("a7") = RVOS_SVC_BIND;
    register long a0 __asm__("a0") = (long)dir;
    register long a1 __asm__("a1") = (long)name;
    register long a2 __asm__("a2") = (long)args;
    register long a3 __asm__("a3") = (long)size;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3) : "memory");
    return rvos_result(a0);
}

// svc_accept(queue: fd, peer: out SvcPeer of size size?, size: len, flags: flags) -> Fd
// Take the next connection out of a listen queue: one budget after the other has its turn. Returns the service's end of the channel.
#define RVOS_SVC_ACCEPT 0x1041
static inline long rvos_svc_accept(int queue, struct rvos_svc_peer *peer, size_t size, unsigned flags) {
    register long a7 __asm__("a7") = RVOS_SVC_ACCEPT;
    register long a0 __asm__("a0") = (long)queue;
    register long a1 __asm__("a1") = (long)peer;
    register long a2 __asm__("a2") = (long)size;
    register long a3 __asm__("a3") = (long)flags;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3) : "memory");
    return rvos_result(a0);
}

// svc_connect(dir: dirfd, path: path, args: in SvcConnect of size size?, size: len) -> Fd
// Connect to a service by its name, as open(2) of the name does, with a deadline. Returns the client's end of the channel.
#define RVOS_SVC_CONNECT 0x1042
static inline long rvos_svc_connect(int dir, const char *path, const struct rvos_svc_connect *args, size_t size) {
    register long a7 __asm__("a7") = RVOS_SVC_CONNECT;
    register long a0 __asm__("a0") = (long)dir;
    register long a1 __asm__("a1") = (long)path;
    register long a2 __asm__("a2") = (long)args;
    register long a3 __asm__("a3") = (long)size;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3) : "memory");
    return rvos_result(a0);
}

// debug_mutate(number: uint, mode: int) -> Zero
// From the caller's next execve on, inherited by fork: call `number` answers ENOSYS (mode 1) or 0 without acting (mode 2); mode 0 clears.
#define RVOS_DEBUG_MUTATE 0x1ff0
static inline long rvos_debug_mutate(unsigned number, int mode) {
    register long a7 __asm__("a7") = RVOS_DEBUG_MUTATE;
    register long a0 __asm__("a0") = (long)number;
    register long a1 __asm__("a1") = (long)mode;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1) : "memory");
    return rvos_result(a0);
}

// debug_fail_alloc(nth: uint) -> Count
// The nth kernel allocation for the calling thread (from 1, counted from its next call on) fails; 0 switches off. Returns how many were seen since the last such call.
#define RVOS_DEBUG_FAIL_ALLOC 0x1ff1
static inline long rvos_debug_fail_alloc(unsigned nth) {
    register long a7 __asm__("a7") = RVOS_DEBUG_FAIL_ALLOC;
    register long a0 __asm__("a0") = (long)nth;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7) : "memory");
    return rvos_result(a0);
}

#endif
