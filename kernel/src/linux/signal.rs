//! Signals: rt_sigaction(2), rt_sigprocmask(2), kill(2) and their family.

use super::{Call, CallResult, Restart, Stop};
use crate::clock::{self, SECOND_NS};
use crate::fs::context::Cred;
use crate::see::{On, Waits};
use crate::task::ids;
use crate::task::process::Process;
use crate::task::signal::{Sender, discard_everywhere, send_to_process, send_to_thread, sigreturn};
use crate::task::thread::Thread;
use crate::task::wait::{self, Ended, Interrupt};
use abi::Errno;
use logic_signal::{Action, AltStack, AltStackError, SigInfo, SigSet, Signal, code};
use mem::{Ref, user};

const SET_BYTES: usize = 8;

fn signal(number: u32) -> Result<Signal, Errno> {
    Signal::new(number).ok_or(Errno::EINVAL)
}

/// rt_sigaction(2).
pub(super) fn rt_sigaction(c: &mut Call<'_>) -> CallResult {
    if c.arg(3) != SET_BYTES {
        return Err(Errno::EINVAL.into());
    }
    let signal = signal(c.uint(0))?;
    let new = if c.arg(1) != 0 { Some(Action::from_user(user::read::<[u64; 3]>(c.arg(1))?)) } else { None };
    let actions = c.me.process().signals.actions();
    let (old, discard) = {
        let mut a = actions.lock();
        match new {
            Some(new) => {
                let s = a.set(signal, new).map_err(|_| Errno::EINVAL)?;
                (s.old, s.discard)
            }
            None => (a.get(signal), SigSet::EMPTY),
        }
    };
    if !discard.is_empty() {
        discard_everywhere(c.me.process(), discard);
    }
    if c.arg(2) != 0 {
        user::write(c.arg(2), &old.to_user())?;
    }
    Ok(0)
}

/// rt_sigprocmask(2).
pub(super) fn rt_sigprocmask(c: &mut Call<'_>) -> CallResult {
    if c.arg(3) != SET_BYTES {
        return Err(Errno::EINVAL.into());
    }
    let old = c.me.blocked();
    if c.arg(1) != 0 {
        let set = SigSet(user::read::<u64>(c.arg(1))?);
        let new = match c.uint(0) {
            0 => old.union(set),
            1 => old.without(set),
            2 => set,
            _ => return Err(Errno::EINVAL.into()),
        };
        c.me.set_blocked(new);
    }
    if c.arg(2) != 0 {
        user::write(c.arg(2), &old.0)?;
    }
    Ok(0)
}

/// rt_sigpending(2).
pub(super) fn rt_sigpending(c: &mut Call<'_>) -> CallResult {
    if c.arg(1) > SET_BYTES {
        return Err(Errno::EINVAL.into());
    }
    let shared = c.me.process().signals.shared.lock().pending.set();
    let s = c.me.signals.lock();
    let set = s.pending.set().union(shared).intersection(s.blocked);
    drop(s);
    user::copy_out(c.arg(0), set.0.to_le_bytes().get(..c.arg(1)).unwrap_or_default())?;
    Ok(0)
}

/// rt_sigsuspend(2).
pub(super) fn rt_sigsuspend(c: &mut Call<'_>) -> CallResult {
    if c.arg(1) != SET_BYTES {
        return Err(Errno::EINVAL.into());
    }
    let mask = SigSet(user::read::<u64>(c.arg(0))?);
    c.me.set_mask_for_call(mask);
    let never = || Ok::<Option<()>, Ended>(None);
    let _ = wait::sleep_on(c.me, On::plain(Waits::Signal), None, Interrupt::AnySignal, never);
    Err(Stop::Restart(Restart::NoHandler))
}

/// rt_sigreturn(2).
pub(super) fn rt_sigreturn(c: &mut Call<'_>) -> CallResult {
    sigreturn(c.me, c.frame);
    Err(Stop::FrameReplaced)
}

/// sigaltstack(2).
pub(super) fn sigaltstack(c: &mut Call<'_>) -> CallResult {
    let sp = c.frame.sp() as u64;
    let new = if c.arg(0) != 0 { Some(user::read::<[u64; 3]>(c.arg(0))?) } else { None };
    let old = {
        let mut s = c.me.signals.lock();
        let old = s.altstack.report(sp);
        if let Some([base, flags, size_bytes]) = new {
            s.altstack.set(AltStack { base, flags: flags as u32, size_bytes }, sp).map_err(|e| match e {
                AltStackError::InUse => Errno::EPERM,
                AltStackError::BadFlags => Errno::EINVAL,
                AltStackError::TooSmall => Errno::ENOMEM,
            })?;
        }
        old
    };
    if c.arg(1) != 0 {
        user::write(c.arg(1), &[old.base, u64::from(old.flags), old.size_bytes])?;
    }
    Ok(0)
}

