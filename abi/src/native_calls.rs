//! The table of the native calls, in the form of `linux_calls.rs`: the range from 0x1000 up.
//!
//! The `debug_` calls exist in kernels of the checked profile alone, for tests of the tests: elsewhere they answer ENOSYS.

/// Calls `callback!` (a name or a path of a macro) once with all rows of the native table.
#[macro_export]
macro_rules! for_each_native_call {
    ($($callback:tt)+) => {
        $($callback)+! {
            0x1000 chan_create(ends: OutStruct([i32; 2]), args: InSized(ChanCreate, size, opt), size: Len) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [E2BIG, EDQUOT, EFAULT, EINVAL, EMFILE, ENOMEM],
                doc: "Make a channel: its two ends are new descriptors, closed on exec. `args` holds the bounds of its queues.",
            }
            0x1001 chan_send(fd: Fd, args: InSized(ChanSend, size), size: Len) -> Zero {
                state: live, authority: Descriptor, rights: [WRITE], blocks: yes,
                errors: [E2BIG, EACCES, EAGAIN, EBADF, EDQUOT, EFAULT, EINTR, EINVAL, EMSGSIZE, ENOMEM, EPIPE, ETIMEDOUT],
                doc: "Send a message of bytes and descriptors, which move: on success the sender has them no more, on failure it has all of them.",
            }
            0x1002 chan_recv(fd: Fd, args: InOutSized(ChanRecv, size), size: Len) -> Size {
                state: live, authority: Descriptor, rights: [READ], blocks: yes,
                errors: [E2BIG, EAGAIN, EBADF, EDQUOT, EFAULT, EINTR, EINVAL, EMFILE, EMSGSIZE, ENOMEM, EPIPE, ETIMEDOUT],
                doc: "Receive a message. It stays queued when its bytes (EMSGSIZE) or its descriptors (EMSGSIZE, EMFILE) have no room. EPIPE: the queue is empty and the peer closed.",
            }
            0x1003 chan_call(fd: Fd, args: InOutSized(ChanCall, size), size: Len) -> Size {
                state: live, authority: Descriptor, rights: [READ | WRITE], blocks: yes,
                errors: [E2BIG, EACCES, EAGAIN, EBADF, ECONNRESET, EDEADLK, EDQUOT, EFAULT, EINVAL, EMFILE, EMSGSIZE, ENOMEM, EPIPE, ETIMEDOUT],
                doc: "Send a request and wait for its reply. EPIPE: nobody took it; ECONNRESET: who took it is gone. After an error `call` is 0 if the request has not left: the caller keeps its descriptors. A signal does not end the wait.",
            }
            0x1004 chan_reply_recv(fd: Fd, args: InOutSized(ChanReplyRecv, size), size: Len) -> Size {
                state: live, authority: Descriptor, rights: [READ | WRITE], blocks: yes,
                errors: [E2BIG, EACCES, EAGAIN, EBADF, EDQUOT, EFAULT, EINTR, EINVAL, EMFILE, EMSGSIZE, ENOMEM, EPIPE, ETIMEDOUT],
                doc: "Answer a call, which never waits, and receive the next message. The reply to a call that ended meanwhile is destroyed, with its descriptors. After an error `call` is 0 if the reply has left.",
            }
            0x1010 fd_restrict(fd: Fd, rights: Flags) -> Int {
                state: live, authority: Descriptor, rights: [NONE], blocks: no,
                errors: [EBADF, EINVAL],
                doc: "The descriptor keeps those of its rights that are in `rights`; the result is what it has then. Rights never come back. A directory that loses one loses WALK_UP too: no path leads out of it. Unknown bits are EINVAL.",
            }
            0x1020 spawn(args: InSized(SpawnArgs, size), size: Len) -> Fd {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [E2BIG, EACCES, EAGAIN, EBADF, EDQUOT, EFAULT, EINVAL, ELOOP, EMFILE, ENAMETOOLONG, ENOENT, ENOEXEC, ENOMEM, ENOTDIR, EPERM, ESRCH],
                doc: "Start a program in a process of its own, with exactly the descriptors listed and a World that is the caller's or narrower. Returns a process descriptor.",
            }
            0x1030 budget_create(parent: Fd, args: InSized(BudgetCreate, size, opt), size: Len) -> Fd {
                state: live, authority: Own, rights: [CHANGE], blocks: no,
                errors: [E2BIG, EBADF, EDQUOT, EFAULT, EINVAL, EMFILE, ENOMEM, EPERM],
                doc: "Make a budget below another, or with -1 below the caller's. What is carved is the parent's. It lasts while a descriptor or a process has it. EDQUOT: or too many. EPERM: to carve the session's pages takes real-time and CAP_SYS_RESOURCE.",
            }
            0x1031 budget_limit(fd: Fd, args: InSized(BudgetLimit, size), size: Len) -> Zero {
                state: live, authority: Descriptor, rights: [CHANGE], blocks: no,
                errors: [E2BIG, EBADF, EBUSY, EDQUOT, EFAULT, EINVAL, EPERM],
                doc: "Change a limit. EBUSY: a carved limit would be below what is in use; EDQUOT: the parent has not got what it would take.",
            }
            0x1032 budget_usage(fd: Fd, usage: OutSized(BudgetUsage, size), size: Len) -> Size {
                state: live, authority: Own, rights: [STAT], blocks: no,
                errors: [EBADF, EFAULT, EINVAL],
                doc: "What is charged to a budget, or with -1 to the caller's own, and how much may be. Returns the bytes that were written, those of a shorter struct being what its older version has.",
            }
            0x1033 budget_watch(fd: Fd, args: InSized(BudgetWatch, size), size: Len) -> Zero {
                state: live, authority: Descriptor, rights: [READ], blocks: no,
                errors: [E2BIG, EBADF, EFAULT, EINVAL],
                doc: "Make the descriptor readable, for poll(2) and its like, while at least so much of a kind is charged.",
            }
            0x1034 budget_kill(fd: Fd) -> Zero {
                state: live, authority: Descriptor, rights: [CHANGE], blocks: no,
                errors: [EBADF, EINVAL],
                doc: "End all processes of a budget and of those below it with SIGKILL, also those that are being made.",
            }
            0x1035 budget_join(fd: Fd) -> Zero {
                state: live, authority: Descriptor, rights: [WRITE], blocks: no,
                errors: [EBADF, EDQUOT, EINVAL],
                doc: "Move the calling process to a budget. What it was charged for besides itself stays where it is.",
            }
            0x1040 svc_bind(dir: Fd, name: Path, args: InSized(SvcBind, size, opt), size: Len) -> Fd {
                state: live, authority: Descriptor, rights: [CHANGE], blocks: no,
                errors: [E2BIG, EACCES, EBADF, EDQUOT, EEXIST, EFAULT, EINVAL, EMFILE, ENAMETOOLONG, ENOMEM, ENOTDIR, EOPNOTSUPP],
                doc: "Make a name in a directory of services and return its listen queue. Once its last descriptor is closed, the name refuses connections until somebody binds it again.",
            }
            0x1041 svc_accept(queue: Fd, peer: OutSized(SvcPeer, size, opt), size: Len, flags: Flags) -> Fd {
                state: live, authority: Descriptor, rights: [READ], blocks: yes,
                errors: [E2BIG, EAGAIN, EBADF, EDQUOT, EFAULT, EINTR, EINVAL, EMFILE, ENOMEM],
                doc: "Take the next connection out of a listen queue: one budget after the other has its turn. Returns the service's end of the channel.",
            }
            0x1042 svc_connect(dir: Dirfd, path: Path, args: InSized(SvcConnect, size, opt), size: Len) -> Fd {
                state: live, authority: Namespace, rights: [WALK], blocks: yes,
                errors: [E2BIG, EACCES, EAGAIN, EBADF, ECONNREFUSED, EDQUOT, EFAULT, EINTR, EINVAL, ELOOP, EMFILE, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR, EOPNOTSUPP, ETIMEDOUT],
                doc: "Connect to a service by its name, as open(2) of the name does, with a deadline. Returns the client's end of the channel.",
            }
            0x1ff0 debug_mutate(number: Uint, mode: Int) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EINVAL],
                doc: "From the caller's next execve on, inherited by fork: call `number` answers ENOSYS (mode 1) or 0 without acting (mode 2); mode 0 clears.",
            }
            0x1ff1 debug_fail_alloc(nth: Uint) -> Count {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [],
                doc: "The nth kernel allocation for the calling thread (from 1, counted from its next call on) fails; 0 switches off. Returns how many were seen since the last such call.",
            }
        }
    };
}
