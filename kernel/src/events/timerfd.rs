//! Timers that are read (timerfd_create(2)): `logic-timerfd` with a lock, an alarm and observers.
//!
//! A timer with a point of real time also observes the setting of that clock, because its deadline moves then.

use crate::clock;
use crate::fs::buffer::Buffer;
use crate::fs::file::{Descriptor, File, Io, O_NONBLOCK, O_RDWR, OpenFile, Special};
use crate::linux::time::clock_set;
use crate::linux::{Restart, Stop};
use crate::task::alarm::Alarm;
use crate::task::timers::{Expire, TimerNode};
use crate::task::wait::{self, Ended, Interrupt, Observer, Observers, Told, Watch};
use abi::Errno;
use alloc::boxed::Box;
use logic_timerfd::{Now, Read, Scale, Setting, Start};
use logic_waits::{Events, Key, Mode};
use mem::{NoMemory, Ref, Weak};
use sync::{SpinLock, levels};

/// A timer that is read.
pub(crate) struct TimerFd {
    me: Weak<TimerFd>,
    /// The number of its clock.
    pub(crate) clock: i32,
    state: SpinLock<State, levels::ObjectState>,
}

struct State {
    logic: logic_timerfd::TimerFd,
    alarm: Alarm,
    observers: Observers,
    /// Its registration for changes of the real-time clock.
    clock_key: Option<Key>,
    /// What it was set with (TFD_TIMER_*), for those who ask.
    flags: u32,
}

/// What the clocks show now.
fn now() -> Now {
    Now { monotonic_ns: clock::monotonic_ns(), real_offset_ns: clock::real_offset_ns() }
}

/// A timer, not armed, with its first descriptor.
pub(crate) fn create(clock: i32, flags: u32) -> Result<Descriptor, NoMemory> {
    let state = State {
        logic: logic_timerfd::TimerFd::new(now()),
        alarm: Alarm::try_new()?,
        observers: Observers::new(),
        clock_key: None,
        flags: 0,
    };
    let timer = Ref::try_new_cyclic(|me| TimerFd { me: me.clone(), clock, state: SpinLock::new(state) })?;
    OpenFile::open(timer.unsize(|p| p), None, O_RDWR | flags & O_NONBLOCK)
}

impl TimerFd {
    /// Sets it; gives the old setting. ECANCELED: it is set, and the clock has jumped.
    pub(crate) fn set(&self, start: Start, new: Setting, flags: u32) -> Result<Setting, Errno> {
        let Some(me) = self.me.upgrade() else { return Err(Errno::EBADF) };
        if start.scale == Scale::Real {
            self.watch_clock(&me)?;
        }
        // Point of no return.
        let mut s = self.state.lock();
        let (old, told) = s.logic.set(start, new, now());
        s.rearm(&me);
        if told.is_ok() {
            s.flags = flags;
        }
        drop(s);
        told.map(|()| old).map_err(|logic_timerfd::Canceled| Errno::ECANCELED)
    }

    /// The present setting.
    pub(crate) fn get(&self) -> Setting {
        let me = self.me.upgrade();
        let mut s = self.state.lock();
        let setting = s.logic.setting(now());
        if let Some(me) = &me {
            s.rearm(me);
        }
        setting
    }

    /// Has the clock tell of its changes, from now to the last close.
    fn watch_clock(&self, me: &Ref<TimerFd>) -> Result<(), Errno> {
        let mut result = Ok(());
        let mut s = self.state.lock();
        if s.clock_key.is_none() {
            clock_set().with_observers(&mut |list| match list.add(
                Observer::Object(me.clone().unsize(|p| p)),
                Events::IN,
                Mode::All,
            ) {
                Ok(key) => s.clock_key = Some(key),
                Err(_) => result = Err(Errno::ENOMEM),
            });
        }
        result
    }

    /// Takes what there is to read; `None`: nothing.
    fn take(&self, me: &Ref<TimerFd>) -> Option<Result<u64, Errno>> {
        let mut s = self.state.lock();
        let read = s.logic.read(now());
        s.rearm(me);
        match read {
            Read::Nothing => None,
            Read::Expired(n) => Some(Ok(n)),
            Read::Canceled => Some(Err(Errno::ECANCELED)),
        }
    }

