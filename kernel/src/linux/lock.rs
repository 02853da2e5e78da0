//! Advisory locks: flock(2), and the record locks of fcntl(2).

use super::{Call, CallResult, Restart, Stop};
use crate::fs::file::Descriptor;
use crate::fs::locks::{Held, List, Owner};
use crate::task::wait::Ended;
use abi::{Errno, Rights};
use core::sync::atomic::Ordering;
use logic_filelock::{Kind, LAST, Span};
use mem::{Ref, user};

const F_RDLCK: i16 = 0;
const F_WRLCK: i16 = 1;
const F_UNLCK: i16 = 2;

/// F_GETLK
pub(super) const F_GETLK: u32 = 5;
const F_SETLK: u32 = 6;
/// F_SETLKW
pub(super) const F_SETLKW: u32 = 7;
/// F_OFD_GETLK
pub(super) const F_OFD_GETLK: u32 = 36;
const F_OFD_SETLK: u32 = 37;
/// F_OFD_SETLKW
pub(super) const F_OFD_SETLKW: u32 = 38;

/// `struct flock`: type, whence, start, length, pid.
struct Flock {
    kind: i16,
    whence: i16,
    start: i64,
    len: i64,
    pid: i32,
}

impl Flock {
    fn read(addr: usize) -> Result<Flock, Errno> {
        let [head, start, len, pid] = user::read::<[u64; 4]>(addr).map_err(|_| Errno::EFAULT)?;
        Ok(Flock { kind: head as i16, whence: (head >> 16) as i16, start: start as i64, len: len as i64, pid: pid as i32 })
    }
    fn write(&self, addr: usize) -> Result<(), Errno> {
        // The padding is as the program left it, so only the fields are written.
        user::write(addr, &[self.kind, self.whence])
            .and_then(|()| user::write(addr.wrapping_add(8), &[self.start, self.len]))
            .and_then(|()| user::write(addr.wrapping_add(24), &self.pid))
            .map_err(|_| Errno::EFAULT)
    }
    /// Which bytes it means.
    fn span(&self, file: &Descriptor) -> Result<Span, Errno> {
        let base = match self.whence {
            0 => 0,
            1 => file.position.load(Ordering::Acquire) as i64,
            2 => file.inode().map_or(0, |i| i.size()) as i64,
            _ => return Err(Errno::EINVAL),
        };
        let start = base.checked_add(self.start).ok_or(Errno::EOVERFLOW)?;
        let (first, last) = match self.len {
            0 => (start, i64::MAX),
            n if n > 0 => (start, start.checked_add(n.wrapping_sub(1)).ok_or(Errno::EOVERFLOW)?),
            n => (start.checked_add(n).ok_or(Errno::EINVAL)?, start.checked_sub(1).ok_or(Errno::EINVAL)?),
        };
        match (u64::try_from(first), u64::try_from(last)) {
            (Ok(first), Ok(last)) => Ok(Span { first, last }),
            _ => Err(Errno::EINVAL),
        }
    }
}

/// A wait for a lock that ended early: a signal restarts the call or not, as SA_RESTART says.
fn ended(e: Ended) -> Stop {
    match e {
        Ended::NoMemory => Errno::ENOLCK.into(),
        Ended::Signal | Ended::Deadline => Stop::Restart(Restart::Sys),
    }
}