/// Whether the caller may signal a process (kill(2)): SIGCONT within the session always.
pub(super) fn may_signal(c: &Call<'_>, cred: &Cred, target: &Process, signal: Option<Signal>) -> bool {
    if cred.capable(crate::fs::context::cap::KILL) {
        return true;
    }
    let thread = target.state.lock().first_thread();
    let ids = thread.and_then(|t| t.refs()).map(|r| r.cred.uid);
    let same = ids.is_none_or(|u| [cred.uid.real, cred.uid.effective].iter().any(|id| *id == u.real || *id == u.saved));
    let sid = c.me.process().state.lock().sid;
    same || signal == Some(Signal::CONT) && target.state.lock().sid == sid
}

/// Who sends, as the caller calls itself; [`as_seen`] says what the target calls it.
pub(super) fn sender_info(c: &Call<'_>, cred: &Cred, signal: Signal, code: i32) -> SigInfo {
    SigInfo::from_sender(signal, code, c.me.process().own_pid() as i32, cred.uid.real)
}

/// What a process sends as it arrives in the target's scope; nobody is named where the sender does not exist.
#[inline]
pub(super) fn as_seen(c: &Call<'_>, target: &Process, info: SigInfo) -> (SigInfo, Sender) {
    let me = c.me.process();
    if me.scope().id() == target.scope().id() {
        return (info, Sender::User);
    }
    let pid = me.number_in(target.scope());
    (info.with_sender(pid as i32), if pid == 0 { Sender::Outer } else { Sender::User })
}

fn kill_one(c: &Call<'_>, target: &Process, signal: Option<Signal>) -> Result<(), Errno> {
    let cred = c.me.cred();
    kill_checked(c, &cred, target, signal.map(|s| sender_info(c, &cred, s, code::SI_USER)))
}

/// Sends a process a signal, or none, if the caller may.
pub(super) fn kill_checked(c: &Call<'_>, cred: &Cred, target: &Process, info: Option<SigInfo>) -> Result<(), Errno> {
    if !may_signal(c, cred, target, info.map(|i| i.signal)) {
        return Err(Errno::EPERM);
    }
    let Some(info) = info else { return Ok(()) };
    let (info, sender) = as_seen(c, target, info);
    send_to_process(target, info, sender)
}

fn kill_many(c: &Call<'_>, signal: Option<Signal>, pick: impl Fn(&Process) -> bool) -> CallResult {
    signal_many(pick, |p| kill_one(c, p, signal))
}

/// Has `send` signal all processes that `pick` wants; success if one could be signalled.
pub(super) fn signal_many(pick: impl Fn(&Process) -> bool, send: impl Fn(&Process) -> Result<(), Errno>) -> CallResult {
    let mut result = Err(Errno::ESRCH);
    let mut from = 0;
    while let Some((pid, p)) = ids::next_visible(from) {
        from = pid.saturating_add(1);
        if !pick(&p) {
            continue;
        }
        match (send(&p), &result) {
            (Ok(()), _) => result = Ok(()),
            (Err(e), Err(Errno::ESRCH)) => result = Err(e),
            _ => {}
        }
    }
    result?;
    Ok(0)
}

/// kill(2).
pub(super) fn kill(c: &mut Call<'_>) -> CallResult {
    let number = c.uint(1);
    let signal = if number == 0 { None } else { Some(signal(number)?) };
    let own = c.me.process();
    match c.int(0) {
        p if p > 0 && p as u32 == own.own_pid() => {
            kill_one(c, own, signal)?;
            Ok(0)
        }
        0 => {
            let own_group = own.state.lock().pgid;
            kill_many(c, signal, |p| p.state.lock().pgid == own_group)
        }
        -1 => {
            let sent = kill_many(c, signal, |p| p.number_in(own.scope()) > 1 && p.pid() != own.pid());
            // That there was nobody is an error, that nobody could be signalled is none.
            sent.or_else(|e| if matches!(e, Stop::Errno(Errno::EPERM)) { Ok(0) } else { Err(e) })
        }
        i32::MIN => Err(Errno::ESRCH.into()),
        p if p < 0 => {
            let group = ids::root_of(p.unsigned_abs()).ok_or(Errno::ESRCH)?;
            kill_many(c, signal, |p| p.state.lock().pgid == group)
        }
        p => {
            let target = ids::process(p as u32).ok_or(Errno::ESRCH)?;
            kill_one(c, &target, signal)?;
            Ok(0)
        }
    }
}

fn target_thread(tgid: Option<i32>, tid: i32) -> Result<Ref<Thread>, Errno> {
    if tid <= 0 || tgid.is_some_and(|g| g <= 0) {
        return Err(Errno::EINVAL);
    }
    let t = ids::thread(tid as u32).ok_or(Errno::ESRCH)?;
    if tgid.is_some_and(|g| ids::seen_by_caller(t.process().pid()) != g as u32) {
        return Err(Errno::ESRCH);
    }
    Ok(t)
}

fn kill_thread(c: &Call<'_>, t: &Thread, number: u32) -> CallResult {
    let signal = if number == 0 { None } else { Some(signal(number)?) };
    let cred = c.me.cred();
    if !may_signal(c, &cred, t.process(), signal) {
        return Err(Errno::EPERM.into());
    }
    if let Some(s) = signal {
        let (info, sender) = as_seen(c, t.process(), sender_info(c, &cred, s, code::SI_TKILL));
        send_to_thread(t, info, sender)?;
    }
    Ok(0)
}

