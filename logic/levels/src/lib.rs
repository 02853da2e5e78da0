//! The order of all locks of the kernel: a lock may be taken only while every lock held has a lower rank.
//!
//! Sleeping locks (ranks below [`FIRST_SPIN_RANK`]) stand above all spin locks. The only way to hold two locks of
//! one level is `lock_pair`, which orders them by address. Neighbour: `kernel/sync`, which has the locks and the checker.
#![no_std]
#![forbid(unsafe_code)]

/// A lock's place in the order.
pub trait Level: 'static {
    /// Position; taken in ascending order.
    const RANK: u8;
    /// Name in reports.
    const NAME: &'static str;
}

/// Ranks from here on are spin locks.
pub const FIRST_SPIN_RANK: u8 = 24;

macro_rules! levels {
    ($($(#[$doc:meta])* $name:ident = $rank:literal;)*) => {
        $($(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}
        impl Level for $name {
            const RANK: u8 = $rank;
            const NAME: &'static str = stringify!($name);
        })*
        /// All levels, in order of rank: `(rank, name)`.
        pub const ALL: &[(u8, &str)] = &[$(($rank, stringify!($name))),*];
        const _: () = {
            let mut i = 1;
            while i < ALL.len() {
                assert!(ALL[i - 1].0 < ALL[i].0, "levels must be listed in ascending order");
                i += 1;
            }
            assert!(ALL[ALL.len() - 1].0 < 64);
        };
    };
}

levels! {
    /// The choice of who ends when memory runs out.
    OutOfMemoryMutex = 1;
    /// Renames over directories of one file system: taken before any directory.
    RenameMutex = 2;
    /// The mount table while it changes.
    MountMutex = 3;
    /// A directory's entries.
    DirMutex = 4;
    /// A regular file's size and pages while they change.
    InodeMutex = 5;
    /// The file offset of an open description.
    OffsetMutex = 6;
    /// A pipe's reader or writer side.
    PipeMutex = 7;
    /// A terminal's reader or writer side.
    TtyMutex = 8;
    /// Program execution: one exec per process at a time.
    ExecMutex = 9;
    /// An address space: its regions and its page table.
    AddressSpaceMutex = 10;
    /// A memory object's page list.
    MemoryObjectMutex = 11;
    /// Anything that is taken innermost of the sleeping locks.
    LeafMutex = 12;

    /// The tree of processes: parents, children, groups, sessions.
    ProcessTree = 24;
    /// The table of process ids.
    PidTable = 25;
    /// A process: threads, exit status, limits.
    Process = 26;
    /// Which table of signal handlers a process uses.
    SignalState = 27;
    /// A table of signal handlers.
    SignalActions = 28;
    /// Signals pending for a process, and its stop state.
    SignalShared = 29;
    /// Signals of a thread.
    SignalThread = 30;
    /// A file-descriptor table.
    FdTable = 31;
    /// What a thread points to (table, credentials, root and current directory).
    ThreadRefs = 32;
    /// The mounts of a namespace.
    MountList = 33;
    /// A directory's entries.
    DirEntries = 34;
    /// An inode's attributes.
    InodeAttrs = 35;
    /// An advisory-lock list of a file.
    FileLocks = 36;
    /// A futex bucket.
    FutexBucket = 37;
    /// A dentry's name and parent.
    DentryPlace = 38;
    /// The state of a pollable object (pipe, tty, …) with its observers.
    ObjectState = 39;
    /// Observer lists that are separate from the object's state.
    Observers = 40;
    /// Terminal state shared with the interrupt path.
    TtyState = 41;
    /// The kernel log.
    KernelLog = 42;
    /// A thread's wait bookkeeping.
    WaitState = 43;
    /// The timer queue of a hart.
    Timers = 44;
    /// The sleepers of kernel mutexes.
    Parking = 45;
    /// The run queue of a hart.
    RunQueue = 46;
    /// A thread's scheduling node while it is at home.
    ThreadNode = 47;
    /// Releases deferred to a safe place.
    ReleaseList = 48;
    /// Threads of each user.
    Users = 49;
    /// Mapped kernel stacks kept for the next thread.
    StackStock = 50;
    /// Slots of kernel stacks.
    Stacks = 51;
    /// A slab cache.
    Slab = 52;
    /// Names of heap tags (checked builds).
    HeapTags = 53;
    /// The tree of budgets.
    BudgetTree = 54;
    /// Physical frames.
    Frames = 55;
    /// The random pool.
    RandomPool = 56;
    /// The console of last resort.
    Console = 57;
    /// Host and domain name.
    UtsNames = 58;
    /// Address-space identifiers.
    Asids = 59;
    /// Who waits for whose record lock.
    LockWaits = 60;
    /// The kernel stack of a thread, which goes before the thread does.
    TaskStack = 61;
    /// The real-time clock while it is set.
    RealClock = 62;
    /// The longest stretch with preemption off.
    Stretch = 63;
}
