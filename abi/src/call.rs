//! What a row of the call tables means: [`Call`] and the types of its columns.
//!
//! The rows stand in `linux_calls.rs` and `native_calls.rs`; `table.rs` turns them into constants of these types. Nothing here acts: the kernel, the stubs
//! and the tests decide what to do with the data.

use crate::{Errno, Rights};

/// One system call.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The number in `a7`.
    pub number: usize,
    /// The name, as Linux's `unistd.h` has it behind `__NR_`.
    pub name: &'static str,
    /// The arguments in `a0` to `a5`.
    pub args: &'static [Arg],
    /// What success returns.
    pub ret: Ret,
    /// Whether it is implemented.
    pub state: State,
    /// Where the power to do this comes from.
    pub authority: Authority,
    /// The rights needed, one element for each argument of kind `Fd` or `Dirfd`, in their order.
    pub rights: &'static [Rights],
    /// Whether it may wait for something outside of the kernel.
    pub blocks: Blocks,
    /// The errors that the manual page documents and rvOS can give, sorted by name. ENOSYS of a stub is not listed.
    pub errors: &'static [Errno],
    /// One line: the manual page and what the call does.
    pub doc: &'static str,
}

/// One argument of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arg {
    /// The name, as in the manual page where that is no keyword of Rust.
    pub name: &'static str,
    /// What it is.
    pub kind: ArgKind,
}

/// Whether a call is implemented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Implemented.
    Live,
    /// Answers ENOSYS through the one stub macro.
    Stub,
}

/// Whether a call may wait for something outside of the kernel (another process, a device, time).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocks {
    /// It may.
    Yes,
    /// It always ends by itself.
    No,
}

/// What a successful call returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ret {
    /// Always 0.
    Zero,
    /// A number of bytes.
    Size,
    /// A number of things: descriptors that are ready, elements, waiters.
    Count,
    /// A new descriptor.
    Fd,
    /// A process, thread, group or session id.
    Pid,
    /// Another number.
    Int,
    /// A user address.
    Addr,
    /// A file offset.
    Offset,
    /// The call does not return.
    Never,
}

/// Where the power to make a call comes from. There is no variant for "nowhere": a row without one does not compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Authority {
    /// A descriptor that the caller holds, with the rights of the row.
    Descriptor,
    /// Nothing beyond the caller itself: its process, its threads, its memory, the machine's clocks and figures, objects made new.
    Own,
    /// The pid scope of the caller's World: which processes exist for it. Linux's uid check comes on top.
    Scope,
    /// Root, current directory and mounts of the caller's World, or the directory descriptor given, with the rights of the row. Linux's permission check comes on top.
    Namespace,
    /// The network of the caller's World; without one, ENETDOWN.
    Net,
    /// The host and domain name of the caller's World.
    Uts,
    /// The System V and message queue names of the caller's World.
    Ipc,
    /// A grant of the caller's World. Linux's uid check comes on top; without the grant, EPERM also for uid 0.
    World(Grant),
    /// A grant for some uses of the call, which the call itself asks for; the others have no power over anything else.
    Partly(Grant),
}

/// Powers over the machine that a World has or lacks. A World can only lose them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Grant {
    /// Power off, restart, load another kernel.
    Power,
    /// Set and tune the clocks.
    SetTime,
    /// Real-time scheduling classes.
    RealTime,
    /// Read and control the kernel's log.
    KernelLog,
    /// Raw network access.
    RawNet,
    /// Trace, measure and extend what is not one's own.
    Debug,
    /// Attach and detach file systems.
    Mount,
}

/// Whether the argument may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Null {
    /// NULL is an error (EFAULT), a descriptor of -1 too (EBADF).
    Refused,
    /// NULL means "absent" (for a descriptor: -1). Some calls allow it for some of their operations only; the row's doc says which.
    Allowed,
}

/// Which way the bytes behind a pointer go, seen from the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The kernel reads them.
    In,
    /// The kernel writes them.
    Out,
    /// The kernel reads and then writes them.
    InOut,
}

