//! ITIMER_REAL (setitimer(2), alarm(2)): SIGALRM after a stretch of real time.
//!
//! After SIGALRM was sent, an interval timer rests until the signal is taken, as on Linux: a short interval cannot flood the
//! machine.

use super::alarm::Alarm;
use super::posix_timers::Setting;
use super::process::Process;
use super::signal::{Sender, send_to_process};
use super::timers::{Expire, TimerNode};
use crate::clock;
use abi::Errno;
use alloc::boxed::Box;
use logic_signal::{SigInfo, Signal, code};
use mem::{NoMemory, Ref, Weak};
use sync::{SpinLock, levels};

/// The timer of a process.
pub(crate) struct RealTimer {
    me: Weak<RealTimer>,
    process: Weak<Process>,
    state: SpinLock<State, levels::ObjectState>,
}

struct State {
    alarm: Alarm,
    interval_ns: u64,
    /// When it expired last, while it rests.
    expired_ns: Option<u64>,
}

impl RealTimer {
    fn object(&self) -> Option<Ref<dyn Expire>> {
        Some(self.me.upgrade()?.unsize(|p| p))
    }
    fn setting(&self) -> Setting {
        let s = self.state.lock();
        let left_ns = s.alarm.due_ns().map_or(0, |due| due.saturating_sub(clock::monotonic_ns()).max(1000));
        Setting { left_ns, interval_ns: s.interval_ns }
    }
    fn set(&self, new: Setting) {
        let Some(object) = self.object() else { return };
        let mut s = self.state.lock();
        s.interval_ns = new.interval_ns;
        s.expired_ns = None;
        let due = (new.left_ns != 0).then(|| clock::monotonic_ns().saturating_add(new.left_ns));
        s.alarm.set(due, || object);
    }
}

impl Expire for RealTimer {
    fn expired(&self, node: Box<TimerNode>) {
        let Some(object) = self.object() else { return };
        {
            let mut s = self.state.lock();
            let due = s.alarm.due_ns();
            if !s.alarm.arrived(node, || object) {
                return;
            }
            s.expired_ns = due;
        }
        if let Some(p) = self.process.upgrade() {
            let _ = send_to_process(&p, SigInfo::plain(Signal::ALRM, code::SI_KERNEL), Sender::Kernel);
        }
    }
}

fn of(process: &Process) -> Option<Ref<RealTimer>> {
    process.attrs.timers.real.lock().clone()
}

/// The present setting.
pub(crate) fn get(process: &Process) -> Setting {
    of(process).map_or(Setting::default(), |t| t.setting())
}

/// Sets it; gives the old setting.
pub(crate) fn set(process: &Process, new: Setting) -> Result<Setting, Errno> {
    let timer = match of(process) {
        Some(t) => t,
        None if new.left_ns == 0 => return Ok(Setting::default()),
        None => make(process).map_err(|NoMemory| Errno::ENOMEM)?,
    };
    let old = timer.setting();
    timer.set(new);
    Ok(old)
}

fn make(process: &Process) -> Result<Ref<RealTimer>, NoMemory> {
    let state = State { alarm: Alarm::try_new()?, interval_ns: 0, expired_ns: None };
    let fresh = Ref::try_new_cyclic(|me| RealTimer {
        me: me.clone(),
        process: Ref::downgrade(&process.to_ref()),
        state: SpinLock::new(state),
    })?;
    let mut slot = process.attrs.timers.real.lock();
    let timer = slot.get_or_insert_with(|| fresh.clone()).clone();
    drop(slot);
    drop(fresh);
    Ok(timer)
}

/// Its SIGALRM was taken: the next period.
pub(crate) fn alarm_taken(process: &Process) {
    let Some(timer) = of(process) else { return };
    let Some(object) = timer.object() else { return };
    let mut s = timer.state.lock();
    let (Some(expired), interval) = (s.expired_ns.take(), s.interval_ns) else { return };
    if interval != 0 {
        let now = clock::monotonic_ns();
        let periods = now.saturating_sub(expired).checked_div(interval).unwrap_or(0).saturating_add(1);
        s.alarm.set(Some(expired.saturating_add(periods.saturating_mul(interval))), || object);
    }
}

/// The process ends.
pub(crate) fn stop(process: &Process) {
    let timer = process.attrs.timers.real.lock().take();
    if let Some(t) = timer {
        t.set(Setting::default());
    }
}