/// F_GETLK, F_SETLK, F_SETLKW and their F_OFD_ twins.
pub(super) fn record_lock(c: &Call<'_>, command: u32) -> CallResult {
    let files = c.me.files();
    // The descriptor stays counted as long as the call is under way: its last close waits for it.
    let slot = files.slot(c.int(0), c.need(0))?;
    let file = &slot.file;
    let inode = file.inode().ok_or(Errno::EINVAL)?;
    let mut lock = Flock::read(c.arg(2))?;
    let of_description = command >= F_OFD_GETLK;
    if of_description && lock.pid != 0 {
        return Err(Errno::EINVAL.into());
    }
    let kind = match lock.kind {
        F_RDLCK => Some(Kind::Shared),
        F_WRLCK => Some(Kind::Exclusive),
        F_UNLCK => None,
        _ => return Err(Errno::EINVAL.into()),
    };
    let span = lock.span(file)?;
    let (owner, note) = if of_description { (file.lock_owner(), u32::MAX) } else { (files.lock_owner(), c.me.process().pid()) };
    if matches!(command, F_GETLK | F_OFD_GETLK) {
        let kind = kind.ok_or(Errno::EINVAL)?;
        match inode.locks.conflict(&Held { owner, kind, span, note }) {
            None => lock.kind = F_UNLCK,
            Some(other) => lock.show(&other),
        }
        lock.write(c.arg(2))?;
        return Ok(0);
    }
    let Some(kind) = kind else {
        inode.locks.clear(List::Records, owner, span)?;
        return Ok(0);
    };
    let right = if kind == Kind::Shared { Rights::READ } else { Rights::WRITE };
    let allowed = slot.rights.contains(right) && if kind == Kind::Shared { file.readable() } else { file.writable() };
    if !allowed {
        return Err(Errno::EBADF.into());
    }
    let held = Held { owner, kind, span, note };
    match command {
        F_SETLK | F_OFD_SETLK => inode.locks.set(List::Records, held)?,
        _ => inode.locks.set_waiting(c.me, List::Records, held)?.map_err(ended)?,
    }
    // Another thread may have closed the descriptor meanwhile, and with it the process's locks on the file.
    let still = files.get(c.int(0), Rights::NONE).is_ok_and(|of| Ref::ptr_eq(&of, file.open_file()));
    if !still && !of_description {
        inode.locks.clear(List::Records, owner, span)?;
        return Err(Errno::EBADF.into());
    }
    Ok(0)
}

impl Flock {
    /// Becomes what F_GETLK tells of a lock that is in the way.
    fn show(&mut self, other: &Held) {
        self.kind = if other.kind == Kind::Shared { F_RDLCK } else { F_WRLCK };
        self.whence = 0;
        self.start = other.span.first as i64;
        self.len =
            if other.span.last == LAST { 0 } else { (other.span.last.wrapping_sub(other.span.first) as i64).saturating_add(1) };
        self.pid = if matches!(other.owner, Owner::Table(_)) { crate::task::ids::seen_by_caller(other.note) as i32 } else { -1 };
    }
}

/// flock(2).
pub(super) fn flock(c: &mut Call<'_>) -> CallResult {
    const LOCK_SH: u32 = 1;
    const LOCK_EX: u32 = 2;
    const LOCK_NB: u32 = 4;
    const LOCK_UN: u32 = 8;
    let operation = c.uint(1);
    let kind = match operation & !LOCK_NB {
        LOCK_SH => Some(Kind::Shared),
        LOCK_EX => Some(Kind::Exclusive),
        LOCK_UN => None,
        _ => {
            c.file(0)?;
            return Err(Errno::EINVAL.into());
        }
    };
    c.file(0)?;
    let slot = c.me.files().slot(c.int(0), c.need(0))?;
    let inode = slot.file.inode().ok_or(Errno::EBADF)?;
    let owner = slot.file.lock_owner();
    let Some(kind) = kind else {
        inode.locks.clear(List::Whole, owner, Span::ALL)?;
        return Ok(0);
    };
    let held = Held { owner, kind, span: Span::ALL, note: c.me.process().pid() };
    if inode.locks.holds(List::Whole, &held) {
        return Ok(0);
    }
    // Conversion is not atomic: the old lock goes first (flock(2)).
    inode.locks.clear(List::Whole, owner, Span::ALL)?;
    if operation & LOCK_NB != 0 {
        inode.locks.set(List::Whole, held)?;
    } else {
        inode.locks.set_waiting(c.me, List::Whole, held)?.map_err(ended)?;
    }
    Ok(0)
}