/// What an argument is. A pointer says what stands behind it, so that tests can try every wrong one. Sizes are in bytes.
///
/// `count` names the argument that holds the number of elements (or bytes). When that argument is itself a pointer (`InOutStruct` of `u32`, as in accept(2)),
/// the number stands where it points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgKind {
    /// A descriptor.
    Fd(Null),
    /// A directory descriptor or AT_FDCWD, the start of the path that follows.
    Dirfd,
    /// A signed number.
    Int,
    /// An unsigned number.
    Uint,
    /// A number of bytes or elements.
    Len,
    /// A set of flag bits.
    Flags,
    /// Permission bits, perhaps with a file type.
    Mode,
    /// A process, thread or group id.
    Pid,
    /// A user id; -1 often means "leave".
    Uid,
    /// A group id; -1 often means "leave".
    Gid,
    /// A signal number, 0 to 64.
    Signal,
    /// A clock id.
    Clock,
    /// A signed 64-bit file offset.
    Offset,
    /// An operation code that decides what other arguments mean.
    Request,
    /// A user address that the call itself does not follow.
    Addr,
    /// What this is depends on an argument of kind `Request`, or on nobody.
    Opaque,
    /// A string in, ending in NUL.
    Path(Null),
    /// Bytes in or out; a part of them may be transferred.
    Bytes {
        /// Which way.
        direction: Direction,
        /// The argument that holds their number.
        count: &'static str,
        /// May the pointer be NULL.
        null: Null,
    },
    /// At most one page of bytes in, fewer when the page after them is not mapped (mount(2)'s data).
    Page(Null),
    /// One struct of fixed size: all of it or EFAULT.
    Struct {
        /// Which way.
        direction: Direction,
        /// The type, as Rust writes it.
        ty: &'static str,
        /// Its size.
        size: usize,
        /// May the pointer be NULL.
        null: Null,
    },
    /// One struct that can grow: an argument says how many bytes of it the caller gives or takes (clone3(2), openat2(2)).
    SizedStruct {
        /// Which way.
        direction: Direction,
        /// The newest version of the type.
        ty: &'static str,
        /// The size of that version.
        size: usize,
        /// The argument that holds the caller's size.
        count: &'static str,
        /// May the pointer be NULL.
        null: Null,
    },
    /// Elements of one type, one after the other.
    Array {
        /// Which way.
        direction: Direction,
        /// The type of an element.
        ty: &'static str,
        /// The size of an element.
        size: usize,
        /// The argument that holds their number.
        count: &'static str,
        /// May the pointer be NULL.
        null: Null,
    },
    /// An array of `struct iovec` in (16 bytes each), the buffers of which go the way of `direction`.
    Iovec {
        /// Which way the buffers' bytes go.
        direction: Direction,
        /// The argument that holds the number of vectors.
        count: &'static str,
    },
    /// Pointers to strings in, ending in a NULL pointer (argv, envp).
    StrArray(Null),
    /// An aligned u32 in user memory, the futex word.
    Futex(Null),
    /// A set of bits, in and out, in whole 64-bit words.
    BitSet {
        /// The argument that holds the number of bits.
        count: &'static str,
        /// May the pointer be NULL.
        null: Null,
    },
    /// One byte out for each page of a range (mincore(2)).
    PageVec {
        /// The argument that holds the range's length in bytes.
        length: &'static str,
    },
}

impl ArgKind {
    /// May the argument be absent (NULL, or -1 for a descriptor); `None` for what is neither pointer nor descriptor.
    #[must_use]
    pub const fn null(&self) -> Option<Null> {
        match self {
            ArgKind::Fd(null)
            | ArgKind::Path(null)
            | ArgKind::Page(null)
            | ArgKind::StrArray(null)
            | ArgKind::Futex(null)
            | ArgKind::Bytes { null, .. }
            | ArgKind::Struct { null, .. }
            | ArgKind::SizedStruct { null, .. }
            | ArgKind::Array { null, .. }
            | ArgKind::BitSet { null, .. } => Some(*null),
            ArgKind::Iovec { .. } | ArgKind::PageVec { .. } => Some(Null::Refused),
            _ => None,
        }
    }

    /// Whether the call follows this argument as a user pointer.
    #[must_use]
    pub const fn is_pointer(&self) -> bool {
        self.null().is_some() && !matches!(self, ArgKind::Fd(_))
    }

    /// Whether this is a descriptor, for which the row has an element of `rights`.
    #[must_use]
    pub const fn is_descriptor(&self) -> bool {
        matches!(self, ArgKind::Fd(_) | ArgKind::Dirfd)
    }

    /// The name of the argument that holds this one's number of elements, bytes or bits.
    #[must_use]
    pub const fn count(&self) -> Option<&'static str> {
        match self {
            ArgKind::Bytes { count, .. }
            | ArgKind::SizedStruct { count, .. }
            | ArgKind::Array { count, .. }
            | ArgKind::Iovec { count, .. }
            | ArgKind::BitSet { count, .. } => Some(*count),
            ArgKind::PageVec { length } => Some(*length),
            _ => None,
        }
    }
}
