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

macro_rules! levels {
    (sleeping { $($(#[$sleeping_doc:meta])* $sleeping:ident;)* } spinning { $($(#[$doc:meta])* $spinning:ident;)* }) => {
        $($(#[$sleeping_doc])*
        #[derive(Debug)]
        pub enum $sleeping {})*
        $($(#[$doc])*
        #[derive(Debug)]
        pub enum $spinning {})*
        /// The places, in their order.
        enum Rank { $($sleeping,)* $($spinning,)* }
        $(impl Level for $sleeping {
            const RANK: u8 = Rank::$sleeping as u8;
            const NAME: &'static str = stringify!($sleeping);
        })*
        $(impl Level for $spinning {
            const RANK: u8 = Rank::$spinning as u8;
            const NAME: &'static str = stringify!($spinning);
        })*
        /// Ranks from here on are spin locks.
        pub const FIRST_SPIN_RANK: u8 = [$(stringify!($sleeping)),*].len() as u8;
        /// All levels, in order of rank: `(rank, name)`.
        pub const ALL: &[(u8, &str)] = &[
            $((Rank::$sleeping as u8, stringify!($sleeping)),)*
            $((Rank::$spinning as u8, stringify!($spinning)),)*
        ];
        // What a thread holds is a word of bits.
        const _: () = assert!(ALL.len() <= 64);
    };
}

levels! {
    sleeping {
        /// The choice of who ends when memory runs out.
        OutOfMemoryMutex;
        /// Renames over directories of one file system: taken before any directory.
        RenameMutex;
        /// The mount table while it changes.
        MountMutex;
        /// A directory's entries.
        DirMutex;
        /// A regular file's size and pages while they change.
        InodeMutex;
        /// The file offset of an open description.
        OffsetMutex;
        /// A pipe's reader or writer side.
        PipeMutex;
        /// A terminal's reader or writer side.
        TtyMutex;
        /// Program execution: one exec per process at a time.
        ExecMutex;
        /// An address space: its regions and its page table.
        AddressSpaceMutex;
        /// A memory object's page list.
        MemoryObjectMutex;
        /// Anything that is taken innermost of the sleeping locks.
        LeafMutex;
        /// The search for loops among epoll sets.
        EpollNestingMutex;
        /// The interests of an epoll set while one is added, changed or removed.
        EpollMutex;
        /// The room for unpacking function names, which is only tried: a panic needs it.
        SymbolRoom;
    }
    spinning {
        /// The tree of processes: parents, children, groups, sessions.
        ProcessTree;
        /// The table of process ids.
        PidTable;
        /// A process: threads, exit status, limits.
        Process;
        /// Which table of signal handlers a process uses.
        SignalState;
        /// A table of signal handlers.
        SignalActions;
        /// Signals pending for a process, and its stop state.
        SignalShared;
        /// Signals of a thread.
        SignalThread;
        /// What a thread points to (table, credentials, root and current directory).
        ThreadRefs;
        /// A file-descriptor table.
        FdTable;
        /// The mounts of a namespace.
        MountList;
        /// A directory's entries.
        DirEntries;
        /// An inode's attributes.
        InodeAttrs;
        /// An advisory-lock list of a file.
        FileLocks;
        /// A futex bucket.
        FutexBucket;
        /// A dentry's name and parent.
        DentryPlace;
        /// The state of a pollable object (pipe, tty, …) with its observers.
        ObjectState;
        /// Observer lists that are separate from the object's state.
        Observers;
        /// Terminal state shared with the interrupt path.
        TtyState;
        /// The kernel log.
        KernelLog;
        /// A thread's wait bookkeeping.
        WaitState;
        /// The timer queue of a hart.
        Timers;
        /// The sleepers of kernel mutexes.
        Parking;
        /// The run queue of a hart.
        RunQueue;
        /// A thread's scheduling node while it is at home.
        ThreadNode;
        /// Releases deferred to a safe place.
        ReleaseList;
        /// Threads of each user.
        Users;
        /// Mapped kernel stacks kept for the next thread.
        StackStock;
        /// Slots of kernel stacks.
        Stacks;
        /// A slab cache.
        Slab;
        /// Names of heap tags (checked builds).
        HeapTags;
        /// The tree of budgets.
        BudgetTree;
        /// Physical frames.
        Frames;
        /// The random pool.
        RandomPool;
        /// The console of last resort.
        Console;
        /// Host and domain name.
        UtsNames;
        /// Address-space identifiers.
        Asids;
        /// Who waits for whose record lock.
        LockWaits;
        /// The kernel stack of a thread, which goes before the thread does.
        TaskStack;
        /// The real-time clock while it is set.
        RealClock;
        /// The longest stretch with preemption off.
        Stretch;
        /// What a capped budget has used of its processor time.
        CpuCap;
    }
}