    /// Changes the state, and tells those who watch if there is something to read that was not before.
    fn act(&self, f: impl FnOnce(&mut State) -> bool) {
        let news = Events::IN;
        let mut s = self.state.lock();
        if !f(&mut s) {
            return;
        }
        drop(s);
        wait::notify(self, news);
    }
}

impl State {
    fn rearm(&mut self, me: &Ref<TimerFd>) {
        let due = self.logic.deadline_ns(now());
        if due != self.alarm.due_ns() {
            self.alarm.set(due, || me.clone().unsize(|p| p));
        }
    }
}

impl Expire for TimerFd {
    fn expired(&self, node: Box<TimerNode>) {
        let Some(me) = self.me.upgrade() else { return };
        self.act(|s| {
            let due = s.alarm.arrived(node, || me.clone().unsize(|p| p)) && s.logic.expired(now());
            s.rearm(&me);
            due
        });
    }
}

impl Told for TimerFd {
    fn told(&self, _events: Events) {
        let Some(me) = self.me.upgrade() else { return };
        self.act(|s| {
            let canceled = s.logic.clock_set(now());
            s.rearm(&me);
            canceled
        });
    }
}

impl Watch for TimerFd {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        f(&mut self.state.lock().observers);
    }
    fn on(&self, events: logic_waits::Events) -> crate::see::On {
        let _ = events;
        crate::see::On::plain(crate::see::Waits::Time)
    }
}

impl File for TimerFd {
    fn read(&self, io: &Io<'_>, to: &mut Buffer<'_>) -> Result<usize, Stop> {
        if to.left() < size_of::<u64>() {
            return Err(Errno::EINVAL.into());
        }
        let Some(me) = self.me.upgrade() else { return Err(Errno::EBADF.into()) };
        let expired = match self.take(&me) {
            Some(r) => r?,
            None if io.nonblock => return Err(Errno::EAGAIN.into()),
            None => {
                let attempt = || self.take(&me);
                match wait::wait_at(io.me, self, Events::IN, Mode::All, None, Interrupt::AnySignal, attempt) {
                    Ok(r) => r?,
                    Err(Ended::NoMemory) => return Err(Errno::ENOMEM.into()),
                    Err(_) => return Err(Stop::Restart(Restart::Sys)),
                }
            }
        };
        if to.put(&expired.to_le_bytes()) < size_of::<u64>() {
            self.act(|s| {
                s.logic.unread(expired);
                true
            });
            return Err(Errno::EFAULT.into());
        }
        Ok(size_of::<u64>())
    }
    fn poll(&self, _of: &OpenFile) -> Events {
        if self.state.lock().logic.ticks() != 0 { Events::IN } else { Events::empty() }
    }
    fn watch(&self) -> Option<&dyn Watch> {
        Some(self)
    }
    fn seek(&self, of: &OpenFile, _offset: i64, _whence: u32) -> Result<u64, Errno> {
        // Linux's noop_llseek.
        Ok(of.position.load(core::sync::atomic::Ordering::Relaxed))
    }
    fn last_close(&self, _of: &OpenFile) {
        let Some(me) = self.me.upgrade() else { return };
        let key = {
            let mut s = self.state.lock();
            s.alarm.set(None, || me.clone().unsize(|p| p));
            s.clock_key.take()
        };
        let mut removed = None;
        if let Some(key) = key {
            clock_set().with_observers(&mut |list| removed = list.remove(key));
        }
        drop(removed);
    }
    fn label(&self, out: &mut dyn core::fmt::Write) {
        let _ = out.write_str("anon_inode:[timerfd]");
    }
    fn fdinfo(&self, _of: &OpenFile, out: &mut dyn core::fmt::Write) -> core::fmt::Result {
        let (shown, ticks, flags) = {
            let s = self.state.lock();
            (s.logic.shown(now()), s.logic.ticks(), s.flags)
        };
        let parts = |ns: u64| (ns / clock::SECOND_NS, ns % clock::SECOND_NS);
        let (value, interval) = (parts(shown.left_ns), parts(shown.interval_ns));
        writeln!(out, "clockid: {}\nticks: {ticks}\nsettime flags: 0{flags:o}", self.clock)?;
        writeln!(out, "it_value: ({}, {})\nit_interval: ({}, {})", value.0, value.1, interval.0, interval.1)
    }
    fn special(&self) -> Special<'_> {
        Special::Timer(self)
    }
}
