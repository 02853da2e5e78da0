//! Signals that are read: signalfd4(2).

use super::{Call, CallResult};
use crate::events::signalfd;
use crate::fs::file::{O_CLOEXEC, O_NONBLOCK, Special};
use abi::Errno;
use logic_signal::SigSet;
use mem::user;

/// signalfd4(2).
pub(super) fn signalfd4(c: &mut Call<'_>) -> CallResult {
    if c.arg(2) != size_of::<u64>() {
        return Err(Errno::EINVAL.into());
    }
    // SIGKILL and SIGSTOP cannot be had.
    let mask = SigSet(user::read::<u64>(c.arg(1))?).as_mask();
    let flags = c.uint(3);
    if flags & !(O_CLOEXEC | O_NONBLOCK) != 0 {
        return Err(Errno::EINVAL.into());
    }
    if c.int(0) == -1 {
        let file = signalfd::create(mask, flags)?;
        return Ok(c.install(file, flags & O_CLOEXEC != 0, 0)?);
    }
    let of = c.file(0)?;
    match of.file.special() {
        Special::Signals(set) => set.set_mask(mask),
        _ => return Err(Errno::EINVAL.into()),
    }
    Ok(c.int(0) as usize)
}
