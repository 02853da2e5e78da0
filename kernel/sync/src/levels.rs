//! The order of all locks of the kernel: a lock may be taken only while every lock held has a lower rank.
//!
//! Sleeping locks (ranks below [`FIRST_SPIN_RANK`]) stand above all spin locks. The only way to hold two locks of
//! one level is [`crate::lock_pair`], which orders them by address.

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
    /// Renames over directories of one file system: taken before any directory.
    RenameMutex = 2;
    /// The mount table while it changes.
    MountMutex = 4;
    /// A directory's entries.
    DirMutex = 6;
    /// A regular file's size and pages while they change.
    InodeMutex = 8;
    /// The file offset of an open description.
    OffsetMutex = 10;
    /// A pipe's reader or writer side.
    PipeMutex = 12;
    /// A terminal's reader or writer side.
    TtyMutex = 14;
    /// Program execution: one exec per process at a time.
    ExecMutex = 16;
    /// An address space: its regions and its page table.
    AddressSpaceMutex = 18;
    /// A memory object's page list.
    MemoryObjectMutex = 20;
    /// Anything that is taken innermost of the sleeping locks.
    LeafMutex = 22;

    /// The tree of processes: parents, children, groups, sessions.
    ProcessTree = 24;
    /// The table of process ids.
    PidTable = 25;
    /// A process: threads, exit status, limits.
    Process = 26;
    /// Signal handlers, pending signals and stop state of a process.
    SignalState = 27;
    /// A file-descriptor table.
    FdTable = 28;
    /// What a thread points to (table, credentials, root and current directory).
    ThreadRefs = 29;
    /// Mount table entries as path walks read them.
    MountTable = 30;
    /// The dentry cache.
    DentryCache = 31;
    /// An inode's attributes.
    InodeAttrs = 32;
    /// An advisory-lock list of a file.
    FileLocks = 33;
    /// A futex bucket.
    FutexBucket = 34;
    /// The state of a pollable object (pipe, tty, …) with its observers.
    ObjectState = 36;
    /// Observer lists that are separate from the object's state.
    Observers = 38;
    /// Terminal state shared with the interrupt path.
    TtyState = 40;
    /// The kernel log.
    KernelLog = 42;
    /// A thread's wait bookkeeping.
    WaitState = 44;
    /// The timer queue of a hart.
    Timers = 46;
    /// The sleepers of kernel mutexes.
    Parking = 47;
    /// The run queue of a hart.
    RunQueue = 48;
    /// Releases deferred to a safe place.
    ReleaseList = 50;
    /// Address-space identifiers.
    Asids = 52;
    /// Mapped kernel stacks kept for the next thread.
    StackStock = 53;
    /// Slots of kernel stacks.
    Stacks = 54;
    /// A slab cache.
    Slab = 56;
    /// The tree of budgets.
    BudgetTree = 57;
    /// Physical frames.
    Frames = 58;
    /// The random pool.
    RandomPool = 59;
    /// The console of last resort.
    Console = 60;
}
