//! Sets of interests: epoll_create1(2), epoll_ctl(2), epoll_wait(2); and event counters: eventfd2(2).

use super::signal::relative_deadline;
use super::{Call, CallResult, Stop};
use crate::clock;
use crate::fs::epoll::{EpollSet, Target};
use crate::fs::eventfd::{self, Share};
use crate::fs::file::{O_CLOEXEC, O_NONBLOCK};
use abi::{EpollEvent, Errno};
use logic_epoll::Wanted;
use logic_signal::SigSet;
use mem::user;

/// eventfd2(2).
pub(super) fn eventfd2(c: &mut Call<'_>) -> CallResult {
    const EFD_SEMAPHORE: u32 = 1;
    let flags = c.uint(1);
    if flags & !(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let share = if flags & EFD_SEMAPHORE != 0 { Share::One } else { Share::Whole };
    let file = eventfd::open(c.uint(0), share, flags)?;
    Ok(c.install(file, flags & O_CLOEXEC != 0, 0)?)
}

/// epoll_create1(2).
pub(super) fn epoll_create1(c: &mut Call<'_>) -> CallResult {
    let flags = c.uint(0);
    if flags & !O_CLOEXEC != 0 {
        return Err(Errno::EINVAL.into());
    }
    let file = EpollSet::open()?;
    Ok(c.install(file, flags & O_CLOEXEC != 0, 0)?)
}

/// epoll_ctl(2).
pub(super) fn epoll_ctl(c: &mut Call<'_>) -> CallResult {
    const ADD: i32 = 1;
    const DEL: i32 = 2;
    const MOD: i32 = 3;
    let (op, number) = (c.int(1), c.int(2));
    // EPOLL_CTL_DEL has no event, and its pointer is not looked at.
    let event: EpollEvent = if op == DEL { EpollEvent::default() } else { user::read(c.arg(3))? };
    let files = c.me.files();
    let (set_number, needs) = (c.int(0), [c.need(0), c.need(2)]);
    let (mut set, mut of) = (None, None);
    files.get_each([(set_number, needs[0], &mut set), (number, needs[1], &mut of)].into_iter());
    // Why there is nothing is told by asking for one.
    let set = set.map_or_else(|| files.get(set_number, needs[0]), Ok)?;
    let of = of.map_or_else(|| files.get(number, needs[1]), Ok)?;
    let target = Target::new(number, &of).ok_or(Errno::EPERM)?;
    let set = set.file.as_epoll().filter(|_| !mem::Ref::ptr_eq(&set, &of)).ok_or(Errno::EINVAL)?;
    match op {
        ADD => {
            let wanted = Wanted::for_add(event.events, target.is_set()).map_err(|_| Errno::EINVAL)?;
            EpollSet::add(set, &target, wanted, event.data)?;
        }
        MOD => {
            let wanted = Wanted::for_change(event.events).map_err(|_| Errno::EINVAL)?;
            set.change(&target, wanted, event.data)?;
        }
        DEL => set.remove(&target)?,
        _ => return Err(Errno::EINVAL.into()),
    }
    Ok(0)
}

/// epoll_pwait(2).
pub(super) fn epoll_pwait(c: &mut Call<'_>) -> CallResult {
    let deadline = match c.int(3) {
        0 => Some(0),
        n if n < 0 => None,
        n => Some(clock::monotonic_ns().saturating_add((n as u64).saturating_mul(1_000_000))),
    };
    wait(c, deadline)
}

/// epoll_pwait2(2).
pub(super) fn epoll_pwait2(c: &mut Call<'_>) -> CallResult {
    let deadline = relative_deadline(c.arg(3))?;
    wait(c, deadline)
}

#[inline(always)]
fn wait(c: &mut Call<'_>, deadline: Option<u64>) -> CallResult {
    let masked = c.arg(4) != 0;
    if masked {
        if c.arg(5) != size_of::<SigSet>() {
            return Err(Errno::EINVAL.into());
        }
        let mask = SigSet(user::read::<u64>(c.arg(4))?);
        c.me.set_mask_for_call(mask);
    }
    let result = collect(c, deadline);
    // A signal is handled with the call's mask.
    if masked && result != Err(Stop::Errno(Errno::EINTR)) {
        c.me.restore_mask();
    }
    result
}

fn collect(c: &Call<'_>, deadline: Option<u64>) -> CallResult {
    const MOST: usize = i32::MAX as usize / size_of::<EpollEvent>();
    let (to, most) = (c.arg(1), c.int(2));
    let most = usize::try_from(most).ok().filter(|&n| n != 0 && n <= MOST);
    let most = most.ok_or(Errno::EINVAL)?;
    if !user::in_user_space(to, most.saturating_mul(size_of::<EpollEvent>())) {
        return Err(Errno::EFAULT.into());
    }
    let file = c.me.files().get(c.int(0), c.need(0))?;
    let set = file.file.as_epoll().ok_or(Errno::EINVAL)?;
    set.wait(c.me, to, most, deadline)
}
