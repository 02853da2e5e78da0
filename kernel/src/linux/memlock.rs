//! Memory that stays: mlock(2), mlock2(2), munlock(2), mlockall(2), munlockall(2). Nothing is ever paged out, so a lock
//! brings pages in, is counted, and is bounded by RLIMIT_MEMLOCK.

use super::{Call, CallResult};
use crate::fs::context::cap;
use crate::mm::AddressSpace;
use crate::mm::fault::FaultError;
use crate::mm::region::Traits;
use crate::mm::space::USER_END;
use crate::task::{Thread, limits};
use abi::Errno;
use core::ops::Range;
use mem::PAGE;

/// All traits of a lock.
const LOCKS: Traits = Traits::LOCKED.union(Traits::LOCK_ON_FAULT);

/// How much more a thread may lock.
enum Allowance {
    /// CAP_IPC_LOCK: anything.
    Unlimited,
    /// RLIMIT_MEMLOCK, in bytes.
    Bytes(u64),
}

/// EPERM for those who may lock nothing at all.
fn allowance(me: &Thread) -> Result<Allowance, Errno> {
    if me.cred().capable(cap::IPC_LOCK) {
        return Ok(Allowance::Unlimited);
    }
    match me.process().limit(limits::MEMLOCK) {
        0 => Err(Errno::EPERM),
        bytes => Ok(Allowance::Bytes(bytes)),
    }
}

/// Whether a new locked mapping of `len` bytes may be made (mmap(2), mremap(2)).
pub(super) fn check_mapping(me: &Thread, space: &AddressSpace, len: u64) -> Result<(), Errno> {
    match allowance(me)? {
        Allowance::Bytes(limit) if space.lock().bytes_with(Traits::LOCKED).saturating_add(len) > limit => Err(Errno::EAGAIN),
        _ => Ok(()),
    }
}

/// The pages of arguments that need no alignment.
fn whole_pages(c: &Call<'_>) -> Result<Range<u64>, Errno> {
    let start = c.arg(0) & !(PAGE - 1);
    let len = c.arg(1).checked_add(c.arg(0) % PAGE).and_then(|n| n.checked_next_multiple_of(PAGE)).ok_or(Errno::EINVAL)?;
    let end = start.checked_add(len).ok_or(Errno::EINVAL)?;
    Ok(start as u64..end as u64)
}

fn lock(c: &Call<'_>, how: Traits) -> CallResult {
    let allowance = allowance(c.me)?;
    let range = whole_pages(c)?;
    if range.is_empty() {
        return Ok(0);
    }
    let space = c.space()?;
    if let Allowance::Bytes(limit) = allowance {
        let inner = space.lock();
        let fresh = range.end.saturating_sub(range.start).saturating_sub(inner.bytes_in_with(&range, Traits::LOCKED));
        if inner.bytes_with(Traits::LOCKED).saturating_add(fresh) > limit {
            return Err(Errno::ENOMEM.into());
        }
    }
    space.set_traits(range.clone(), how, LOCKS.difference(how))?;
    if !how.contains(Traits::LOCK_ON_FAULT) {
        space.populate(range).map_err(|e| match e {
            FaultError::NoMemory => Errno::EAGAIN,
            FaultError::NotMapped | FaultError::NotAllowed | FaultError::BeyondEnd => Errno::ENOMEM,
        })?;
    }
    Ok(0)
}

/// mlock(2).
pub(super) fn mlock(c: &mut Call<'_>) -> CallResult {
    lock(c, Traits::LOCKED)
}

/// mlock2(2).
pub(super) fn mlock2(c: &mut Call<'_>) -> CallResult {
    const MLOCK_ONFAULT: u32 = 1;
    match c.uint(2) {
        0 => lock(c, Traits::LOCKED),
        MLOCK_ONFAULT => lock(c, LOCKS),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// munlock(2).
pub(super) fn munlock(c: &mut Call<'_>) -> CallResult {
    let range = whole_pages(c)?;
    if !range.is_empty() {
        c.space()?.set_traits(range, Traits::empty(), LOCKS)?;
    }
    Ok(0)
}

/// mlockall(2).
pub(super) fn mlockall(c: &mut Call<'_>) -> CallResult {
    const MCL_CURRENT: u32 = 1;
    const MCL_FUTURE: u32 = 2;
    const MCL_ONFAULT: u32 = 4;
    let flags = c.uint(0);
    if flags & !(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0 || flags & (MCL_CURRENT | MCL_FUTURE) == 0 {
        return Err(Errno::EINVAL.into());
    }
    let allowance = allowance(c.me)?;
    let space = c.space()?;
    if let (Allowance::Bytes(limit), true) = (allowance, flags & MCL_CURRENT != 0)
        && space.lock().regions.total_bytes() > limit
    {
        return Err(Errno::ENOMEM.into());
    }
    let how = if flags & MCL_ONFAULT != 0 { LOCKS } else { Traits::LOCKED };
    space.set_future_traits(if flags & MCL_FUTURE != 0 { how } else { Traits::empty() });
    if flags & MCL_CURRENT != 0 {
        // Holes are no error here, and neither is what cannot be brought in.
        let _ = space.set_traits(0..USER_END, how, LOCKS.difference(how));
        if flags & MCL_ONFAULT == 0 {
            space.populate_each(0..USER_END);
        }
    }
    Ok(0)
}

/// munlockall(2).
pub(super) fn munlockall(c: &mut Call<'_>) -> CallResult {
    let space = c.space()?;
    space.set_future_traits(Traits::empty());
    let _ = space.set_traits(0..USER_END, Traits::empty(), LOCKS);
    Ok(0)
}
