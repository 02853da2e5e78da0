//! The table of the Linux calls of riscv64 (`asm-generic` numbers, as of Linux 6.12): one row for each, in the order of their numbers.
//!
//! Everything that has to know a call is made from these rows: dispatch, stubs, names for the tracer, the documentation, the C header and
//! the tests that try every argument of every call. `table.rs` turns them into data ([`crate::LINUX_CALLS`]), `call.rs` says what the columns mean.
//! Numbers that are missing here (38 `renameat`, 244–257, 295–423) do not exist on riscv64.
//!
//! A row is always
//!
//! ```text
//! NUMBER NAME(ARG: KIND, …) -> RET {
//!     state: live|stub, authority: AUTHORITY, World(GRANT) or Partly(GRANT), rights: [RIGHT | RIGHT, …], blocks: yes|no,
//!     errors: [ERRNO, …],
//!     doc: "one line",
//! }
//! ```
//!
//! where `KIND` is a name ([`crate::ArgKind`]) with its parameters in parentheses: a type, the name of the argument that
//! counts, and `opt` last when NULL (or -1 for a descriptor) is allowed. `rights` has one element for each argument of kind `Fd` or `Dirfd`.

/// Calls `callback!` (a name or a path of a macro) once with all rows of the Linux table.
#[macro_export]
macro_rules! for_each_linux_call {
    ($($callback:tt)+) => {
        $($callback)+! {
            0 io_setup(nr_events: Uint, ctx: InOutStruct(u64)) -> Zero {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [EAGAIN, EFAULT, EINVAL, ENOMEM],
                doc: "io_setup(2): create an asynchronous I/O context",
            }
            1 io_destroy(ctx: Opaque) -> Zero {
                state: stub, authority: Own, rights: [], blocks: yes,
                errors: [EINVAL],
                doc: "io_destroy(2): destroy an asynchronous I/O context",
            }
            2 io_submit(ctx: Opaque, nr: Len, iocbpp: InArray(u64, nr)) -> Count {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [EAGAIN, EBADF, EFAULT, EINVAL],
                doc: "io_submit(2): queue asynchronous I/O blocks",
            }
            3 io_cancel(ctx: Opaque, iocb: InStruct([u8; 64]), result: OutStruct([u8; 32])) -> Zero {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [EAGAIN, EFAULT, EINVAL],
                doc: "io_cancel(2): cancel a queued I/O block",
            }
            4 io_getevents(ctx: Opaque, min_nr: Int, nr: Int, events: OutArray([u8; 32], nr), timeout: InStruct(Timespec, opt)) -> Count {
                state: stub, authority: Own, rights: [], blocks: yes,
                errors: [EFAULT, EINTR, EINVAL],
                doc: "io_getevents(2): read finished I/O events",
            }
            5 setxattr(path: Path, name: Path, value: InBytes(size, opt), size: Len, flags: Flags) -> Zero {
                state: live, authority: Namespace, rights: [], blocks: no,
                errors: [EACCES, EEXIST, EFAULT, ENODATA, ENOENT, ENOSPC, EOPNOTSUPP, EPERM, ERANGE],
                doc: "setxattr(2): set an extended attribute of a path",
            }
            6 lsetxattr(path: Path, name: Path, value: InBytes(size, opt), size: Len, flags: Flags) -> Zero {
                state: live, authority: Namespace, rights: [], blocks: no,
                errors: [EACCES, EEXIST, EFAULT, ENODATA, ENOENT, ENOSPC, EOPNOTSUPP, EPERM, ERANGE],
                doc: "lsetxattr(2): set an extended attribute, of a link itself",
            }
            7 fsetxattr(fd: Fd, name: Path, value: InBytes(size, opt), size: Len, flags: Flags) -> Zero {
                state: live, authority: Descriptor, rights: [CHANGE], blocks: no,
                errors: [EBADF, EEXIST, EFAULT, ENODATA, ENOSPC, EOPNOTSUPP, EPERM, ERANGE],
                doc: "fsetxattr(2): set an extended attribute of a descriptor",
            }
            8 getxattr(path: Path, name: Path, value: OutBytes(size, opt), size: Len) -> Size {
                state: live, authority: Namespace, rights: [], blocks: no,
                errors: [EACCES, EFAULT, ENODATA, ENOENT, EOPNOTSUPP, ERANGE],
                doc: "getxattr(2): read an extended attribute of a path",
            }
            9 lgetxattr(path: Path, name: Path, value: OutBytes(size, opt), size: Len) -> Size {
                state: live, authority: Namespace, rights: [], blocks: no,
                errors: [EACCES, EFAULT, ENODATA, ENOENT, EOPNOTSUPP, ERANGE],
                doc: "lgetxattr(2): read an extended attribute, of a link itself",
            }
            10 fgetxattr(fd: Fd, name: Path, value: OutBytes(size, opt), size: Len) -> Size {
                state: live, authority: Descriptor, rights: [STAT], blocks: no,
                errors: [EBADF, EFAULT, ENODATA, EOPNOTSUPP, ERANGE],
                doc: "fgetxattr(2): read an extended attribute of a descriptor",
            }
            11 listxattr(path: Path, list: OutBytes(size, opt), size: Len) -> Size {
                state: live, authority: Namespace, rights: [], blocks: no,
                errors: [EACCES, EFAULT, ENOENT, EOPNOTSUPP, ERANGE],
                doc: "listxattr(2): list the extended attributes of a path",
            }
            12 llistxattr(path: Path, list: OutBytes(size, opt), size: Len) -> Size {
                state: live, authority: Namespace, rights: [], blocks: no,
                errors: [EACCES, EFAULT, ENOENT, EOPNOTSUPP, ERANGE],
                doc: "llistxattr(2): list extended attributes, of a link itself",
            }
            13 flistxattr(fd: Fd, list: OutBytes(size, opt), size: Len) -> Size {
                state: live, authority: Descriptor, rights: [STAT], blocks: no,
                errors: [EBADF, EFAULT, EOPNOTSUPP, ERANGE],
                doc: "flistxattr(2): list the extended attributes of a descriptor",
            }
            14 removexattr(path: Path, name: Path) -> Zero {
                state: live, authority: Namespace, rights: [], blocks: no,
                errors: [EACCES, EFAULT, ENODATA, ENOENT, EOPNOTSUPP, EPERM],
                doc: "removexattr(2): remove an extended attribute of a path",
            }
            15 lremovexattr(path: Path, name: Path) -> Zero {
                state: live, authority: Namespace, rights: [], blocks: no,
                errors: [EACCES, EFAULT, ENODATA, ENOENT, EOPNOTSUPP, EPERM],
                doc: "lremovexattr(2): remove an extended attribute, of a link itself",
            }
            16 fremovexattr(fd: Fd, name: Path) -> Zero {
                state: live, authority: Descriptor, rights: [CHANGE], blocks: no,
                errors: [EBADF, EFAULT, ENODATA, EOPNOTSUPP, EPERM],
                doc: "fremovexattr(2): remove an extended attribute of a descriptor",
            }
            17 getcwd(buf: OutBytes(size), size: Len) -> Size {
                state: live, authority: Namespace, rights: [], blocks: no,
                errors: [EFAULT, ENAMETOOLONG, ENOENT, ENOMEM, ERANGE],
                doc: "getcwd(2): the current directory's path; the result counts the final NUL",
            }
            18 lookup_dcookie(cookie: Opaque, buf: OutBytes(len), len: Len) -> Size {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, ENAMETOOLONG, EPERM, ERANGE],
                doc: "lookup_dcookie(2): removed from Linux in 6.7, number kept",
            }
            19 eventfd2(initval: Uint, flags: Flags) -> Fd {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EINVAL, EMFILE, ENFILE, ENOMEM],
                doc: "eventfd2(2): make an event counter",
            }
            20 epoll_create1(flags: Flags) -> Fd {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EINVAL, EMFILE, ENFILE, ENOMEM],
                doc: "epoll_create1(2): make an epoll set",
            }
            21 epoll_ctl(epfd: Fd, op: Request, fd: Fd, event: InStruct(EpollEvent, opt)) -> Zero {
                state: live, authority: Descriptor, rights: [CHANGE, WAIT], blocks: no,
                errors: [EBADF, EEXIST, EFAULT, EINVAL, ELOOP, ENOENT, ENOMEM, ENOSPC, EPERM],
                doc: "epoll_ctl(2): add, change or remove an interest; event may be NULL for EPOLL_CTL_DEL only",
            }
            22 epoll_pwait(
                epfd: Fd, events: OutArray(EpollEvent, maxevents), maxevents: Int, timeout_ms: Int, sigmask: InStruct(SigSet, opt), sigsetsize: Len
            ) -> Count {
                state: live, authority: Descriptor, rights: [READ], blocks: yes,
                errors: [EBADF, EFAULT, EINTR, EINVAL],
                doc: "epoll_pwait(2): wait for events, milliseconds",
            }
            23 dup(oldfd: Fd) -> Fd {
                state: live, authority: Descriptor, rights: [DUP], blocks: no,
                errors: [EBADF, EMFILE, ENOMEM],
                doc: "dup(2): another slot for the same open description",
            }
            24 dup3(oldfd: Fd, newfd: Int, flags: Flags) -> Fd {
                state: live, authority: Descriptor, rights: [DUP], blocks: no,
                errors: [EBADF, EBUSY, EINVAL, EMFILE, ENOMEM],
                doc: "dup3(2): duplicate into a chosen slot, closing what was there",
            }
            25 fcntl(fd: Fd, cmd: Request, arg: Opaque) -> Int {
                state: live, authority: Descriptor, rights: [NONE], blocks: yes,
                errors: [EACCES, EAGAIN, EBADF, EBUSY, EDEADLK, EFAULT, EINTR, EINVAL, EMFILE, ENOLCK, EPERM],
                doc: "fcntl(2): commands on a descriptor; F_DUPFD needs DUP; F_SETLKW blocks",
            }
            26 inotify_init1(flags: Flags) -> Fd {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EINVAL, EMFILE, ENFILE, ENOMEM],
                doc: "inotify_init1(2): make a watch queue",
            }
            27 inotify_add_watch(fd: Fd, path: Path, mask: Flags) -> Int {
                state: live, authority: Namespace, rights: [CHANGE], blocks: no,
                errors: [EACCES, EBADF, EEXIST, EFAULT, EINVAL, ENAMETOOLONG, ENOENT, ENOMEM, ENOSPC, ENOTDIR],
                doc: "inotify_add_watch(2): watch a path",
            }
            28 inotify_rm_watch(fd: Fd, wd: Int) -> Zero {
                state: live, authority: Descriptor, rights: [CHANGE], blocks: no,
                errors: [EBADF, EINVAL],
                doc: "inotify_rm_watch(2): drop a watch",
            }
            29 ioctl(fd: Fd, request: Request, arg: Opaque) -> Int {
                state: live, authority: Descriptor, rights: [IOCTL], blocks: yes,
                errors: [EBADF, EFAULT, EINTR, EINVAL, EIO, ENOTTY, EPERM],
                doc: "ioctl(2): device request; what arg is depends on the request",
            }
            30 ioprio_set(which: Int, who: Int, ioprio: Int) -> Zero {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EINVAL, EPERM, ESRCH],
                doc: "ioprio_set(2): set the I/O priority",
            }
            31 ioprio_get(which: Int, who: Int) -> Int {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EINVAL, EPERM, ESRCH],
                doc: "ioprio_get(2): read the I/O priority",
            }
            32 flock(fd: Fd, operation: Int) -> Zero {
                state: live, authority: Descriptor, rights: [NONE], blocks: yes,
                errors: [EAGAIN, EBADF, EINTR, EINVAL, ENOLCK],
                doc: "flock(2): advisory lock on a whole file",
            }
            33 mknodat(dirfd: Dirfd, path: Path, mode: Mode, dev: Uint) -> Zero {
                state: live, authority: Namespace, rights: [WALK | CHANGE], blocks: no,
                errors: [EACCES, EBADF, EEXIST, EFAULT, EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOSPC, ENOTDIR, EPERM,
                    EROFS],
                doc: "mknodat(2): make a file, FIFO or device node",
            }
            34 mkdirat(dirfd: Dirfd, path: Path, mode: Mode) -> Zero {
                state: live, authority: Namespace, rights: [WALK | CHANGE], blocks: no,
                errors: [EACCES, EBADF, EEXIST, EFAULT, EINVAL, ELOOP, EMLINK, ENAMETOOLONG, ENOENT, ENOMEM, ENOSPC, ENOTDIR,
                    EPERM, EROFS],
                doc: "mkdirat(2): make a directory",
            }
            35 unlinkat(dirfd: Dirfd, path: Path, flags: Flags) -> Zero {
                state: live, authority: Namespace, rights: [WALK | CHANGE], blocks: no,
                errors: [EACCES, EBADF, EBUSY, EFAULT, EINVAL, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR, ENOTEMPTY,
                    EPERM, EROFS],
                doc: "unlinkat(2): remove a name, or a directory with AT_REMOVEDIR",
            }
            36 symlinkat(target: Path, newdirfd: Dirfd, linkpath: Path) -> Zero {
                state: live, authority: Namespace, rights: [WALK | CHANGE], blocks: no,
                errors: [EACCES, EBADF, EEXIST, EFAULT, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOSPC, ENOTDIR, EPERM, EROFS],
                doc: "symlinkat(2): make a symbolic link",
            }
            37 linkat(olddirfd: Dirfd, oldpath: Path, newdirfd: Dirfd, newpath: Path, flags: Flags) -> Zero {
                state: live, authority: Namespace, rights: [WALK, WALK | CHANGE], blocks: no,
                errors: [EACCES, EBADF, EEXIST, EFAULT, EINVAL, ELOOP, EMLINK, ENAMETOOLONG, ENOENT, ENOMEM, ENOSPC, ENOTDIR,
                    EPERM, EROFS, EXDEV],
                doc: "linkat(2): make another name for a file",
            }
            39 umount2(target: Path, flags: Flags) -> Zero {
                state: live, authority: World(Mount), rights: [], blocks: no,
                errors: [EACCES, EAGAIN, EBUSY, EFAULT, EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, EPERM],
                doc: "umount2(2): detach a mount",
            }
            40 mount(source: Path(opt), target: Path, fstype: Path(opt), flags: Flags, data: InPage(opt)) -> Zero {
                state: live, authority: World(Mount), rights: [], blocks: no,
                errors: [EACCES, EBUSY, EFAULT, EINVAL, ELOOP, ENAMETOOLONG, ENODEV, ENOENT, ENOMEM, ENOTBLK, ENOTDIR, EPERM],
                doc: "mount(2): attach a file system, bind or remount",
            }
            41 pivot_root(new_root: Path, put_old: Path) -> Zero {
                state: live, authority: World(Mount), rights: [], blocks: no,
                errors: [EBUSY, EFAULT, EINVAL, ENOENT, ENOTDIR, EPERM],
                doc: "pivot_root(2): change the root mount",
            }
            42 nfsservctl(cmd: Request, arg: Opaque, res: Opaque) -> Zero {
                state: stub, authority: World(Mount), rights: [], blocks: no,
                errors: [ENOSYS],
                doc: "nfsservctl(2): removed from Linux in 3.1, number kept",
            }
            43 statfs(path: Path, buf: OutStruct(Statfs)) -> Zero {
                state: live, authority: Namespace, rights: [], blocks: no,
                errors: [EACCES, EFAULT, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR],
                doc: "statfs(2): figures of the file system that holds a path",
            }
            44 fstatfs(fd: Fd, buf: OutStruct(Statfs)) -> Zero {
                state: live, authority: Descriptor, rights: [STAT], blocks: no,
                errors: [EBADF, EFAULT],
                doc: "fstatfs(2): figures of the file system of a descriptor",
            }
            45 truncate(path: Path, length: Offset) -> Zero {
                state: live, authority: Namespace, rights: [], blocks: no,
                errors: [EACCES, EFAULT, EFBIG, EINVAL, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR, EPERM, EROFS,
                    ETXTBSY],
                doc: "truncate(2): set a file's length by path",
            }
            46 ftruncate(fd: Fd, length: Offset) -> Zero {
                state: live, authority: Descriptor, rights: [WRITE], blocks: no,
                errors: [EBADF, EFBIG, EINVAL, ENOMEM, EPERM],
                doc: "ftruncate(2): set a file's length by descriptor",
            }
            47 fallocate(fd: Fd, mode: Flags, offset: Offset, len: Offset) -> Zero {
                state: live, authority: Descriptor, rights: [WRITE], blocks: no,
                errors: [EBADF, EFBIG, EINTR, EINVAL, ENODEV, ENOSPC, EOPNOTSUPP, EPERM, ESPIPE],
                doc: "fallocate(2): reserve or release a file's space",
            }
            48 faccessat(dirfd: Dirfd, path: Path, mode: Mode) -> Zero {
                state: live, authority: Namespace, rights: [WALK | STAT], blocks: no,
                errors: [EACCES, EBADF, EFAULT, EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR, EROFS],
                doc: "faccessat(2): may the real user do this",
            }
            49 chdir(path: Path) -> Zero {
                state: live, authority: Namespace, rights: [], blocks: no,
                errors: [EACCES, EFAULT, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR],
                doc: "chdir(2): change the current directory by path",
            }
            50 fchdir(fd: Fd) -> Zero {
                state: live, authority: Descriptor, rights: [WALK], blocks: no,
                errors: [EACCES, EBADF, ENOTDIR],
                doc: "fchdir(2): change the current directory by descriptor",
            }
            51 chroot(path: Path) -> Zero {
                state: live, authority: Namespace, rights: [], blocks: no,
                errors: [EACCES, EFAULT, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR, EPERM],
                doc: "chroot(2): change the root directory",
            }
            52 fchmod(fd: Fd, mode: Mode) -> Zero {
                state: live, authority: Descriptor, rights: [CHANGE], blocks: no,
                errors: [EBADF, EPERM, EROFS],
                doc: "fchmod(2): change permission bits by descriptor",
            }
            53 fchmodat(dirfd: Dirfd, path: Path, mode: Mode) -> Zero {
                state: live, authority: Namespace, rights: [WALK | CHANGE], blocks: no,
                errors: [EACCES, EBADF, EFAULT, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR, EPERM, EROFS],
                doc: "fchmodat(2): change permission bits by path",
            }
            54 fchownat(dirfd: Dirfd, path: Path, owner: Uid, group: Gid, flags: Flags) -> Zero {
                state: live, authority: Namespace, rights: [WALK | CHANGE], blocks: no,
                errors: [EACCES, EBADF, EFAULT, EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR, EPERM, EROFS],
                doc: "fchownat(2): change the owner by path",
            }
            55 fchown(fd: Fd, owner: Uid, group: Gid) -> Zero {
                state: live, authority: Descriptor, rights: [CHANGE], blocks: no,
                errors: [EBADF, EPERM, EROFS],
                doc: "fchown(2): change the owner by descriptor",
            }
            56 openat(dirfd: Dirfd, path: Path, flags: Flags, mode: Mode) -> Fd {
                state: live, authority: Namespace, rights: [WALK], blocks: yes,
                errors: [EACCES, EAGAIN, EBADF, EEXIST, EFAULT, EINTR, EINVAL, EISDIR, ELOOP, EMFILE, ENAMETOOLONG, ENFILE,
                    ENODEV, ENOENT, ENOMEM, ENOSPC, ENOTDIR, ENXIO, EPERM, EROFS, ETXTBSY],
                doc: "openat(2): open or create a file; O_CREAT needs CHANGE; blocks on a FIFO without its other end",
            }
            57 close(fd: Fd) -> Zero {
                state: live, authority: Descriptor, rights: [NONE], blocks: no,
                errors: [EBADF, EINTR, EIO],
                doc: "close(2): give up a slot",
            }
            58 vhangup() -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EPERM],
                doc: "vhangup(2): hang up the controlling terminal",
            }
            59 pipe2(pipefd: OutStruct([i32; 2]), flags: Flags) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, EMFILE, ENFILE, ENOMEM],
                doc: "pipe2(2): make a pipe; reading end first",
            }
            60 quotactl(cmd: Request, special: Path(opt), id: Int, addr: Opaque) -> Zero {
                state: stub, authority: World(Mount), rights: [], blocks: no,
                errors: [EACCES, EFAULT, EINVAL, ENOENT, ENOTBLK, EPERM, ESRCH],
                doc: "quotactl(2): disk quotas",
            }
            61 getdents64(fd: Fd, dirp: OutBytes(count), count: Len) -> Size {
                state: live, authority: Descriptor, rights: [READ], blocks: no,
                errors: [EBADF, EFAULT, EINVAL, ENOENT, ENOTDIR],
                doc: "getdents64(2): read directory entries",
            }
            62 lseek(fd: Fd, offset: Offset, whence: Int) -> Offset {
                state: live, authority: Descriptor, rights: [SEEK], blocks: no,
                errors: [EBADF, EINVAL, ENXIO, EOVERFLOW, ESPIPE],
                doc: "lseek(2): move the offset",
            }
            63 read(fd: Fd, buf: OutBytes(count), count: Len) -> Size {
                state: live, authority: Descriptor, rights: [READ], blocks: yes,
                errors: [EAGAIN, EBADF, EFAULT, EINTR, EINVAL, EIO, EISDIR],
                doc: "read(2): read at the offset",
            }
            64 write(fd: Fd, buf: InBytes(count), count: Len) -> Size {
                state: live, authority: Descriptor, rights: [WRITE], blocks: yes,
                errors: [EAGAIN, EBADF, EFAULT, EFBIG, EINTR, EINVAL, EIO, ENOSPC, EPERM, EPIPE],
                doc: "write(2): write at the offset",
            }
            65 readv(fd: Fd, iov: OutIovec(iovcnt), iovcnt: Len) -> Size {
                state: live, authority: Descriptor, rights: [READ], blocks: yes,
                errors: [EAGAIN, EBADF, EFAULT, EINTR, EINVAL, EIO, EISDIR, ENOMEM],
                doc: "readv(2): read into several buffers",
            }
            66 writev(fd: Fd, iov: InIovec(iovcnt), iovcnt: Len) -> Size {
                state: live, authority: Descriptor, rights: [WRITE], blocks: yes,
                errors: [EAGAIN, EBADF, EFAULT, EFBIG, EINTR, EINVAL, EIO, ENOMEM, ENOSPC, EPERM, EPIPE],
                doc: "writev(2): write from several buffers",
            }
            67 pread64(fd: Fd, buf: OutBytes(count), count: Len, offset: Offset) -> Size {
                state: live, authority: Descriptor, rights: [READ], blocks: yes,
                errors: [EAGAIN, EBADF, EFAULT, EINTR, EINVAL, EIO, EISDIR, ESPIPE],
                doc: "pread64(2): read at a given offset",
            }
            68 pwrite64(fd: Fd, buf: InBytes(count), count: Len, offset: Offset) -> Size {
                state: live, authority: Descriptor, rights: [WRITE], blocks: yes,
                errors: [EAGAIN, EBADF, EFAULT, EFBIG, EINTR, EINVAL, EIO, ENOSPC, EPERM, ESPIPE],
                doc: "pwrite64(2): write at a given offset",
            }
            69 preadv(fd: Fd, iov: OutIovec(iovcnt), iovcnt: Len, pos_low: Offset, pos_high: Opaque) -> Size {
                state: live, authority: Descriptor, rights: [READ], blocks: yes,
                errors: [EAGAIN, EBADF, EFAULT, EINTR, EINVAL, EIO, EISDIR, ENOMEM, ESPIPE],
                doc: "preadv(2): read into several buffers at an offset; pos_high means nothing on 64 bits",
            }
            70 pwritev(fd: Fd, iov: InIovec(iovcnt), iovcnt: Len, pos_low: Offset, pos_high: Opaque) -> Size {
                state: live, authority: Descriptor, rights: [WRITE], blocks: yes,
                errors: [EAGAIN, EBADF, EFAULT, EFBIG, EINTR, EINVAL, EIO, ENOMEM, ENOSPC, EPERM, ESPIPE],
                doc: "pwritev(2): write from several buffers at an offset; pos_high means nothing on 64 bits",
            }
            71 sendfile(out_fd: Fd, in_fd: Fd, offset: InOutStruct(i64, opt), count: Len) -> Size {
                state: live, authority: Descriptor, rights: [WRITE, READ], blocks: yes,
                errors: [EAGAIN, EBADF, EFAULT, EINTR, EINVAL, EIO, ENOMEM, EOVERFLOW, EPIPE, ESPIPE],
                doc: "sendfile(2): copy from a file to a descriptor",
            }
            72 pselect6(
                nfds: Int, readfds: BitSet(nfds, opt), writefds: BitSet(nfds, opt), exceptfds: BitSet(nfds, opt), timeout: InOutStruct(Timespec, opt), sig: InStruct(SigmaskArg, opt)
            ) -> Count {
                state: live, authority: Own, rights: [], blocks: yes,
                errors: [EBADF, EFAULT, EINTR, EINVAL, ENOMEM],
                doc: "pselect6(2): wait for events on sets of descriptors",
            }
            73 ppoll(
                fds: InOutArray(Pollfd, nfds), nfds: Uint, timeout: InOutStruct(Timespec, opt), sigmask: InStruct(SigSet, opt), sigsetsize: Len
            ) -> Count {
                state: live, authority: Own, rights: [], blocks: yes,
                errors: [EFAULT, EINTR, EINVAL, ENOMEM],
                doc: "ppoll(2): wait for events on descriptors",
            }
            74 signalfd4(fd: Fd(opt), mask: InStruct(SigSet), sizemask: Len, flags: Flags) -> Fd {
                state: live, authority: Descriptor, rights: [CHANGE], blocks: no,
                errors: [EBADF, EFAULT, EINVAL, EMFILE, ENFILE, ENOMEM],
                doc: "signalfd4(2): receive signals by reading",
            }
            75 vmsplice(fd: Fd, iov: InIovec(nr_segs), nr_segs: Len, flags: Flags) -> Size {
                state: live, authority: Descriptor, rights: [WRITE], blocks: yes,
                errors: [EAGAIN, EBADF, EFAULT, EINVAL, ENOMEM],
                doc: "vmsplice(2): splice user pages into a pipe",
            }
            76 splice(fd_in: Fd, off_in: InOutStruct(i64, opt), fd_out: Fd, off_out: InOutStruct(i64, opt), len: Len, flags: Flags) -> Size {
                state: live, authority: Descriptor, rights: [READ, WRITE], blocks: yes,
                errors: [EAGAIN, EBADF, EFAULT, EINTR, EINVAL, ENOMEM, ESPIPE],
                doc: "splice(2): move data between a pipe and a descriptor",
            }
            77 tee(fd_in: Fd, fd_out: Fd, len: Len, flags: Flags) -> Size {
                state: live, authority: Descriptor, rights: [READ, WRITE], blocks: yes,
                errors: [EAGAIN, EBADF, EINTR, EINVAL, ENOMEM],
                doc: "tee(2): duplicate the contents of a pipe",
            }
            78 readlinkat(dirfd: Dirfd, path: Path, buf: OutBytes(bufsiz), bufsiz: Len) -> Size {
                state: live, authority: Namespace, rights: [WALK | STAT], blocks: no,
                errors: [EACCES, EBADF, EFAULT, EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR],
                doc: "readlinkat(2): read a symbolic link; no NUL is added",
            }
            79 newfstatat(dirfd: Dirfd, path: Path, statbuf: OutStruct(Stat), flags: Flags) -> Zero {
                state: live, authority: Namespace, rights: [WALK | STAT], blocks: no,
                errors: [EACCES, EBADF, EFAULT, EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR, EOVERFLOW],
                doc: "newfstatat(2): status of a path; with AT_EMPTY_PATH of dirfd, which needs STAT",
            }
            80 fstat(fd: Fd, statbuf: OutStruct(Stat)) -> Zero {
                state: live, authority: Descriptor, rights: [STAT], blocks: no,
                errors: [EBADF, EFAULT, EOVERFLOW],
                doc: "fstat(2): status of a descriptor",
            }
            81 sync() -> Zero {
                state: live, authority: Namespace, rights: [], blocks: yes,
                errors: [],
                doc: "sync(2): write all file systems back",
            }
            82 fsync(fd: Fd) -> Zero {
                state: live, authority: Descriptor, rights: [NONE], blocks: yes,
                errors: [EBADF, EINTR, EINVAL, EIO],
                doc: "fsync(2): write a file back",
            }
            83 fdatasync(fd: Fd) -> Zero {
                state: live, authority: Descriptor, rights: [NONE], blocks: yes,
                errors: [EBADF, EINTR, EINVAL, EIO],
                doc: "fdatasync(2): write a file's data back",
            }
            84 sync_file_range(fd: Fd, offset: Offset, nbytes: Offset, flags: Flags) -> Zero {
                state: live, authority: Descriptor, rights: [NONE], blocks: yes,
                errors: [EBADF, EINVAL, EIO, ENOMEM, ENOSPC, ESPIPE],
                doc: "sync_file_range(2): write a part of a file back",
            }
            85 timerfd_create(clockid: Clock, flags: Flags) -> Fd {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EINVAL, EMFILE, ENFILE, ENOMEM, EPERM],
                doc: "timerfd_create(2): make a timer that is read",
            }
            86 timerfd_settime(fd: Fd, flags: Flags, new_value: InStruct(Itimerspec), old_value: OutStruct(Itimerspec, opt)) -> Zero {
                state: live, authority: Descriptor, rights: [WRITE], blocks: no,
                errors: [EBADF, ECANCELED, EFAULT, EINVAL],
                doc: "timerfd_settime(2): arm or disarm",
            }
            87 timerfd_gettime(fd: Fd, curr_value: OutStruct(Itimerspec)) -> Zero {
                state: live, authority: Descriptor, rights: [READ], blocks: no,
                errors: [EBADF, EFAULT, EINVAL],
                doc: "timerfd_gettime(2): time left",
            }
            88 utimensat(dirfd: Dirfd, path: Path(opt), times: InStruct([Timespec; 2], opt), flags: Flags) -> Zero {
                state: live, authority: Namespace, rights: [WALK | CHANGE], blocks: no,
                errors: [EACCES, EBADF, EFAULT, EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR, EPERM, EROFS],
                doc: "utimensat(2): set times; a NULL path means dirfd itself",
            }
            89 acct(filename: Path(opt)) -> Zero {
                state: stub, authority: World(Debug), rights: [], blocks: no,
                errors: [EACCES, EFAULT, EIO, EISDIR, ENOENT, EPERM],
                doc: "acct(2): process accounting",
            }
            90 capget(header: InOutStruct(CapUserHeader), data: OutStruct([CapUserData; 2], opt)) -> Zero {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, ESRCH],
                doc: "capget(2): read capability sets; version 3 has two elements",
            }
            91 capset(header: InOutStruct(CapUserHeader), data: InStruct([CapUserData; 2])) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, EPERM],
                doc: "capset(2): set the caller's capability sets",
            }
            92 personality(persona: Uint) -> Int {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EINVAL],
                doc: "personality(2): set or (0xffffffff) read the execution domain",
            }
            93 exit(status: Int) -> Never {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [],
                doc: "exit(2): end the calling thread",
            }
            94 exit_group(status: Int) -> Never {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [],
                doc: "exit_group(2): end all threads of the process",
            }
            95 waitid(idtype: Int, id: Pid, infop: OutStruct(Siginfo, opt), options: Flags, rusage: OutStruct(Rusage, opt)) -> Zero {
                state: live, authority: Scope, rights: [], blocks: yes,
                errors: [EAGAIN, EBADF, ECHILD, EFAULT, EINTR, EINVAL],
                doc: "waitid(2): wait for a child's change of state; a pidfd needs WAIT",
            }
            96 set_tid_address(tidptr: Addr) -> Pid {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [],
                doc: "set_tid_address(2): the address cleared and woken when the thread ends",
            }
            97 unshare(flags: Flags) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EINVAL, ENOMEM, ENOSPC, EPERM, EUSERS],
                doc: "unshare(2): stop sharing parts of the context",
            }
            98 futex(uaddr: Futex, op: Request, val: Uint, timeout: InStruct(Timespec, opt), uaddr2: Futex(opt), val3: Uint) -> Int {
                state: live, authority: Own, rights: [], blocks: yes,
                errors: [EACCES, EAGAIN, EDEADLK, EFAULT, EINTR, EINVAL, ENOMEM, ENOSYS, EPERM, ESRCH, ETIMEDOUT],
                doc: "futex(2): wait and wake on a word; for requeue and wake-op the fourth argument is a number",
            }
            99 set_robust_list(head: Addr, len: Len) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EINVAL],
                doc: "set_robust_list(2): register the robust futex list, read when the thread ends",
            }
            100 get_robust_list(pid: Pid, head: OutStruct(u64), len: OutStruct(u64)) -> Zero {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EFAULT, EPERM, ESRCH],
                doc: "get_robust_list(2): read a thread's robust list head",
            }
            101 nanosleep(req: InStruct(Timespec), rem: OutStruct(Timespec, opt)) -> Zero {
                state: live, authority: Own, rights: [], blocks: yes,
                errors: [EFAULT, EINTR, EINVAL],
                doc: "nanosleep(2): sleep; rem is written only on EINTR",
            }
            102 getitimer(which: Int, curr_value: OutStruct(Itimerval)) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL],
                doc: "getitimer(2): time left of an interval timer",
            }
            103 setitimer(which: Int, new_value: InStruct(Itimerval, opt), old_value: OutStruct(Itimerval, opt)) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL],
                doc: "setitimer(2): set an interval timer",
            }
            104 kexec_load(entry: Addr, nr_segments: Len, segments: InArray([u64; 4], nr_segments), flags: Flags) -> Zero {
                state: stub, authority: World(Power), rights: [], blocks: no,
                errors: [EADDRNOTAVAIL, EBUSY, EFAULT, EINVAL, ENOMEM, EPERM],
                doc: "kexec_load(2): load another kernel",
            }
            105 init_module(image: InBytes(len), len: Len, params: Path) -> Zero {
                state: stub, authority: World(Debug), rights: [], blocks: no,
                errors: [EEXIST, EFAULT, EINVAL, ENOEXEC, ENOMEM, EPERM],
                doc: "init_module(2): load a kernel module",
            }
            106 delete_module(name: Path, flags: Flags) -> Zero {
                state: stub, authority: World(Debug), rights: [], blocks: no,
                errors: [EAGAIN, EBUSY, EFAULT, ENOENT, EPERM],
                doc: "delete_module(2): unload a kernel module",
            }
            107 timer_create(clockid: Clock, sevp: InStruct(Sigevent, opt), timerid: OutStruct(i32)) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EAGAIN, EFAULT, EINVAL, ENOMEM, EOPNOTSUPP, EPERM],
                doc: "timer_create(2): make a POSIX timer",
            }
            108 timer_gettime(timerid: Int, curr_value: OutStruct(Itimerspec)) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL],
                doc: "timer_gettime(2): time left of a POSIX timer",
            }
            109 timer_getoverrun(timerid: Int) -> Int {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EINVAL],
                doc: "timer_getoverrun(2): expirations missed since the last signal",
            }
            110 timer_settime(timerid: Int, flags: Flags, new_value: InStruct(Itimerspec), old_value: OutStruct(Itimerspec, opt)) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL],
                doc: "timer_settime(2): arm or disarm a POSIX timer",
            }
            111 timer_delete(timerid: Int) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EINVAL],
                doc: "timer_delete(2): remove a POSIX timer",
            }
            112 clock_settime(clockid: Clock, tp: InStruct(Timespec)) -> Zero {
                state: live, authority: World(SetTime), rights: [], blocks: no,
                errors: [EFAULT, EINVAL, EPERM],
                doc: "clock_settime(2): set the real-time clock",
            }
            113 clock_gettime(clockid: Clock, tp: OutStruct(Timespec)) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL],
                doc: "clock_gettime(2): read a clock",
            }
            114 clock_getres(clockid: Clock, res: OutStruct(Timespec, opt)) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL],
                doc: "clock_getres(2): a clock's resolution",
            }
            115 clock_nanosleep(clockid: Clock, flags: Flags, req: InStruct(Timespec), rem: OutStruct(Timespec, opt)) -> Zero {
                state: live, authority: Own, rights: [], blocks: yes,
                errors: [EFAULT, EINTR, EINVAL, EOPNOTSUPP],
                doc: "clock_nanosleep(2): sleep on a clock; rem is written only on EINTR of a relative sleep",
            }
            116 syslog(kind: Int, buf: OutBytes(len, opt), len: Int) -> Int {
                state: live, authority: World(KernelLog), rights: [], blocks: yes,
                errors: [EFAULT, EINTR, EINVAL, EPERM],
                doc: "syslog(2): read and control the kernel log",
            }
            117 ptrace(request: Request, pid: Pid, addr: Opaque, data: Opaque) -> Int {
                state: stub, authority: World(Debug), rights: [], blocks: no,
                errors: [EBUSY, EFAULT, EINVAL, EIO, EPERM, ESRCH],
                doc: "ptrace(2): trace a process",
            }
            118 sched_setparam(pid: Pid, param: InStruct(SchedParam)) -> Zero {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, EPERM, ESRCH],
                doc: "sched_setparam(2): set the static priority; a real-time one needs the grant RealTime",
            }
            119 sched_setscheduler(pid: Pid, policy: Int, param: InStruct(SchedParam)) -> Zero {
                state: live, authority: Partly(RealTime), rights: [], blocks: no,
                errors: [EFAULT, EINVAL, EPERM, ESRCH],
                doc: "sched_setscheduler(2): set policy and priority; only real-time policies need the grant; pid within the scope",
            }
            120 sched_getscheduler(pid: Pid) -> Int {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EINVAL, ESRCH],
                doc: "sched_getscheduler(2): a thread's policy",
            }
            121 sched_getparam(pid: Pid, param: OutStruct(SchedParam)) -> Zero {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, ESRCH],
                doc: "sched_getparam(2): a thread's static priority",
            }
            122 sched_setaffinity(pid: Pid, len: Len, mask: InBytes(len)) -> Zero {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, ENOMEM, EPERM, ESRCH],
                doc: "sched_setaffinity(2): harts that a thread may use; missing bytes count as zero",
            }
            123 sched_getaffinity(pid: Pid, len: Len, mask: OutBytes(len)) -> Size {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, ENOMEM, ESRCH],
                doc: "sched_getaffinity(2): harts that a thread may use; the result is the size of the kernel's mask",
            }
            124 sched_yield() -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [],
                doc: "sched_yield(2): let others run",
            }
            125 sched_get_priority_max(policy: Int) -> Int {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EINVAL],
                doc: "sched_get_priority_max(2): the greatest static priority",
            }
            126 sched_get_priority_min(policy: Int) -> Int {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EINVAL],
                doc: "sched_get_priority_min(2): the least static priority",
            }
            127 sched_rr_get_interval(pid: Pid, interval: OutStruct(Timespec)) -> Zero {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, ESRCH],
                doc: "sched_rr_get_interval(2): the round-robin slice",
            }
            128 restart_syscall() -> Int {
                state: live, authority: Own, rights: [], blocks: yes,
                errors: [EINTR],
                doc: "restart_syscall(2): continue a sleep that a stop interrupted; made by the kernel only",
            }
            129 kill(pid: Pid, sig: Signal) -> Zero {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EINVAL, EPERM, ESRCH],
                doc: "kill(2): signal a process, a group or all",
            }
            130 tkill(tid: Pid, sig: Signal) -> Zero {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EAGAIN, EINVAL, EPERM, ESRCH],
                doc: "tkill(2): signal a thread",
            }
            131 tgkill(tgid: Pid, tid: Pid, sig: Signal) -> Zero {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EAGAIN, EINVAL, EPERM, ESRCH],
                doc: "tgkill(2): signal a thread of a given process",
            }
            132 sigaltstack(ss: InStruct(StackT, opt), old_ss: OutStruct(StackT, opt)) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, ENOMEM, EPERM],
                doc: "sigaltstack(2): set or read the signal stack",
            }
            133 rt_sigsuspend(mask: InStruct(SigSet), sigsetsize: Len) -> Zero {
                state: live, authority: Own, rights: [], blocks: yes,
                errors: [EFAULT, EINTR, EINVAL],
                doc: "rt_sigsuspend(2): wait for a signal with a mask; always ends in EINTR",
            }
            134 rt_sigaction(signum: Signal, act: InStruct(Sigaction, opt), oldact: OutStruct(Sigaction, opt), sigsetsize: Len) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL],
                doc: "rt_sigaction(2): set or read a signal's action",
            }
            135 rt_sigprocmask(how: Int, set: InStruct(SigSet, opt), oldset: OutStruct(SigSet, opt), sigsetsize: Len) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL],
                doc: "rt_sigprocmask(2): set or read the signal mask",
            }
            136 rt_sigpending(set: OutBytes(sigsetsize), sigsetsize: Len) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL],
                doc: "rt_sigpending(2): the pending signals; sizes below 8 are allowed",
            }
            137 rt_sigtimedwait(set: InStruct(SigSet), info: OutStruct(Siginfo, opt), timeout: InStruct(Timespec, opt), sigsetsize: Len) -> Int {
                state: live, authority: Own, rights: [], blocks: yes,
                errors: [EAGAIN, EFAULT, EINTR, EINVAL],
                doc: "rt_sigtimedwait(2): take a pending signal, waiting for it",
            }
            138 rt_sigqueueinfo(tgid: Pid, sig: Signal, info: InStruct(Siginfo)) -> Zero {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EAGAIN, EFAULT, EINVAL, EPERM, ESRCH],
                doc: "rt_sigqueueinfo(2): signal a process, with data",
            }
            139 rt_sigreturn() -> Int {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [],
                doc: "rt_sigreturn(2): return from a signal handler; a0 is the one saved in the frame",
            }
            140 setpriority(which: Int, who: Int, prio: Int) -> Zero {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EACCES, EINVAL, EPERM, ESRCH],
                doc: "setpriority(2): set the nice value",
            }
            141 getpriority(which: Int, who: Int) -> Int {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EINVAL, ESRCH],
                doc: "getpriority(2): the highest priority, as 20 - nice",
            }
            142 reboot(magic: Uint, magic2: Uint, op: Uint, arg: Path(opt)) -> Zero {
                state: live, authority: World(Power), rights: [], blocks: no,
                errors: [EFAULT, EINVAL, EPERM],
                doc: "reboot(2): power off, restart or halt; arg is read for RESTART2 only",
            }
            143 setregid(rgid: Gid, egid: Gid) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EAGAIN, EINVAL, ENOMEM, EPERM],
                doc: "setregid(2): set real and effective group",
            }
            144 setgid(gid: Gid) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EAGAIN, EINVAL, ENOMEM, EPERM],
                doc: "setgid(2): set the group",
            }
            145 setreuid(ruid: Uid, euid: Uid) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EAGAIN, EINVAL, ENOMEM, EPERM],
                doc: "setreuid(2): set real and effective user",
            }
            146 setuid(uid: Uid) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EAGAIN, EINVAL, ENOMEM, EPERM],
                doc: "setuid(2): set the user",
            }
            147 setresuid(ruid: Uid, euid: Uid, suid: Uid) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EAGAIN, EINVAL, ENOMEM, EPERM],
                doc: "setresuid(2): set real, effective and saved user",
            }
            148 getresuid(ruid: OutStruct(u32), euid: OutStruct(u32), suid: OutStruct(u32)) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT],
                doc: "getresuid(2): real, effective and saved user",
            }
            149 setresgid(rgid: Gid, egid: Gid, sgid: Gid) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EAGAIN, EINVAL, ENOMEM, EPERM],
                doc: "setresgid(2): set real, effective and saved group",
            }
            150 getresgid(rgid: OutStruct(u32), egid: OutStruct(u32), sgid: OutStruct(u32)) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT],
                doc: "getresgid(2): real, effective and saved group",
            }
            151 setfsuid(uid: Uid) -> Int {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [],
                doc: "setfsuid(2): set the user of file checks; the result is the earlier one",
            }
            152 setfsgid(gid: Gid) -> Int {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [],
                doc: "setfsgid(2): set the group of file checks; the result is the earlier one",
            }
            153 times(buf: OutStruct(Tms, opt)) -> Int {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT],
                doc: "times(2): processor times in ticks of 10 ms",
            }
            154 setpgid(pid: Pid, pgid: Pid) -> Zero {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EACCES, EINVAL, EPERM, ESRCH],
                doc: "setpgid(2): set a process group",
            }
            155 getpgid(pid: Pid) -> Pid {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [ESRCH],
                doc: "getpgid(2): a process's group",
            }
            156 getsid(pid: Pid) -> Pid {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [ESRCH],
                doc: "getsid(2): a process's session",
            }
            157 setsid() -> Pid {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EPERM],
                doc: "setsid(2): start a session",
            }
            158 getgroups(size: Int, list: OutArray(u32, size, opt)) -> Count {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL],
                doc: "getgroups(2): supplementary groups; size 0 asks for their number",
            }
            159 setgroups(size: Int, list: InArray(u32, size, opt)) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, ENOMEM, EPERM],
                doc: "setgroups(2): set the supplementary groups",
            }
            160 uname(buf: OutStruct(Utsname)) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT],
                doc: "uname(2): names of system, host and machine",
            }
            161 sethostname(name: InBytes(len), len: Int) -> Zero {
                state: live, authority: Uts, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, EPERM],
                doc: "sethostname(2): set the host name, 64 bytes at most",
            }
            162 setdomainname(name: InBytes(len), len: Int) -> Zero {
                state: live, authority: Uts, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, EPERM],
                doc: "setdomainname(2): set the NIS domain name, 64 bytes at most",
            }
            163 getrlimit(resource: Int, rlim: OutStruct(Rlimit64)) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL],
                doc: "getrlimit(2): a resource limit",
            }
            164 setrlimit(resource: Int, rlim: InStruct(Rlimit64)) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, EPERM],
                doc: "setrlimit(2): set a resource limit",
            }
            165 getrusage(who: Int, usage: OutStruct(Rusage)) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL],
                doc: "getrusage(2): resources used",
            }
            166 umask(mask: Mode) -> Int {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [],
                doc: "umask(2): set the creation mask; the result is the earlier one",
            }
            167 prctl(option: Request, arg2: Opaque, arg3: Opaque, arg4: Opaque, arg5: Opaque) -> Int {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EACCES, EBADF, EFAULT, EINVAL, EPERM],
                doc: "prctl(2): operations on the process; what the arguments are depends on the option",
            }
            168 getcpu(cpu: OutStruct(u32, opt), node: OutStruct(u32, opt), cache: Addr) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT],
                doc: "getcpu(2): the hart that runs the caller; cache is unused",
            }
            169 gettimeofday(tv: OutStruct(Timeval, opt), tz: OutStruct(Timezone, opt)) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT],
                doc: "gettimeofday(2): the time of day",
            }
            170 settimeofday(tv: InStruct(Timeval, opt), tz: InStruct(Timezone, opt)) -> Zero {
                state: live, authority: World(SetTime), rights: [], blocks: no,
                errors: [EFAULT, EINVAL, EPERM],
                doc: "settimeofday(2): set the time of day",
            }
            171 adjtimex(buf: InOutStruct(Timex)) -> Int {
                state: live, authority: Partly(SetTime), rights: [], blocks: no,
                errors: [EFAULT, EINVAL, EOPNOTSUPP, EPERM],
                doc: "adjtimex(2): tune the clock; only changes need the grant",
            }
            172 getpid() -> Pid {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [],
                doc: "getpid(2): the caller's process id",
            }
            173 getppid() -> Pid {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [],
                doc: "getppid(2): the parent's process id, 0 outside the scope",
            }
            174 getuid() -> Int {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [],
                doc: "getuid(2): the real user",
            }
            175 geteuid() -> Int {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [],
                doc: "geteuid(2): the effective user",
            }
            176 getgid() -> Int {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [],
                doc: "getgid(2): the real group",
            }
            177 getegid() -> Int {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [],
                doc: "getegid(2): the effective group",
            }
            178 gettid() -> Pid {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [],
                doc: "gettid(2): the caller's thread id",
            }
            179 sysinfo(info: OutStruct(Sysinfo)) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT],
                doc: "sysinfo(2): memory, load and uptime",
            }
            180 mq_open(name: Path, oflag: Flags, mode: Mode, attr: InStruct(MqAttr, opt)) -> Fd {
                state: stub, authority: Ipc, rights: [], blocks: no,
                errors: [EACCES, EEXIST, EFAULT, EINVAL, EMFILE, ENAMETOOLONG, ENFILE, ENOENT, ENOMEM, ENOSPC],
                doc: "mq_open(3): open a POSIX message queue",
            }
            181 mq_unlink(name: Path) -> Zero {
                state: stub, authority: Ipc, rights: [], blocks: no,
                errors: [EACCES, EFAULT, ENAMETOOLONG, ENOENT],
                doc: "mq_unlink(3): remove a POSIX message queue",
            }
            182 mq_timedsend(mqdes: Fd, msg: InBytes(len), len: Len, prio: Uint, timeout: InStruct(Timespec, opt)) -> Zero {
                state: stub, authority: Descriptor, rights: [WRITE], blocks: yes,
                errors: [EAGAIN, EBADF, EFAULT, EINTR, EINVAL, EMSGSIZE, ETIMEDOUT],
                doc: "mq_timedsend(3): send to a POSIX message queue",
            }
            183 mq_timedreceive(mqdes: Fd, msg: OutBytes(len), len: Len, prio: OutStruct(u32, opt), timeout: InStruct(Timespec, opt)) -> Size {
                state: stub, authority: Descriptor, rights: [READ], blocks: yes,
                errors: [EAGAIN, EBADF, EFAULT, EINTR, EINVAL, EMSGSIZE, ETIMEDOUT],
                doc: "mq_timedreceive(3): receive from a POSIX message queue",
            }
            184 mq_notify(mqdes: Fd, sevp: InStruct(Sigevent, opt)) -> Zero {
                state: stub, authority: Descriptor, rights: [READ], blocks: no,
                errors: [EBADF, EBUSY, EFAULT, EINVAL, ENOMEM],
                doc: "mq_notify(3): ask to be told of a message",
            }
            185 mq_getsetattr(mqdes: Fd, new: InStruct(MqAttr, opt), old: OutStruct(MqAttr, opt)) -> Zero {
                state: stub, authority: Descriptor, rights: [CHANGE], blocks: no,
                errors: [EBADF, EFAULT, EINVAL],
                doc: "mq_getsetattr(2): read and set a queue's attributes",
            }
            186 msgget(key: Int, msgflg: Flags) -> Int {
                state: stub, authority: Ipc, rights: [], blocks: no,
                errors: [EACCES, EEXIST, ENOENT, ENOMEM, ENOSPC],
                doc: "msgget(2): a System V message queue",
            }
            187 msgctl(msqid: Int, cmd: Request, buf: Opaque) -> Int {
                state: stub, authority: Ipc, rights: [], blocks: no,
                errors: [EACCES, EFAULT, EIDRM, EINVAL, EPERM],
                doc: "msgctl(2): control a System V message queue",
            }
            188 msgrcv(msqid: Int, msgp: OutBytes(msgsz), msgsz: Len, msgtyp: Int, msgflg: Flags) -> Size {
                state: stub, authority: Ipc, rights: [], blocks: yes,
                errors: [E2BIG, EACCES, EFAULT, EIDRM, EINTR, EINVAL, ENOMSG],
                doc: "msgrcv(2): receive a System V message; 8 bytes of type precede the text",
            }
            189 msgsnd(msqid: Int, msgp: InBytes(msgsz), msgsz: Len, msgflg: Flags) -> Zero {
                state: stub, authority: Ipc, rights: [], blocks: yes,
                errors: [EACCES, EAGAIN, EFAULT, EIDRM, EINTR, EINVAL, ENOMEM],
                doc: "msgsnd(2): send a System V message; 8 bytes of type precede the text",
            }
            190 semget(key: Int, nsems: Int, semflg: Flags) -> Int {
                state: stub, authority: Ipc, rights: [], blocks: no,
                errors: [EACCES, EEXIST, EINVAL, ENOENT, ENOMEM, ENOSPC],
                doc: "semget(2): a System V semaphore set",
            }
            191 semctl(semid: Int, semnum: Int, cmd: Request, arg: Opaque) -> Int {
                state: stub, authority: Ipc, rights: [], blocks: no,
                errors: [EACCES, EFAULT, EIDRM, EINVAL, EPERM, ERANGE],
                doc: "semctl(2): control a System V semaphore set",
            }
            192 semtimedop(semid: Int, sops: InArray([u16; 3], nsops), nsops: Len, timeout: InStruct(Timespec, opt)) -> Zero {
                state: stub, authority: Ipc, rights: [], blocks: yes,
                errors: [E2BIG, EACCES, EAGAIN, EFAULT, EFBIG, EIDRM, EINTR, EINVAL, ENOMEM, ERANGE],
                doc: "semtimedop(2): semaphore operations with a timeout",
            }
            193 semop(semid: Int, sops: InArray([u16; 3], nsops), nsops: Len) -> Zero {
                state: stub, authority: Ipc, rights: [], blocks: yes,
                errors: [E2BIG, EACCES, EAGAIN, EFAULT, EFBIG, EIDRM, EINTR, EINVAL, ENOMEM, ERANGE],
                doc: "semop(2): semaphore operations",
            }
            194 shmget(key: Int, size: Len, shmflg: Flags) -> Int {
                state: stub, authority: Ipc, rights: [], blocks: no,
                errors: [EACCES, EEXIST, EINVAL, ENFILE, ENOENT, ENOMEM, ENOSPC, EPERM],
                doc: "shmget(2): a System V shared memory segment",
            }
            195 shmctl(shmid: Int, cmd: Request, buf: Opaque) -> Int {
                state: stub, authority: Ipc, rights: [], blocks: no,
                errors: [EACCES, EFAULT, EIDRM, EINVAL, ENOMEM, EPERM],
                doc: "shmctl(2): control a shared memory segment",
            }
            196 shmat(shmid: Int, addr: Addr, shmflg: Flags) -> Addr {
                state: stub, authority: Ipc, rights: [], blocks: no,
                errors: [EACCES, EIDRM, EINVAL, ENOMEM],
                doc: "shmat(2): map a shared memory segment",
            }
            197 shmdt(addr: Addr) -> Zero {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [EINVAL],
                doc: "shmdt(2): unmap a shared memory segment",
            }
            198 socket(domain: Int, kind: Int, protocol: Int) -> Fd {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EACCES, EAFNOSUPPORT, EINVAL, EMFILE, ENETDOWN, ENFILE, ENOMEM, EPROTONOSUPPORT],
                doc: "socket(2): make a socket",
            }
            199 socketpair(domain: Int, kind: Int, protocol: Int, sv: OutStruct([i32; 2])) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EAFNOSUPPORT, EFAULT, EMFILE, ENFILE, EOPNOTSUPP, EPROTONOSUPPORT],
                doc: "socketpair(2): make two connected sockets",
            }
            200 bind(sockfd: Fd, addr: InBytes(addrlen), addrlen: Len) -> Zero {
                state: live, authority: Descriptor, rights: [MANAGE], blocks: no,
                errors: [EACCES, EADDRINUSE, EADDRNOTAVAIL, EBADF, EFAULT, EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR,
                    ENOTSOCK, EROFS],
                doc: "bind(2): name a socket",
            }
            201 listen(sockfd: Fd, backlog: Int) -> Zero {
                state: live, authority: Descriptor, rights: [MANAGE], blocks: no,
                errors: [EADDRINUSE, EBADF, ENOTSOCK, EOPNOTSUPP],
                doc: "listen(2): take connections",
            }
            202 accept(sockfd: Fd, addr: OutBytes(addrlen, opt), addrlen: InOutStruct(u32, opt)) -> Fd {
                state: live, authority: Descriptor, rights: [READ], blocks: yes,
                errors: [EAGAIN, EBADF, ECONNABORTED, EFAULT, EINTR, EINVAL, EMFILE, ENFILE, ENOMEM, ENOTSOCK, EOPNOTSUPP],
                doc: "accept(2): take a connection",
            }
            203 connect(sockfd: Fd, addr: InBytes(addrlen), addrlen: Len) -> Zero {
                state: live, authority: Descriptor, rights: [MANAGE], blocks: yes,
                errors: [EACCES, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EAGAIN, EALREADY, EBADF, ECONNREFUSED, EFAULT,
                    EINPROGRESS, EINTR, EISCONN, ENETUNREACH, ENOTSOCK, EPERM, EPROTOTYPE, ETIMEDOUT],
                doc: "connect(2): connect a socket",
            }
            204 getsockname(sockfd: Fd, addr: OutBytes(addrlen), addrlen: InOutStruct(u32)) -> Zero {
                state: live, authority: Descriptor, rights: [STAT], blocks: no,
                errors: [EBADF, EFAULT, EINVAL, ENOBUFS, ENOTSOCK],
                doc: "getsockname(2): a socket's own name",
            }
            205 getpeername(sockfd: Fd, addr: OutBytes(addrlen), addrlen: InOutStruct(u32)) -> Zero {
                state: live, authority: Descriptor, rights: [STAT], blocks: no,
                errors: [EBADF, EFAULT, EINVAL, ENOBUFS, ENOTCONN, ENOTSOCK],
                doc: "getpeername(2): the peer's name",
            }
            206 sendto(sockfd: Fd, buf: InBytes(len), len: Len, flags: Flags, dest_addr: InBytes(addrlen, opt), addrlen: Len) -> Size {
                state: live, authority: Descriptor, rights: [WRITE], blocks: yes,
                errors: [EACCES, EAGAIN, EBADF, ECONNRESET, EDESTADDRREQ, EFAULT, EINTR, EINVAL, EISCONN, EMSGSIZE, ENOBUFS,
                    ENOMEM, ENOTCONN, ENOTSOCK, EOPNOTSUPP, EPIPE],
                doc: "sendto(2): send a message",
            }
            207 recvfrom(
                sockfd: Fd, buf: OutBytes(len), len: Len, flags: Flags, src_addr: OutBytes(addrlen, opt), addrlen: InOutStruct(u32, opt)
            ) -> Size {
                state: live, authority: Descriptor, rights: [READ], blocks: yes,
                errors: [EAGAIN, EBADF, ECONNREFUSED, EFAULT, EINTR, EINVAL, ENOMEM, ENOTCONN, ENOTSOCK],
                doc: "recvfrom(2): receive a message",
            }
            208 setsockopt(sockfd: Fd, level: Int, optname: Int, optval: InBytes(optlen), optlen: Len) -> Zero {
                state: live, authority: Descriptor, rights: [CHANGE], blocks: no,
                errors: [EBADF, EFAULT, EINVAL, ENOPROTOOPT, ENOTSOCK],
                doc: "setsockopt(2): set a socket option",
            }
            209 getsockopt(sockfd: Fd, level: Int, optname: Int, optval: OutBytes(optlen), optlen: InOutStruct(u32)) -> Zero {
                state: live, authority: Descriptor, rights: [STAT], blocks: no,
                errors: [EBADF, EFAULT, EINVAL, ENOPROTOOPT, ENOTSOCK],
                doc: "getsockopt(2): read a socket option",
            }
            210 shutdown(sockfd: Fd, how: Int) -> Zero {
                state: live, authority: Descriptor, rights: [MANAGE], blocks: no,
                errors: [EBADF, EINVAL, ENOTCONN, ENOTSOCK],
                doc: "shutdown(2): close one or both directions",
            }
            211 sendmsg(sockfd: Fd, msg: InStruct(Msghdr), flags: Flags) -> Size {
                state: live, authority: Descriptor, rights: [WRITE], blocks: yes,
                errors: [EACCES, EAGAIN, EBADF, ECONNRESET, EDESTADDRREQ, EFAULT, EINTR, EINVAL, EISCONN, EMSGSIZE, ENOBUFS,
                    ENOMEM, ENOTCONN, ENOTSOCK, EOPNOTSUPP, EPIPE, ETOOMANYREFS],
                doc: "sendmsg(2): send a message with descriptors; each sent needs DUP and TRANSFER",
            }
            212 recvmsg(sockfd: Fd, msg: InOutStruct(Msghdr), flags: Flags) -> Size {
                state: live, authority: Descriptor, rights: [READ], blocks: yes,
                errors: [EAGAIN, EBADF, ECONNREFUSED, EFAULT, EINTR, EINVAL, EMSGSIZE, ENOMEM, ENOTCONN, ENOTSOCK],
                doc: "recvmsg(2): receive a message with descriptors",
            }
            213 readahead(fd: Fd, offset: Offset, count: Len) -> Zero {
                state: live, authority: Descriptor, rights: [READ], blocks: no,
                errors: [EBADF, EINVAL],
                doc: "readahead(2): fill the page cache",
            }
            214 brk(addr: Addr) -> Addr {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [],
                doc: "brk(2): move the program break; the result is the break after the call, also on failure",
            }
            215 munmap(addr: Addr, length: Len) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EINVAL, ENOMEM],
                doc: "munmap(2): remove mappings",
            }
            216 mremap(old_addr: Addr, old_size: Len, new_size: Len, flags: Flags, new_addr: Addr) -> Addr {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EAGAIN, EFAULT, EINVAL, ENOMEM],
                doc: "mremap(2): grow, shrink or move a mapping",
            }
            217 add_key(kind: Path, description: Path, payload: InBytes(plen, opt), plen: Len, keyring: Int) -> Int {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [EACCES, EDQUOT, EFAULT, EINVAL, ENOMEM, EPERM],
                doc: "add_key(2): add a key",
            }
            218 request_key(kind: Path, description: Path, callout: Path(opt), keyring: Int) -> Int {
                state: stub, authority: Own, rights: [], blocks: yes,
                errors: [EACCES, EDQUOT, EFAULT, EINTR, EINVAL, ENOKEY, ENOMEM, EPERM],
                doc: "request_key(2): ask for a key",
            }
            219 keyctl(operation: Request, arg2: Opaque, arg3: Opaque, arg4: Opaque, arg5: Opaque) -> Int {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [EACCES, EDQUOT, EFAULT, EINVAL, ENOKEY, ENOMEM, EOPNOTSUPP, EPERM],
                doc: "keyctl(2): key operations",
            }
            220 clone(flags: Flags, newsp: Addr, parent_tid: OutStruct(i32, opt), tls: Addr, child_tid: Addr) -> Pid {
                state: live, authority: Own, rights: [], blocks: yes,
                errors: [EAGAIN, EFAULT, EINVAL, ENOMEM, EPERM],
                doc: "clone(2): make a process or thread; CLONE_VFORK blocks; parent_tid is written with CLONE_PARENT_SETTID only, and a failure of that write is ignored",
            }
            221 execve(path: Path, argv: StrArray(opt), envp: StrArray(opt)) -> Zero {
                state: live, authority: Namespace, rights: [], blocks: no,
                errors: [E2BIG, EACCES, EAGAIN, EFAULT, EINVAL, EIO, EISDIR, ELIBBAD, ELOOP, EMFILE, ENAMETOOLONG, ENOENT,
                    ENOEXEC, ENOMEM, ENOTDIR, EPERM, ETXTBSY],
                doc: "execve(2): run a program",
            }
            222 mmap(addr: Addr, length: Len, prot: Flags, flags: Flags, fd: Fd(opt), offset: Offset) -> Addr {
                state: live, authority: Own, rights: [MAP], blocks: no,
                errors: [EACCES, EAGAIN, EBADF, EEXIST, EINVAL, ENFILE, ENODEV, ENOMEM, EOVERFLOW, EPERM],
                doc: "mmap(2): map memory or a file; a shared writable map needs WRITE, an executable one EXEC",
            }
            223 fadvise64(fd: Fd, offset: Offset, len: Offset, advice: Int) -> Zero {
                state: live, authority: Descriptor, rights: [NONE], blocks: no,
                errors: [EBADF, EINVAL, ESPIPE],
                doc: "fadvise64(2): announce how a file will be read",
            }
            224 swapon(path: Path, swapflags: Flags) -> Zero {
                state: stub, authority: World(Mount), rights: [], blocks: no,
                errors: [EBUSY, EFAULT, EINVAL, ENFILE, ENOENT, ENOMEM, EPERM],
                doc: "swapon(2): start swapping",
            }
            225 swapoff(path: Path) -> Zero {
                state: stub, authority: World(Mount), rights: [], blocks: no,
                errors: [EFAULT, EINVAL, ENOENT, ENOMEM, EPERM],
                doc: "swapoff(2): stop swapping",
            }
            226 mprotect(addr: Addr, len: Len, prot: Flags) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EACCES, EINVAL, ENOMEM],
                doc: "mprotect(2): change protection, never beyond the descriptor's rights",
            }
            227 msync(addr: Addr, length: Len, flags: Flags) -> Zero {
                state: live, authority: Own, rights: [], blocks: yes,
                errors: [EBUSY, EINVAL, EIO, ENOMEM],
                doc: "msync(2): write a shared mapping back",
            }
            228 mlock(addr: Addr, len: Len) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EAGAIN, EINVAL, ENOMEM, EPERM],
                doc: "mlock(2): keep a range in memory",
            }
            229 munlock(addr: Addr, len: Len) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EAGAIN, EINVAL, ENOMEM, EPERM],
                doc: "munlock(2): no longer keep a range in memory",
            }
            230 mlockall(flags: Flags) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EINVAL, ENOMEM, EPERM],
                doc: "mlockall(2): keep everything in memory",
            }
            231 munlockall() -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EPERM],
                doc: "munlockall(2): no longer keep everything in memory",
            }
            232 mincore(addr: Addr, length: Len, vec: PageVec(length)) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EAGAIN, EFAULT, EINVAL, ENOMEM],
                doc: "mincore(2): which pages are in memory, one byte each",
            }
            233 madvise(addr: Addr, length: Len, advice: Int) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EACCES, EAGAIN, EBADF, EINVAL, EIO, ENOMEM, EPERM],
                doc: "madvise(2): announce how memory will be used",
            }
            234 remap_file_pages(addr: Addr, size: Len, prot: Flags, pgoff: Len, flags: Flags) -> Zero {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [EINVAL],
                doc: "remap_file_pages(2): deprecated non-linear mapping",
            }
            235 mbind(addr: Addr, len: Len, mode: Int, nodemask: BitSet(maxnode, opt), maxnode: Uint, flags: Flags) -> Zero {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, EIO, ENOMEM, EPERM],
                doc: "mbind(2): NUMA policy of a range",
            }
            236 get_mempolicy(mode: OutStruct(i32, opt), nodemask: BitSet(maxnode, opt), maxnode: Uint, addr: Addr, flags: Flags) -> Zero {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL],
                doc: "get_mempolicy(2): read the NUMA policy",
            }
            237 set_mempolicy(mode: Int, nodemask: BitSet(maxnode, opt), maxnode: Uint) -> Zero {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, ENOMEM],
                doc: "set_mempolicy(2): set the NUMA policy",
            }
            238 migrate_pages(pid: Pid, maxnode: Uint, old_nodes: BitSet(maxnode), new_nodes: BitSet(maxnode)) -> Count {
                state: stub, authority: Scope, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, EPERM, ESRCH],
                doc: "migrate_pages(2): move a process's pages between nodes",
            }
            239 move_pages(
                pid: Pid, count: Len, pages: InArray(u64, count), nodes: InArray(i32, count, opt), status: OutArray(i32, count), flags: Flags
            ) -> Count {
                state: stub, authority: Scope, rights: [], blocks: no,
                errors: [E2BIG, EACCES, EFAULT, EINVAL, ENODEV, ENOENT, EPERM, ESRCH],
                doc: "move_pages(2): move pages between nodes",
            }
            240 rt_tgsigqueueinfo(tgid: Pid, tid: Pid, sig: Signal, info: InStruct(Siginfo)) -> Zero {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EAGAIN, EFAULT, EINVAL, EPERM, ESRCH],
                doc: "rt_tgsigqueueinfo(2): signal a thread, with data",
            }
            241 perf_event_open(attr: InStruct([u8; 64]), pid: Pid, cpu: Int, group_fd: Fd(opt), flags: Flags) -> Fd {
                state: stub, authority: World(Debug), rights: [NONE], blocks: no,
                errors: [E2BIG, EACCES, EBADF, EFAULT, EINVAL, EMFILE, ENODEV, ENOENT, ENOSPC, EOPNOTSUPP, EPERM, ESRCH],
                doc: "perf_event_open(2): performance counters",
            }
            242 accept4(sockfd: Fd, addr: OutBytes(addrlen, opt), addrlen: InOutStruct(u32, opt), flags: Flags) -> Fd {
                state: live, authority: Descriptor, rights: [READ], blocks: yes,
                errors: [EAGAIN, EBADF, ECONNABORTED, EFAULT, EINTR, EINVAL, EMFILE, ENFILE, ENOMEM, ENOTSOCK, EOPNOTSUPP],
                doc: "accept4(2): take a connection, with flags",
            }
            243 recvmmsg(sockfd: Fd, msgvec: InOutArray(Mmsghdr, vlen), vlen: Uint, flags: Flags, timeout: InOutStruct(Timespec, opt)) -> Count {
                state: live, authority: Descriptor, rights: [READ], blocks: yes,
                errors: [EAGAIN, EBADF, ECONNREFUSED, EFAULT, EINTR, EINVAL, ENOMEM, ENOTCONN, ENOTSOCK],
                doc: "recvmmsg(2): receive several messages",
            }
            258 riscv_hwprobe(
                pairs: InOutArray(HwprobePair, pair_count), pair_count: Len, cpusetsize: Len, cpus: InBytes(cpusetsize, opt), flags: Flags
            ) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL],
                doc: "riscv_hwprobe: what the harts can do (kernel documentation, arch/riscv/hwprobe)",
            }
            259 riscv_flush_icache(start: Addr, end: Addr, flags: Flags) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EINVAL],
                doc: "riscv_flush_icache(2): make written code visible to instruction fetch on all harts",
            }
            260 wait4(pid: Pid, wstatus: OutStruct(i32, opt), options: Flags, rusage: OutStruct(Rusage, opt)) -> Pid {
                state: live, authority: Scope, rights: [], blocks: yes,
                errors: [ECHILD, EFAULT, EINTR, EINVAL, ESRCH],
                doc: "wait4(2): wait for a child",
            }
            261 prlimit64(pid: Pid, resource: Int, new_limit: InStruct(Rlimit64, opt), old_limit: OutStruct(Rlimit64, opt)) -> Zero {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, EPERM, ESRCH],
                doc: "prlimit64(2): set and read a process's limit",
            }
            262 fanotify_init(flags: Flags, event_f_flags: Flags) -> Fd {
                state: stub, authority: World(Mount), rights: [], blocks: no,
                errors: [EINVAL, EMFILE, ENOMEM, EPERM],
                doc: "fanotify_init(2): make a file system watch group",
            }
            263 fanotify_mark(fanotify_fd: Fd, flags: Flags, mask: Opaque, dirfd: Dirfd, path: Path(opt)) -> Zero {
                state: stub, authority: Namespace, rights: [CHANGE, WALK], blocks: no,
                errors: [EBADF, EFAULT, EINVAL, ENODEV, ENOENT, ENOMEM, ENOSPC, ENOTDIR, EPERM, EXDEV],
                doc: "fanotify_mark(2): watch objects",
            }
            264 name_to_handle_at(dirfd: Dirfd, path: Path, handle: InOutStruct([u8; 8]), mount_id: OutStruct(i32), flags: Flags) -> Zero {
                state: stub, authority: Namespace, rights: [WALK], blocks: no,
                errors: [EBADF, EFAULT, EINVAL, ELOOP, ENOENT, ENOTDIR, EOPNOTSUPP, EOVERFLOW],
                doc: "name_to_handle_at(2): a file handle for a path",
            }
            265 open_by_handle_at(mount_fd: Dirfd, handle: InStruct([u8; 8]), flags: Flags) -> Fd {
                state: stub, authority: World(Mount), rights: [WALK], blocks: no,
                errors: [EBADF, EFAULT, EINVAL, ELOOP, EMFILE, EPERM, ESTALE],
                doc: "open_by_handle_at(2): open a file handle",
            }
            266 clock_adjtime(clockid: Clock, buf: InOutStruct(Timex)) -> Int {
                state: live, authority: Partly(SetTime), rights: [], blocks: no,
                errors: [EFAULT, EINVAL, EOPNOTSUPP, EPERM],
                doc: "clock_adjtime(2): tune a clock; only changes need the grant",
            }
            267 syncfs(fd: Fd) -> Zero {
                state: live, authority: Descriptor, rights: [NONE], blocks: yes,
                errors: [EBADF, EIO],
                doc: "syncfs(2): write the file system of a descriptor back",
            }
            268 setns(fd: Fd, nstype: Flags) -> Zero {
                state: live, authority: Descriptor, rights: [MANAGE], blocks: no,
                errors: [EBADF, EINVAL, ENOMEM, EPERM, ESRCH],
                doc: "setns(2): enter a namespace",
            }
            269 sendmmsg(sockfd: Fd, msgvec: InOutArray(Mmsghdr, vlen), vlen: Uint, flags: Flags) -> Count {
                state: live, authority: Descriptor, rights: [WRITE], blocks: yes,
                errors: [EACCES, EAGAIN, EBADF, ECONNRESET, EDESTADDRREQ, EFAULT, EINTR, EINVAL, EMSGSIZE, ENOBUFS, ENOMEM,
                    ENOTCONN, ENOTSOCK, EPIPE, ETOOMANYREFS],
                doc: "sendmmsg(2): send several messages",
            }
            270 process_vm_readv(
                pid: Pid, local_iov: OutIovec(liovcnt), liovcnt: Len, remote_iov: InArray(Iovec, riovcnt), riovcnt: Len, flags: Flags
            ) -> Size {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, ENOMEM, EPERM, ESRCH],
                doc: "process_vm_readv(2): read another process's memory",
            }
            271 process_vm_writev(
                pid: Pid, local_iov: InIovec(liovcnt), liovcnt: Len, remote_iov: InArray(Iovec, riovcnt), riovcnt: Len, flags: Flags
            ) -> Size {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, ENOMEM, EPERM, ESRCH],
                doc: "process_vm_writev(2): write another process's memory",
            }
            272 kcmp(pid1: Pid, pid2: Pid, kind: Int, idx1: Opaque, idx2: Opaque) -> Int {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EBADF, EFAULT, EINVAL, EPERM, ESRCH],
                doc: "kcmp(2): do two processes share an object",
            }
            273 finit_module(fd: Fd, params: Path, flags: Flags) -> Zero {
                state: stub, authority: World(Debug), rights: [READ], blocks: no,
                errors: [EBADF, EEXIST, EFAULT, EINVAL, ENOEXEC, ENOMEM, EPERM],
                doc: "finit_module(2): load a kernel module from a descriptor",
            }
            274 sched_setattr(pid: Pid, attr: InOutStruct(SchedAttr), flags: Flags) -> Zero {
                state: live, authority: Partly(RealTime), rights: [], blocks: no,
                errors: [E2BIG, EFAULT, EINVAL, EPERM, ESRCH],
                doc: "sched_setattr(2): set policy and attributes; the struct holds its size, 48 at least or 0; only real-time policies need the grant",
            }
            275 sched_getattr(pid: Pid, attr: OutSized(SchedAttr, size), size: Len, flags: Flags) -> Zero {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, ESRCH],
                doc: "sched_getattr(2): a thread's policy and attributes; size at least 48",
            }
            276 renameat2(olddirfd: Dirfd, oldpath: Path, newdirfd: Dirfd, newpath: Path, flags: Flags) -> Zero {
                state: live, authority: Namespace, rights: [WALK | CHANGE, WALK | CHANGE], blocks: no,
                errors: [EACCES, EBADF, EBUSY, EEXIST, EFAULT, EINVAL, EISDIR, ELOOP, EMLINK, ENAMETOOLONG, ENOENT, ENOMEM,
                    ENOSPC, ENOTDIR, ENOTEMPTY, EPERM, EROFS, EXDEV],
                doc: "renameat2(2): rename, or exchange two names; riscv64 has no renameat",
            }
            277 seccomp(operation: Request, flags: Flags, args: Opaque) -> Int {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [EACCES, EBUSY, EFAULT, EINVAL, ENOMEM, EOPNOTSUPP, ESRCH],
                doc: "seccomp(2): filter the caller's own calls",
            }
            278 getrandom(buf: OutBytes(buflen), buflen: Len, flags: Flags) -> Size {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EAGAIN, EFAULT, EINTR, EINVAL],
                doc: "getrandom(2): random bytes; the pool is seeded before process 1 starts, so it never waits",
            }
            279 memfd_create(name: Path, flags: Flags) -> Fd {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, EMFILE, ENFILE, ENOMEM, EPERM],
                doc: "memfd_create(2): make an anonymous file; the name has 249 bytes at most",
            }
            280 bpf(cmd: Request, attr: InOutStruct([u8; 16]), size: Len) -> Int {
                state: stub, authority: World(Debug), rights: [], blocks: no,
                errors: [E2BIG, EACCES, EBADF, EFAULT, EINVAL, ENOENT, ENOMEM, EPERM],
                doc: "bpf(2): extended Berkeley packet filters",
            }
            281 execveat(dirfd: Dirfd, path: Path, argv: StrArray(opt), envp: StrArray(opt), flags: Flags) -> Zero {
                state: live, authority: Namespace, rights: [WALK | EXEC], blocks: no,
                errors: [E2BIG, EACCES, EAGAIN, EBADF, EFAULT, EINVAL, EIO, EISDIR, ELIBBAD, ELOOP, EMFILE, ENAMETOOLONG, ENOENT,
                    ENOEXEC, ENOMEM, ENOTDIR, EPERM, ETXTBSY],
                doc: "execveat(2): run a program relative to a directory; AT_EMPTY_PATH needs EXEC on dirfd",
            }
            282 userfaultfd(flags: Flags) -> Fd {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [EINVAL, EMFILE, ENFILE, ENOMEM, EPERM],
                doc: "userfaultfd(2): handle page faults in user mode",
            }
            283 membarrier(cmd: Request, flags: Flags, cpu_id: Int) -> Int {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EINVAL, EPERM],
                doc: "membarrier(2): order memory accesses on the harts that run this process",
            }
            284 mlock2(addr: Addr, len: Len, flags: Flags) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EAGAIN, EINVAL, ENOMEM, EPERM],
                doc: "mlock2(2): keep a range in memory, perhaps once touched",
            }
            285 copy_file_range(
                fd_in: Fd, off_in: InOutStruct(i64, opt), fd_out: Fd, off_out: InOutStruct(i64, opt), len: Len, flags: Flags
            ) -> Size {
                state: live, authority: Descriptor, rights: [READ, WRITE], blocks: yes,
                errors: [EBADF, EFAULT, EFBIG, EINVAL, EIO, EISDIR, ENOMEM, ENOSPC, EOPNOTSUPP, EOVERFLOW, EPERM, ETXTBSY, EXDEV],
                doc: "copy_file_range(2): copy between two files",
            }
            286 preadv2(fd: Fd, iov: OutIovec(iovcnt), iovcnt: Len, pos_low: Offset, pos_high: Opaque, flags: Flags) -> Size {
                state: live, authority: Descriptor, rights: [READ], blocks: yes,
                errors: [EAGAIN, EBADF, EFAULT, EINTR, EINVAL, EIO, EISDIR, ENOMEM, EOPNOTSUPP, ESPIPE],
                doc: "preadv2(2): preadv with flags",
            }
            287 pwritev2(fd: Fd, iov: InIovec(iovcnt), iovcnt: Len, pos_low: Offset, pos_high: Opaque, flags: Flags) -> Size {
                state: live, authority: Descriptor, rights: [WRITE], blocks: yes,
                errors: [EAGAIN, EBADF, EFAULT, EFBIG, EINTR, EINVAL, EIO, ENOMEM, ENOSPC, EOPNOTSUPP, EPERM, ESPIPE],
                doc: "pwritev2(2): pwritev with flags",
            }
            288 pkey_mprotect(addr: Addr, len: Len, prot: Flags, pkey: Int) -> Zero {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [EACCES, EINVAL, ENOMEM],
                doc: "pkey_mprotect(2): change protection with a key",
            }
            289 pkey_alloc(flags: Flags, access_rights: Flags) -> Int {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [EINVAL, ENOSPC],
                doc: "pkey_alloc(2): take a protection key",
            }
            290 pkey_free(pkey: Int) -> Zero {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [EINVAL],
                doc: "pkey_free(2): return a protection key",
            }
            291 statx(dirfd: Dirfd, path: Path(opt), flags: Flags, mask: Flags, buf: OutStruct(Statx)) -> Zero {
                state: live, authority: Namespace, rights: [WALK | STAT], blocks: no,
                errors: [EACCES, EBADF, EFAULT, EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR],
                doc: "statx(2): extended status; with AT_EMPTY_PATH of dirfd, which needs STAT, and then (from 6.11) a NULL path is allowed",
            }
            292 io_pgetevents(
                ctx: Opaque, min_nr: Int, nr: Int, events: OutArray([u8; 32], nr), timeout: InStruct(Timespec, opt), sig: InStruct(SigmaskArg, opt)
            ) -> Count {
                state: stub, authority: Own, rights: [], blocks: yes,
                errors: [EFAULT, EINTR, EINVAL],
                doc: "io_pgetevents: io_getevents with a signal mask",
            }
            293 rseq(rseq: Addr, rseq_len: Len, flags: Flags, sig: Uint) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EBUSY, EFAULT, EINVAL, EPERM],
                doc: "rseq(2): register restartable sequences; the area (RseqAbi) is written on each return to user mode, where a bad one is SIGSEGV",
            }
            294 kexec_file_load(kernel_fd: Fd, initrd_fd: Fd, cmdline_len: Len, cmdline: InBytes(cmdline_len), flags: Flags) -> Zero {
                state: stub, authority: World(Power), rights: [READ, READ], blocks: no,
                errors: [EBADF, EBUSY, EFAULT, EINVAL, ENOEXEC, ENOMEM, EPERM],
                doc: "kexec_file_load(2): load another kernel from descriptors",
            }
            424 pidfd_send_signal(pidfd: Fd, sig: Signal, info: InStruct(Siginfo, opt), flags: Flags) -> Zero {
                state: live, authority: Descriptor, rights: [SIGNAL], blocks: no,
                errors: [EBADF, EFAULT, EINVAL, EPERM, ESRCH],
                doc: "pidfd_send_signal(2): signal a process by descriptor",
            }
            425 io_uring_setup(entries: Uint, params: InOutStruct([u8; 120])) -> Fd {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL, EMFILE, ENFILE, ENOMEM, EPERM],
                doc: "io_uring_setup(2): make submission and completion rings",
            }
            426 io_uring_enter(fd: Fd, to_submit: Uint, min_complete: Uint, flags: Flags, arg: InBytes(argsz, opt), argsz: Len) -> Count {
                state: stub, authority: Descriptor, rights: [WRITE], blocks: yes,
                errors: [EAGAIN, EBADF, EBADFD, EBADR, EBUSY, EFAULT, EINTR, EINVAL, ENXIO, EOPNOTSUPP],
                doc: "io_uring_enter(2): submit and wait",
            }
            427 io_uring_register(fd: Fd, opcode: Request, arg: Opaque, nr_args: Uint) -> Int {
                state: stub, authority: Descriptor, rights: [MANAGE], blocks: no,
                errors: [EACCES, EBADF, EBADFD, EBUSY, EFAULT, EINVAL, EMFILE, ENOMEM, ENXIO, EOPNOTSUPP],
                doc: "io_uring_register(2): register buffers and files",
            }
            428 open_tree(dirfd: Dirfd, path: Path, flags: Flags) -> Fd {
                state: stub, authority: Namespace, rights: [WALK], blocks: no,
                errors: [EACCES, EBADF, EFAULT, EINVAL, ELOOP, EMFILE, ENOENT, ENOMEM, ENOTDIR, EPERM],
                doc: "open_tree(2): a descriptor for a mount or a copy of it",
            }
            429 move_mount(from_dirfd: Dirfd, from_path: Path, to_dirfd: Dirfd, to_path: Path, flags: Flags) -> Zero {
                state: stub, authority: World(Mount), rights: [WALK, WALK], blocks: no,
                errors: [EACCES, EBADF, EFAULT, EINVAL, ELOOP, ENOENT, ENOMEM, ENOTDIR, EPERM],
                doc: "move_mount(2): attach or move a mount",
            }
            430 fsopen(fsname: Path, flags: Flags) -> Fd {
                state: stub, authority: World(Mount), rights: [], blocks: no,
                errors: [EFAULT, EINVAL, EMFILE, ENFILE, ENODEV, ENOMEM, EPERM],
                doc: "fsopen(2): start configuring a file system",
            }
            431 fsconfig(fd: Fd, cmd: Request, key: Path(opt), value: Opaque, aux: Int) -> Zero {
                state: stub, authority: World(Mount), rights: [MANAGE], blocks: no,
                errors: [EACCES, EBADF, EBUSY, EFAULT, EINVAL, ENOMEM, EOPNOTSUPP, EPERM],
                doc: "fsconfig(2): configure a file system",
            }
            432 fsmount(fd: Fd, flags: Flags, attr_flags: Flags) -> Fd {
                state: stub, authority: World(Mount), rights: [MANAGE], blocks: no,
                errors: [EBADF, EBUSY, EINVAL, EMFILE, ENFILE, ENOMEM, EPERM],
                doc: "fsmount(2): make a mount of a configured file system",
            }
            433 fspick(dirfd: Dirfd, path: Path, flags: Flags) -> Fd {
                state: stub, authority: World(Mount), rights: [WALK], blocks: no,
                errors: [EBADF, EFAULT, EINVAL, EMFILE, ENFILE, ENOENT, ENOMEM, ENOTDIR, EPERM],
                doc: "fspick(2): reconfigure a mounted file system",
            }
            434 pidfd_open(pid: Pid, flags: Flags) -> Fd {
                state: live, authority: Scope, rights: [], blocks: no,
                errors: [EINVAL, EMFILE, ENFILE, ENODEV, ENOMEM, ESRCH],
                doc: "pidfd_open(2): a descriptor for a process",
            }
            435 clone3(args: InSized(CloneArgs, size), size: Len) -> Pid {
                state: live, authority: Own, rights: [], blocks: yes,
                errors: [E2BIG, EAGAIN, EEXIST, EFAULT, EINVAL, ENOMEM, EPERM],
                doc: "clone3(2): make a process or thread; CLONE_VFORK blocks",
            }
            436 close_range(first: Uint, last: Uint, flags: Flags) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EINVAL, EMFILE, ENOMEM],
                doc: "close_range(2): close many slots, or set CLOEXEC on them",
            }
            437 openat2(dirfd: Dirfd, path: Path, how: InSized(OpenHow, size), size: Len) -> Fd {
                state: live, authority: Namespace, rights: [WALK], blocks: yes,
                errors: [E2BIG, EACCES, EAGAIN, EBADF, EEXIST, EFAULT, EINTR, EINVAL, EISDIR, ELOOP, EMFILE, ENAMETOOLONG, ENFILE,
                    ENODEV, ENOENT, ENOMEM, ENOSPC, ENOTDIR, ENXIO, EPERM, EROFS, ETXTBSY, EXDEV],
                doc: "openat2(2): open with limits on the walk",
            }
            438 pidfd_getfd(pidfd: Fd, targetfd: Int, flags: Flags) -> Fd {
                state: live, authority: Descriptor, rights: [MANAGE], blocks: no,
                errors: [EBADF, EINVAL, EMFILE, ENFILE, EPERM, ESRCH],
                doc: "pidfd_getfd(2): copy another process's descriptor",
            }
            439 faccessat2(dirfd: Dirfd, path: Path, mode: Mode, flags: Flags) -> Zero {
                state: live, authority: Namespace, rights: [WALK | STAT], blocks: no,
                errors: [EACCES, EBADF, EFAULT, EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR, EROFS],
                doc: "faccessat2(2): may this user do this",
            }
            440 process_madvise(pidfd: Fd, iov: InArray(Iovec, vlen), vlen: Len, advice: Int, flags: Flags) -> Size {
                state: stub, authority: Descriptor, rights: [MANAGE], blocks: no,
                errors: [EBADF, EFAULT, EINVAL, ENOMEM, EPERM, ESRCH],
                doc: "process_madvise(2): advice about another process's memory",
            }
            441 epoll_pwait2(
                epfd: Fd, events: OutArray(EpollEvent, maxevents), maxevents: Int, timeout: InStruct(Timespec, opt), sigmask: InStruct(SigSet, opt), sigsetsize: Len
            ) -> Count {
                state: live, authority: Descriptor, rights: [READ], blocks: yes,
                errors: [EBADF, EFAULT, EINTR, EINVAL],
                doc: "epoll_pwait2(2): wait for events, nanoseconds",
            }
            442 mount_setattr(dirfd: Dirfd, path: Path, flags: Flags, attr: InSized([u64; 4], size), size: Len) -> Zero {
                state: stub, authority: World(Mount), rights: [WALK], blocks: no,
                errors: [E2BIG, EBADF, EFAULT, EINVAL, ENOENT, ENOMEM, EPERM],
                doc: "mount_setattr(2): change a mount's properties",
            }
            443 quotactl_fd(fd: Fd, cmd: Request, id: Int, addr: Opaque) -> Zero {
                state: stub, authority: World(Mount), rights: [MANAGE], blocks: no,
                errors: [EACCES, EBADF, EFAULT, EINVAL, ENOSYS, EPERM, ESRCH],
                doc: "quotactl_fd(2): disk quotas by descriptor",
            }
            444 landlock_create_ruleset(attr: InSized([u64; 3], size, opt), size: Len, flags: Flags) -> Fd {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [E2BIG, EFAULT, EINVAL, EMFILE, ENOMSG, EOPNOTSUPP],
                doc: "landlock_create_ruleset(2): make a ruleset",
            }
            445 landlock_add_rule(ruleset_fd: Fd, rule_type: Int, rule_attr: InStruct([u8; 12]), flags: Flags) -> Zero {
                state: stub, authority: Descriptor, rights: [CHANGE], blocks: no,
                errors: [EBADF, EBADFD, EFAULT, EINVAL, ENOMSG, EOPNOTSUPP, EPERM],
                doc: "landlock_add_rule(2): add to a ruleset",
            }
            446 landlock_restrict_self(ruleset_fd: Fd, flags: Flags) -> Zero {
                state: stub, authority: Descriptor, rights: [READ], blocks: no,
                errors: [E2BIG, EBADF, EBADFD, EINVAL, EOPNOTSUPP, EPERM],
                doc: "landlock_restrict_self(2): apply a ruleset to the caller",
            }
            447 memfd_secret(flags: Flags) -> Fd {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [EINVAL, EMFILE, ENFILE, ENOMEM, ENOSYS],
                doc: "memfd_secret(2): memory that the kernel does not map",
            }
            448 process_mrelease(pidfd: Fd, flags: Flags) -> Zero {
                state: stub, authority: Descriptor, rights: [MANAGE], blocks: yes,
                errors: [EAGAIN, EBADF, EINTR, EINVAL, ENOSYS, ESRCH],
                doc: "process_mrelease(2): release the memory of a dying process",
            }
            449 futex_waitv(
                waiters: InArray(FutexWaitv, nr_futexes), nr_futexes: Uint, flags: Flags, timeout: InStruct(Timespec, opt), clockid: Clock
            ) -> Int {
                state: live, authority: Own, rights: [], blocks: yes,
                errors: [EAGAIN, EFAULT, EINTR, EINVAL, ENOMEM, ETIMEDOUT],
                doc: "futex_waitv: wait on several words at once (kernel documentation, userspace-api/futex2)",
            }
            450 set_mempolicy_home_node(start: Addr, len: Len, home_node: Uint, flags: Flags) -> Zero {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [EINVAL, ENOENT, EOPNOTSUPP],
                doc: "set_mempolicy_home_node(2): home node of a range's policy",
            }
            451 cachestat(fd: Fd, range: InStruct([u64; 2]), stat: OutStruct([u64; 5]), flags: Flags) -> Zero {
                state: stub, authority: Descriptor, rights: [STAT], blocks: no,
                errors: [EBADF, EFAULT, EINVAL, EOPNOTSUPP],
                doc: "cachestat(2): page cache figures of a file",
            }
            452 fchmodat2(dirfd: Dirfd, path: Path, mode: Mode, flags: Flags) -> Zero {
                state: live, authority: Namespace, rights: [WALK | CHANGE], blocks: no,
                errors: [EACCES, EBADF, EFAULT, EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR, EOPNOTSUPP, EPERM, EROFS],
                doc: "fchmodat2(2): change permission bits by path, with flags",
            }
            453 map_shadow_stack(addr: Addr, size: Len, flags: Flags) -> Addr {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [EINVAL, ENOMEM, EOPNOTSUPP],
                doc: "map_shadow_stack(2): map a shadow stack",
            }
            454 futex_wake(uaddr: Futex, mask: Opaque, nr: Int, flags: Flags) -> Count {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EFAULT, EINVAL],
                doc: "futex_wake: wake waiters of a word (futex2)",
            }
            455 futex_wait(uaddr: Futex, val: Opaque, mask: Opaque, flags: Flags, timeout: InStruct(Timespec, opt), clockid: Clock) -> Zero {
                state: live, authority: Own, rights: [], blocks: yes,
                errors: [EAGAIN, EFAULT, EINTR, EINVAL, ETIMEDOUT],
                doc: "futex_wait: wait on a word (futex2)",
            }
            456 futex_requeue(waiters: InStruct([FutexWaitv; 2]), flags: Flags, nr_wake: Int, nr_requeue: Int) -> Count {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EAGAIN, EFAULT, EINVAL],
                doc: "futex_requeue: wake some waiters, move others (futex2)",
            }
            457 statmount(req: InStruct([u64; 3]), buf: OutBytes(bufsize), bufsize: Len, flags: Flags) -> Zero {
                state: stub, authority: Namespace, rights: [], blocks: no,
                errors: [E2BIG, EFAULT, EINVAL, ENOENT, EOVERFLOW, EPERM],
                doc: "statmount(2): facts about a mount",
            }
            458 listmount(req: InStruct([u64; 3]), mnt_ids: OutArray(u64, nr_mnt_ids), nr_mnt_ids: Len, flags: Flags) -> Count {
                state: stub, authority: Namespace, rights: [], blocks: no,
                errors: [E2BIG, EFAULT, EINVAL, ENOENT, EOVERFLOW, EPERM],
                doc: "listmount(2): the mounts below a mount",
            }
            459 lsm_get_self_attr(attr: Uint, ctx: OutBytes(size, opt), size: InOutStruct(u32), flags: Flags) -> Count {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [E2BIG, EFAULT, EINVAL, EOPNOTSUPP],
                doc: "lsm_get_self_attr: security module attributes",
            }
            460 lsm_set_self_attr(attr: Uint, ctx: InBytes(size), size: Len, flags: Flags) -> Zero {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [E2BIG, EFAULT, EINVAL, EOPNOTSUPP, EPERM],
                doc: "lsm_set_self_attr: set a security module attribute",
            }
            461 lsm_list_modules(ids: OutBytes(size), size: InOutStruct(u32), flags: Flags) -> Count {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [E2BIG, EFAULT, EINVAL],
                doc: "lsm_list_modules: the security modules",
            }
            462 mseal(start: Addr, len: Len, flags: Flags) -> Zero {
                state: stub, authority: Own, rights: [], blocks: no,
                errors: [EINVAL, ENOMEM, EPERM],
                doc: "mseal: forbid later changes of a mapping (kernel documentation, userspace-api/mseal)",
            }
        }
    };
}
