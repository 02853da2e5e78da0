//! ioprio_set(2), ioprio_get(2): priorities for block devices.
//!
//! Devices are driven by processes, which serve requests in the order of their arrival: the kernel keeps the priority,
//! hands it on to children and tells it.

use super::sched::{Who, same_owner};
use super::{Call, CallResult};
use crate::fs::context::cap;
use crate::task::Thread;
use crate::task::policy::Policy;
use abi::Errno;
use core::sync::atomic::Ordering::Relaxed;

/// The class stands above the level and the hint.
const CLASS_SHIFT: u32 = 13;
const LEVEL_MASK: u32 = 7;

mod class {
    pub(super) const NONE: u32 = 0;
    pub(super) const REALTIME: u32 = 1;
    pub(super) const BEST_EFFORT: u32 = 2;
    pub(super) const IDLE: u32 = 3;
}

fn whom(c: &Call<'_>) -> Result<Who, Errno> {
    let who = c.uint(1);
    Ok(match c.int(0) {
        1 => Who::Thread,
        2 if who == 0 => Who::Group(c.me.process().state.lock().pgid),
        2 => Who::Group(crate::task::ids::root_of(who).ok_or(Errno::ESRCH)?),
        3 if who == 0 => Who::User(c.me.cred().uid.real),
        3 => Who::User(who),
        _ => return Err(Errno::EINVAL),
    })
}

/// ioprio_set(2).
pub(super) fn ioprio_set(c: &mut Call<'_>) -> CallResult {
    let priority = c.uint(2);
    let cred = c.me.cred();
    match priority >> CLASS_SHIFT {
        class::REALTIME if !cred.capable(cap::SYS_ADMIN) && !cred.capable(cap::SYS_NICE) => return Err(Errno::EPERM.into()),
        class::REALTIME | class::BEST_EFFORT | class::IDLE => {}
        class::NONE if priority & LEVEL_MASK == 0 => {}
        _ => return Err(Errno::EINVAL.into()),
    }
    let who = whom(c)?;
    let mut result = Err(Errno::ESRCH);
    who.each(c, |t| {
        if !same_owner(&cred, t) && !cred.capable(cap::SYS_NICE) {
            result = Err(Errno::EPERM);
            return;
        }
        if result == Err(Errno::ESRCH) {
            result = Ok(());
        }
        t.attrs.io_priority.store(priority, Relaxed);
    });
    result?;
    Ok(0)
}

/// A thread's priority; one that set none has that of its policy and nice value.
fn effective(t: &Thread) -> u32 {
    let set = t.attrs.io_priority.load(Relaxed);
    if set >> CLASS_SHIFT != class::NONE {
        return set;
    }
    let p = t.parameters();
    let class = match p.policy {
        Policy::Idle => class::IDLE,
        Policy::Fifo | Policy::Rr => class::REALTIME,
        Policy::Other | Policy::Batch => class::BEST_EFFORT,
    };
    class << CLASS_SHIFT | (i32::from(p.nice).saturating_add(20) / 5) as u32
}

/// ioprio_get(2): of several the best.
pub(super) fn ioprio_get(c: &mut Call<'_>) -> CallResult {
    let who = whom(c)?;
    let one = matches!(who, Who::Thread);
    let mut best: Option<u32> = None;
    who.each(c, |t| {
        let value = if one { t.attrs.io_priority.load(Relaxed) } else { effective(t) };
        best = Some(best.map_or(value, |b| b.min(value)));
    });
    Ok(best.ok_or(Errno::ESRCH)? as usize)
}
