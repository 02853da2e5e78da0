//! Turns the rows of `linux_calls.rs` and `native_calls.rs` into data: [`LINUX_CALLS`], [`NATIVE_CALLS`], the number constants of [`nr`], and look-up.
//!
//! The macros here also show how others read the rows: a callback takes what it needs of each row and skips the rest as token trees.

use crate::call::{Arg, ArgKind, Authority, Blocks, Call, Direction, Grant, Null, Ret, State};
use crate::{
    BudgetCreate, BudgetLimit, BudgetUsage, BudgetWatch, CapUserData, CapUserHeader, ChanCall, ChanCreate, ChanRecv,
    ChanReplyRecv, ChanSend, CloneArgs, EpollEvent, Errno, FutexWaitv, HwprobePair, Iovec, Itimerspec, Itimerval, Mmsghdr,
    MqAttr, Msghdr, OpenHow, Pollfd, Rights, Rlimit64, Rusage, SchedAttr, SchedParam, SigSet, Sigaction, Sigevent, Siginfo,
    SigmaskArg, SpawnArgs, StackT, Stat, Statfs, Statx, SvcBind, SvcConnect, SvcPeer, Sysinfo, Timespec, Timeval, Timex,
    Timezone, Tms, Utsname,
};

/// Every Linux call of riscv64, ascending by number.
pub const LINUX_CALLS: &[Call] = crate::for_each_linux_call! { call_data };

/// Every native call, ascending by number.
pub const NATIVE_CALLS: &[Call] = crate::for_each_native_call! { call_data };

/// The first number of the native range; below it are Linux's.
pub const FIRST_NATIVE_CALL: usize = 0x1000;

/// The call of this number, in either range.
#[must_use]
pub fn call_by_number(number: usize) -> Option<&'static Call> {
    let calls = if number < FIRST_NATIVE_CALL { LINUX_CALLS } else { NATIVE_CALLS };
    let index = calls.binary_search_by_key(&number, |call| call.number).ok()?;
    calls.get(index)
}

/// The call of this name, in either range.
#[must_use]
pub fn call_by_name(name: &str) -> Option<&'static Call> {
    LINUX_CALLS.iter().chain(NATIVE_CALLS).find(|call| call.name == name)
}

/// What the row of a call asks of its descriptor arguments: 16 bits of [`Rights`] each, at the place of the argument's
/// number modulo 4, in which no two descriptors of a call are alike.
#[must_use]
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "evaluated when compiled, where iterators are not")]
pub const fn rights_by_argument(call: &Call) -> u64 {
    let (mut needs, mut seen, mut descriptor, mut n) = (0, 0u32, 0, 0);
    while n < call.args.len() {
        if call.args[n].kind.is_descriptor() {
            assert!(seen & 1 << (n % 4) == 0, "two descriptors share a place");
            seen |= 1 << (n % 4);
            needs |= (call.rights[descriptor].bits() as u64) << (16 * (n % 4));
            descriptor += 1;
        }
        n += 1;
    }
    needs
}

/// The number of every call as a constant of the call's own name: `nr::openat`.
#[expect(non_upper_case_globals, reason = "a constant has the name of its call, so that macros over the table can use it")]
pub mod nr {
    macro_rules! numbers {
        ($($number:literal $name:ident ($($args:tt)*) -> $ret:ident { $($rest:tt)* })*) => {
            $(
                #[doc = concat!("The number of `", stringify!($name), "`.")]
                pub const $name: usize = $number;
            )*
        };
    }
    crate::for_each_linux_call! { numbers }
    crate::for_each_native_call! { numbers }
}

