//! Structs of native calls that only ever point at borrowed memory, and calls with them that are safe for it.

use crate::{sys, trap};
use abi::{
    BudgetCreate, BudgetLimit, BudgetUsage, BudgetWatch, ChanCall, ChanCreate, ChanPart, ChanRecv, ChanReplyRecv, ChanRoom,
    ChanSend, Errno, SpawnArgs, SvcBind, SvcConnect, SvcPeer, nr,
};
use std::ffi::CStr;
use std::marker::PhantomData;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// The struct of a native call: with [`by_descriptor`] it is the call's second argument, with [`by_name`] the third.
pub trait Native {
    /// The call's number.
    const NUMBER: usize;
}

macro_rules! natives {
    ($($ty:ident $name:ident)*) => { $(impl Native for $ty { const NUMBER: usize = nr::$name; })* };
}
natives! {
    ChanSend chan_send  ChanRecv chan_recv  ChanCall chan_call  ChanReplyRecv chan_reply_recv
    BudgetCreate budget_create  BudgetLimit budget_limit  BudgetUsage budget_usage  BudgetWatch budget_watch
    Kill budget_kill  Join budget_join  SvcBind svc_bind  SvcConnect svc_connect
}

/// In the place of a struct: all processes of a budget are to end.
pub struct Kill;

/// In the place of a struct: the caller is to be in a budget.
pub struct Join;

/// A struct for the kernel, whose addresses and lengths are those of what is borrowed for `'a`.
#[derive(Debug)]
pub struct Args<'a, S> {
    raw: S,
    borrowed: PhantomData<&'a mut [u8]>,
}

/// What a call is subject to: never an address.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terms {
    /// When to give up, in nanoseconds of CLOCK_MONOTONIC; 0 for never.
    pub deadline_ns: u64,
    /// Bits of the call's flags.
    pub flags: u32,
}

/// Room for the descriptors of a message. Only the kernel writes numbers here, each once, and [`Descriptors::take`] takes them out.
#[derive(Debug)]
pub struct Descriptors([i32; 64], u32);

impl Default for Descriptors {
    fn default() -> Self {
        Self::at_most(64)
    }
}

impl Descriptors {
    /// Room for so many.
    #[must_use]
    pub fn at_most(count: u32) -> Self {
        Self([-1; 64], count.min(64))
    }
    /// The descriptors that came, in their order.
    pub fn take(&mut self) -> impl Iterator<Item = OwnedFd> {
        let taken = std::mem::replace(&mut self.0, [-1; 64]);
        // SAFETY: the kernel gave these numbers to this process, and they stand here no more.
        taken.into_iter().take_while(|&n| n >= 0).map(|n| unsafe { OwnedFd::from_raw_fd(n) })
    }
}

fn part(bytes: &[u8], fds: &[i32]) -> ChanPart {
    let (bytes_len, fds_len) = (count(bytes.len()), count(fds.len()));
    ChanPart { bytes: at(bytes.as_ptr()), fds: at(fds.as_ptr()), bytes_len, fds_len }
}

fn room(bytes: &mut [u8], fds: &mut Descriptors) -> ChanRoom {
    ChanRoom { bytes: at(bytes.as_mut_ptr()), fds: at(fds.0.as_mut_ptr()), bytes_cap: count(bytes.len()), fds_cap: fds.1 }
}

fn at<T>(place: *const T) -> u64 {
    place.expose_provenance() as u64
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

impl<S> Args<'_, S> {
    fn of(raw: S) -> Self {
        Self { raw, borrowed: PhantomData }
    }

    /// What the kernel wrote.
    pub fn raw(&self) -> &S {
        &self.raw
    }
}

impl<'a> Args<'a, ChanSend> {
    /// A message.
    pub fn send(bytes: &'a [u8], fds: &'a [i32], terms: Terms) -> Self {
        let Terms { deadline_ns, flags } = terms;
        Self::of(ChanSend { part: part(bytes, fds), deadline_ns, flags, ..Default::default() })
    }
}

impl<'a> Args<'a, ChanRecv> {
    /// Room for a message.
    pub fn receive(bytes: &'a mut [u8], fds: &'a mut Descriptors, terms: Terms) -> Self {
        let Terms { deadline_ns, flags } = terms;
        Self::of(ChanRecv { room: room(bytes, fds), deadline_ns, flags, ..Default::default() })
    }
}

impl<'a> Args<'a, ChanCall> {
    /// A request, and room for its reply.
    pub fn call(request: &'a [u8], fds: &'a [i32], bytes: &'a mut [u8], into: &'a mut Descriptors, terms: Terms) -> Self {
        let (part, room, Terms { deadline_ns, flags }) = (part(request, fds), room(bytes, into), terms);
        Self::of(ChanCall { part, room, deadline_ns, flags, ..Default::default() })
    }
}

