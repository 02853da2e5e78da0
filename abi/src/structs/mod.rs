//! The structs of Linux's riscv64 ABI as plain bytes: every bit pattern is a value, there is no hidden padding, so user copies need no `unsafe`.
//!
//! They are named as in the man pages, their fields too. Each states its size, which is checked when compiled. User pointers inside are `u64`.
//! Families: [`budget`] and [`channel`] (of the native calls), [`file`], [`process`], [`signal`], [`spawn`], [`svc`], [`time`], [`wait`].

pub mod budget;
pub mod channel;
pub mod file;
pub mod process;
pub mod signal;
pub mod spawn;
pub mod svc;
pub mod time;
pub mod wait;

pub use budget::{BUDGET_KINDS, BUDGET_NO_LIMIT, BudgetCreate, BudgetLimit, BudgetUsage, BudgetWatch};
pub use channel::{ChanCall, ChanCreate, ChanInfo, ChanPart, ChanRecv, ChanReplyRecv, ChanRoom, ChanSend, chan_flag};
pub use file::{
    Dirent64Header, FOwnerEx, Flock, Iovec, Mmsghdr, MqAttr, Msghdr, OpenHow, Stat, Statfs, Statx, StatxTimestamp, Termios,
    Winsize,
};
pub use process::{
    CapUserData, CapUserHeader, CloneArgs, HwprobePair, Rlimit64, RobustListHead, RseqAbi, RseqCs, Rusage, SchedAttr, SchedParam,
    Sysinfo, Utsname,
};
pub use signal::{FpRegs, RtSigframe, SigSet, Sigaction, Sigcontext, Sigevent, Siginfo, SigmaskArg, StackT, Ucontext, UserRegs};
pub use spawn::{SpawnArgs, SpawnFd, spawn_flags};
pub use svc::{SvcBind, SvcConnect, SvcPeer, svc_flag};
pub use time::{Itimerspec, Itimerval, Timespec, Timeval, Timex, Timezone, Tms};
pub use wait::{EpollEvent, FutexWaitv, Pollfd};

/// Declares plain-bytes structs with their sizes: `/// doc  Name: SIZE { /// doc  field: type, … }`.
macro_rules! plain_structs {
    ($($(#[$meta:meta])* $name:ident: $size:literal { $($(#[$field_meta:meta])* $field:ident: $ty:ty,)* })*) => {
        $(
            $(#[$meta])*
            #[derive(
                Clone, Copy, Debug, PartialEq, Eq,
                zerocopy::FromBytes, zerocopy::IntoBytes, zerocopy::Immutable, zerocopy::KnownLayout,
            )]
            #[repr(C)]
            pub struct $name {
                $($(#[$field_meta])* pub $field: $ty,)*
            }

            const _: () = assert!(size_of::<$name>() == $size);

            impl $name {
                /// Names and types of the fields, for the C header.
                pub const FIELDS: &'static [(&'static str, &'static str)] = &[$((stringify!($field), stringify!($ty))),*];
            }
        )*
    };
}
pub(crate) use plain_structs;

macro_rules! with_fields {
    ($($name:ident)*) => {
        /// The structs of the native calls, each after those that it contains: name and fields.
        pub const NATIVE_STRUCTS: &[(&str, &[(&str, &str)])] = &[$((stringify!($name), $name::FIELDS)),*];
    };
}
with_fields! { BudgetCreate BudgetLimit BudgetUsage BudgetWatch ChanCreate ChanPart ChanRoom ChanInfo ChanSend ChanRecv ChanCall ChanReplyRecv SpawnFd SpawnArgs SvcBind SvcPeer SvcConnect }