macro_rules! call_data {
    ($(
        $number:literal $name:ident ($($arg:ident : $kind:ident $(($($param:tt)*))?),*) -> $ret:ident {
            state: $state:ident, authority: $authority:ident $(($grant:ident))?, rights: [$($($right:ident)|+),*], blocks: $blocks:ident,
            errors: [$($error:ident),*],
            doc: $doc:literal,
        }
    )*) => {
        &[$(Call {
            number: $number,
            name: stringify!($name),
            args: &[$(Arg { name: stringify!($arg), kind: kind!($kind $($($param)*)?) }),*],
            ret: Ret::$ret,
            state: state!($state),
            authority: Authority::$authority $((Grant::$grant))?,
            rights: &[$(Rights::empty()$(.union(Rights::$right))+),*],
            blocks: blocks!($blocks),
            errors: &[$(Errno::$error),*],
            doc: $doc,
        }),*]
    };
}
use call_data;

macro_rules! state {
    (live) => {
        State::Live
    };
    (stub) => {
        State::Stub
    };
}
use state;

macro_rules! blocks {
    (yes) => {
        Blocks::Yes
    };
    (no) => {
        Blocks::No
    };
}
use blocks;

macro_rules! null {
    () => {
        Null::Refused
    };
    (opt) => {
        Null::Allowed
    };
}
use null;

/// One argument kind with its parameters: see the rows' grammar in `linux_calls.rs`.
macro_rules! kind {
    (Fd $($null:ident)?) => { ArgKind::Fd(null!($($null)?)) };
    (Path $($null:ident)?) => { ArgKind::Path(null!($($null)?)) };
    (Futex $($null:ident)?) => { ArgKind::Futex(null!($($null)?)) };
    (StrArray $($null:ident)?) => { ArgKind::StrArray(null!($($null)?)) };
    (InPage $($null:ident)?) => { ArgKind::Page(null!($($null)?)) };
    (InBytes $($param:tt)*) => { kind!(@bytes In $($param)*) };
    (OutBytes $($param:tt)*) => { kind!(@bytes Out $($param)*) };
    (InStruct $($param:tt)*) => { kind!(@one In $($param)*) };
    (OutStruct $($param:tt)*) => { kind!(@one Out $($param)*) };
    (InOutStruct $($param:tt)*) => { kind!(@one InOut $($param)*) };
    (InSized $($param:tt)*) => { kind!(@many SizedStruct In $($param)*) };
    (OutSized $($param:tt)*) => { kind!(@many SizedStruct Out $($param)*) };
    (InOutSized $($param:tt)*) => { kind!(@many SizedStruct InOut $($param)*) };
    (InArray $($param:tt)*) => { kind!(@many Array In $($param)*) };
    (OutArray $($param:tt)*) => { kind!(@many Array Out $($param)*) };
    (InOutArray $($param:tt)*) => { kind!(@many Array InOut $($param)*) };
    (InIovec $count:ident) => { ArgKind::Iovec { direction: Direction::In, count: stringify!($count) } };
    (OutIovec $count:ident) => { ArgKind::Iovec { direction: Direction::Out, count: stringify!($count) } };
    (BitSet $count:ident $(, $null:ident)?) => { ArgKind::BitSet { count: stringify!($count), null: null!($($null)?) } };
    (PageVec $length:ident) => { ArgKind::PageVec { length: stringify!($length) } };
    (@bytes $direction:ident $count:ident $(, $null:ident)?) => {
        ArgKind::Bytes { direction: Direction::$direction, count: stringify!($count), null: null!($($null)?) }
    };
    (@one $direction:ident $ty:ty $(, $null:ident)?) => {
        ArgKind::Struct { direction: Direction::$direction, ty: stringify!($ty), size: size_of::<$ty>(), null: null!($($null)?) }
    };
    (@many $shape:ident $direction:ident $ty:ty, $count:ident $(, $null:ident)?) => {
        ArgKind::$shape {
            direction: Direction::$direction,
            ty: stringify!($ty),
            size: size_of::<$ty>(),
            count: stringify!($count),
            null: null!($($null)?),
        }
    };
    ($plain:ident) => { ArgKind::$plain };
}
use kind;