impl<'a> Args<'a, ChanReplyRecv> {
    /// A reply to `call`, and room for the next message.
    pub fn reply(call: u64, reply: (&'a [u8], &'a [i32]), bytes: &'a mut [u8], into: &'a mut Descriptors, terms: Terms) -> Self {
        let (part, room, Terms { deadline_ns, flags }) = (part(reply.0, reply.1), room(bytes, into), terms);
        Self::of(ChanReplyRecv { call, part, room, deadline_ns, flags, ..Default::default() })
    }
}

macro_rules! plain {
    ($($ty:ident)*) => { $(impl From<$ty> for Args<'_, $ty> { fn from(raw: $ty) -> Self { Self::of(raw) } })* };
}
// Structs without addresses, or (`SpawnArgs`) with such as the kernel only reads.
plain! { BudgetCreate BudgetLimit BudgetUsage BudgetWatch Kill Join SvcBind SvcConnect SpawnArgs }

/// `spawn`: gives a descriptor for the process.
///
/// # Errors
/// The kernel's.
pub fn spawn(args: &mut Args<'_, SpawnArgs>) -> Result<OwnedFd, Errno> {
    // SAFETY: the struct points at borrowed memory alone, see `Args`.
    unsafe { trap::call(nr::spawn, &[(&raw mut args.raw).expose_provenance(), size_of::<SpawnArgs>()]).map(owned) }
}

/// A call of the form `call(fd, &args, size)`; with `None` for the descriptor that is -1.
///
/// # Errors
/// The kernel's.
pub fn by_descriptor<'a, S: Native>(fd: impl Into<Option<BorrowedFd<'a>>>, args: &mut Args<'_, S>) -> Result<usize, Errno> {
    let fd = fd.into().map_or(usize::MAX, number);
    // SAFETY: as in `spawn`.
    unsafe { trap::call(S::NUMBER, &[fd, (&raw mut args.raw).expose_provenance(), size_of::<S>()]) }
}

/// `budget_create`: a budget below `parent`, or below the caller's.
///
/// # Errors
/// The kernel's.
pub fn budget(parent: Option<BorrowedFd<'_>>, args: &mut Args<'_, BudgetCreate>) -> Result<OwnedFd, Errno> {
    by_descriptor(parent, args).map(owned)
}

/// `fd_restrict`: what rights are left.
///
/// # Errors
/// The kernel's.
pub fn restrict(fd: BorrowedFd<'_>, rights: u32) -> Result<usize, Errno> {
    // SAFETY: no address is among the arguments.
    unsafe { sys::fd_restrict(number(fd), rights as usize) }
}

/// A call of the form `call(dir, name, &args, size)`, which returns a new descriptor.
///
/// # Errors
/// The kernel's.
pub fn by_name<S: Native>(dir: BorrowedFd<'_>, name: &CStr, args: &mut Args<'_, S>) -> Result<OwnedFd, Errno> {
    let words = [number(dir), name.as_ptr().expose_provenance(), (&raw mut args.raw).expose_provenance(), size_of::<S>()];
    // SAFETY: as in `spawn`; a name is read up to its end.
    unsafe { trap::call(S::NUMBER, &words).map(owned) }
}

/// `svc_accept`.
///
/// # Errors
/// The kernel's.
pub fn accept(queue: BorrowedFd<'_>, peer: &mut SvcPeer, flags: u32) -> Result<OwnedFd, Errno> {
    // SAFETY: the kernel writes the struct.
    unsafe {
        sys::svc_accept(number(queue), (&raw mut *peer).expose_provenance(), size_of::<SvcPeer>(), flags as usize).map(owned)
    }
}

/// `chan_create`.
///
/// # Errors
/// The kernel's.
pub fn create(args: &ChanCreate) -> Result<Descriptors, Errno> {
    let mut ends = Descriptors::default();
    let (to, from) = (ends.0.as_mut_ptr().expose_provenance(), (&raw const *args).expose_provenance());
    // SAFETY: the kernel reads one struct and writes two numbers.
    unsafe { sys::chan_create(to, from, size_of::<ChanCreate>())? };
    Ok(ends)
}

fn number(fd: BorrowedFd<'_>) -> usize {
    fd.as_raw_fd() as usize
}

/// The descriptor that a call returned.
fn owned(number: usize) -> OwnedFd {
    // SAFETY: only calls of this file that return a new descriptor come here.
    unsafe { OwnedFd::from_raw_fd(number as i32) }
}