/// tkill(2).
pub(super) fn tkill(c: &mut Call<'_>) -> CallResult {
    let t = target_thread(None, c.int(0))?;
    kill_thread(c, &t, c.uint(1))
}

/// tgkill(2).
pub(super) fn tgkill(c: &mut Call<'_>) -> CallResult {
    let t = target_thread(Some(c.int(0)), c.int(1))?;
    kill_thread(c, &t, c.uint(2))
}

/// The siginfo that a program wants to send: only codes that it may use.
fn user_info(c: &Call<'_>, signal: Signal, addr: usize, target: u32) -> Result<SigInfo, Errno> {
    let mut bytes = [0u8; SigInfo::BYTES];
    user::copy_in(&mut bytes, addr).map_err(|_| Errno::EFAULT)?;
    let info = SigInfo::from_user(signal, &bytes);
    if (info.code >= 0 || info.code == code::SI_TKILL) && target != c.me.own_tid() {
        return Err(Errno::EPERM);
    }
    Ok(info)
}

/// rt_sigqueueinfo(2).
pub(super) fn rt_sigqueueinfo(c: &mut Call<'_>) -> CallResult {
    let pid = u32::try_from(c.int(0)).map_err(|_| Errno::ESRCH)?;
    let number = c.uint(1);
    let info = user_info(c, Signal::new(number.max(1)).ok_or(Errno::EINVAL)?, c.arg(2), pid)?;
    let target = ids::process(pid).ok_or(Errno::ESRCH)?;
    if !may_signal(c, &c.me.cred(), &target, Some(info.signal)) {
        return Err(Errno::EPERM.into());
    }
    if number != 0 {
        let (info, sender) = as_seen(c, &target, info);
        send_to_process(&target, info, sender)?;
    }
    Ok(0)
}

/// rt_tgsigqueueinfo(2).
pub(super) fn rt_tgsigqueueinfo(c: &mut Call<'_>) -> CallResult {
    if c.int(0) <= 0 || c.int(1) <= 0 {
        return Err(Errno::EINVAL.into());
    }
    let number = c.uint(2);
    let info = user_info(c, Signal::new(number.max(1)).ok_or(Errno::EINVAL)?, c.arg(3), c.uint(1))?;
    let t = target_thread(Some(c.int(0)), c.int(1))?;
    if !may_signal(c, &c.me.cred(), t.process(), Some(info.signal)) {
        return Err(Errno::EPERM.into());
    }
    if number != 0 {
        let (info, sender) = as_seen(c, t.process(), info);
        send_to_thread(&t, info, sender)?;
    }
    Ok(0)
}

/// A relative timespec in user memory as a deadline of the monotonic clock.
pub(crate) fn relative_deadline(addr: usize) -> Result<Option<u64>, Errno> {
    Ok(relative_time(addr)?.map(|ns| clock::monotonic_ns().saturating_add(ns)))
}

/// A relative timespec in user memory, in nanoseconds.
pub(crate) fn relative_time(addr: usize) -> Result<Option<u64>, Errno> {
    if addr == 0 {
        return Ok(None);
    }
    let [sec, nsec] = user::read::<[i64; 2]>(addr).map_err(|_| Errno::EFAULT)?;
    if sec < 0 || !(0..SECOND_NS as i64).contains(&nsec) {
        return Err(Errno::EINVAL);
    }
    Ok(Some((sec as u64).saturating_mul(SECOND_NS).saturating_add(nsec as u64)))
}

/// rt_sigtimedwait(2).
pub(super) fn rt_sigtimedwait(c: &mut Call<'_>) -> CallResult {
    if c.arg(3) != SET_BYTES {
        return Err(Errno::EINVAL.into());
    }
    let set = SigSet(user::read::<u64>(c.arg(0))?).as_mask();
    let deadline = relative_deadline(c.arg(2))?;
    let me = c.me;
    me.signals.lock().awaited = set;
    let take = || {
        let mut shared = me.process().signals.shared.lock();
        let mut mine = me.signals.lock();
        let taken = mine.pending.take(set).or_else(|| shared.pending.take(set));
        Ok::<_, Ended>(taken)
    };
    let result = wait::sleep_on(me, On::plain(Waits::Signal), deadline, Interrupt::AnySignal, take);
    me.signals.lock().awaited = SigSet::EMPTY;
    me.recheck_signals();
    match result {
        Ok(mut taken) => {
            taken.info = crate::task::posix_timers::signal_taken(me.process(), taken.info);
            if c.arg(1) != 0 {
                let mut bytes = [0u8; SigInfo::USER_BYTES];
                for (to, from) in bytes.iter_mut().zip(taken.info.to_bytes()) {
                    *to = from;
                }
                user::copy_out(c.arg(1), &bytes)?;
            }
            Ok(taken.info.signal.number() as usize)
        }
        Err(Ended::Signal) => Err(Errno::EINTR.into()),
        Err(_) => Err(Errno::EAGAIN.into()),
    }
}
