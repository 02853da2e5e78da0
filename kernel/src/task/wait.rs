//! The one way to block: register, check, sleep until event, deadline or signal, and say which it was.

use super::sched::{self, Leave};
use super::thread::Thread;
use super::timers::{self, Target};
use crate::clock;
use crate::fs::epoll::{self, EpollSet};
use crate::see::{On, Waits};
use logic_epoll::Token;
use logic_waits::{Batch, Events, Key, Mode, More, ObserverList};
use mem::Ref;

/// Who is told when an object changes.
#[derive(Clone)]
pub(crate) enum Observer {
    /// A thread that waits.
    Thread(Ref<Thread>),
    /// An interest of a set (epoll(7)).
    Interest(Ref<EpollSet>, Token),
    /// Something that is itself watched, or acts.
    Object(Ref<dyn Told>),
}

/// What is told when an object that it observes changes.
pub(crate) trait Told: Send + Sync {
    /// The events have happened. Called without a lock of the observed object; must not sleep. It may come late, after the
    /// observer has left.
    fn told(&self, events: Events);
}

impl Observer {
    /// Tells it. False: an interest of a set where no thread waits; if another set has to see to the event, let it.
    pub(crate) fn notify(self, events: Events) -> bool {
        match self {
            Observer::Thread(t) => t.wake(),
            Observer::Interest(set, token) => return epoll::interest_told(&set, token),
            Observer::Object(o) => o.told(events),
        }
        true
    }
}

/// Observers of one object.
pub(crate) type Observers = ObserverList<Observer>;

/// An object that can be waited for: it shows its observer list, under its lock.
pub(crate) trait Watch {
    /// Calls `f` with the list, the object's lock held.
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers));
    /// What a thread waits for that waits here for `events`.
    fn on(&self, events: Events) -> On {
        let _ = events;
        On::plain(Waits::Event)
    }
}

/// Why a wait ended without what was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The deadline passed.
    Deadline,
    /// A signal is pending.
    Signal,
    /// No memory for registering.
    NoMemory,
}

/// What may end a wait besides the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupt {
    /// Any signal.
    AnySignal,
    /// Only signals that end the process.
    Kill,
    /// Nothing: for a thread that has done with signals.
    Nothing,
}

impl Interrupt {
    fn pending(self, me: &Thread) -> bool {
        match self {
            Interrupt::AnySignal => me.signal_pending(),
            Interrupt::Kill => me.kill_pending(),
            Interrupt::Nothing => false,
        }
    }
}

/// Tells everyone in `list` about `events`: to be called with the way to lock the list, after the object changed under
/// that lock. Wakes happen after unlock.
pub(crate) fn notify(object: &dyn Watch, events: Events) {
    let mut batch = Batch::new();
    loop {
        let mut more = More::Done;
        object.with_observers(&mut |list| {
            if !list.is_empty() {
                more = list.fire(events, &mut batch);
            }
        });
        let mut helped = false;
        for o in batch.drain() {
            helped = o.notify(events);
        }
        if more == More::Done {
            return;
        }
        if helped {
            batch.accept();
        }
    }
}

/// Waits at one object until `attempt` gives something. `mode` says whether one waiter of many is enough for an event.
pub(crate) fn wait_at<T>(
    me: &Thread,
    object: &dyn Watch,
    events: Events,
    mode: Mode,
    deadline_ns: Option<u64>,
    interrupt: Interrupt,
    mut attempt: impl FnMut() -> Option<T>,
) -> Result<T, Ended> {
    let mut key: Option<Key> = None;
    let result = sleep_on(me, object.on(events), deadline_ns, interrupt, || {
        // Registered first, tried then: a change in between wakes.
        register(me, object, events, mode, &mut key).map_err(|()| Ended::NoMemory)?;
        Ok(attempt())
    });
    if let Some(key) = key {
        leave_object(object, key, events, result.is_ok());
    }
    result
}

fn register(me: &Thread, object: &dyn Watch, events: Events, mode: Mode, key: &mut Option<Key>) -> Result<(), ()> {
    let mut result = Ok(());
    object.with_observers(&mut |list| {
        if key.is_some_and(|k| list.contains(k)) {
            return;
        }
        match list.add(Observer::Thread(me.to_ref()), events, mode) {
            Ok(k) => *key = Some(k),
            Err(_) => result = Err(()),
        }
    });
    result
}

/// Ends a registration; a wake that was meant for one waiter and not used is passed on.
fn leave_object(object: &dyn Watch, key: Key, events: Events, consumed: bool) {
    let mut removed = None;
    object.with_observers(&mut |list| removed = list.remove(key));
    if removed.is_some() || consumed {
        return;
    }
    pass_on(object, events);
}

/// Wakes the next of those who wait one by one: for a waiter that was woken and has left something over, or has not used
/// its wake. What is already there wakes nobody else, as only changes do.
pub(crate) fn pass_on(object: &dyn Watch, events: Events) {
    let mut batch = Batch::new();
    loop {
        let mut more = More::Done;
        object.with_observers(&mut |list| more = list.pass_on(events, &mut batch));
        for o in batch.drain() {
            o.notify(events);
        }
        if more == More::Done {
            return;
        }
    }
}

/// Sleeps until `attempt` gives something; `on` says what that is. Whoever can change its answer must wake this thread
/// afterwards.
pub(crate) fn sleep_on<T>(
    me: &Thread,
    on: On,
    deadline_ns: Option<u64>,
    interrupt: Interrupt,
    mut attempt: impl FnMut() -> Result<Option<T>, Ended>,
) -> Result<T, Ended> {
    let mut deadline = Deadline::new(deadline_ns);
    let result = loop {
        me.wait.arm();
        match attempt() {
            Ok(Some(v)) => break Ok(v),
            Ok(None) => {}
            Err(e) => break Err(e),
        }
        if interrupt.pending(me) {
            break Err(Ended::Signal);
        }
        if deadline.passed(me) {
            break Err(Ended::Deadline);
        }
        me.seen.sleeps_on(on);
        sched::leave(Leave::Sleep);
    };
    me.wait.disarm();
    deadline.cancel(me);
    result
}

/// As [`sleep_on`], with a thread that runs next in any case: in the place of this one, if it comes to sleeping. Taken apart, for
/// who looks in between: [`Handing::arm`], a look, [`Handing::sleep`], a look, and so on; [`Handing::end`]. Any signal ends it.
pub(crate) struct Handing {
    deadline: Deadline,
    /// Who runs next.
    pub(crate) next: Option<Ref<Thread>>,
}

impl Handing {
    /// Begins. Who armed the thread's wait cell, and has made the change whose answer it waits for, may sleep before it looks.
    #[inline(always)]
    pub(crate) fn new(deadline_ns: Option<u64>, next: Option<Ref<Thread>>) -> Self {
        Handing { deadline: Deadline::new(deadline_ns), next }
    }
    /// Before the first look.
    #[inline(always)]
    pub(crate) fn arm(&self, me: &Thread) {
        me.wait.arm();
    }
    /// Sleeps, and is armed for another look.
    #[inline(always)]
    pub(crate) fn sleep(&mut self, me: &Thread, on: On) -> Result<(), Ended> {
        if Interrupt::AnySignal.pending(me) {
            return Err(Ended::Signal);
        }
        if self.deadline.passed(me) {
            return Err(Ended::Deadline);
        }
        me.seen.sleeps_on(on);
        match self.next.take() {
            Some(t) => sched::hand_over(t),
            None => sched::leave(Leave::Sleep),
        }
        me.wait.arm();
        Ok(())
    }
    /// Waits no longer.
    #[inline(always)]
    pub(crate) fn end(&mut self, me: &Thread) {
        me.wait.disarm();
        self.deadline.cancel(me);
        match self.next.take() {
            Some(t) => t.wake(),
            // Without a look at what is not there.
            none => core::mem::forget(none),
        }
    }
}

/// [`sleep_on`] for what has no name.
pub(crate) fn sleep_until<T>(
    me: &Thread,
    deadline_ns: Option<u64>,
    interrupt: Interrupt,
    attempt: impl FnMut() -> Result<Option<T>, Ended>,
) -> Result<T, Ended> {
    sleep_on(me, On::plain(Waits::Event), deadline_ns, interrupt, attempt)
}

/// A deadline that is armed when the first sleep begins.
struct Deadline {
    at_ns: Option<u64>,
    armed: Option<timers::Armed>,
}

impl Deadline {
    #[inline(always)]
    fn new(at_ns: Option<u64>) -> Self {
        Deadline { at_ns, armed: None }
    }
    /// Whether it passed; arms the timer otherwise.
    #[inline(always)]
    fn passed(&mut self, me: &Thread) -> bool {
        match self.at_ns {
            None => false,
            Some(at) => self.is_past(me, at),
        }
    }
    #[inline(never)]
    fn is_past(&mut self, me: &Thread, at: u64) -> bool {
        if clock::monotonic_ns() >= at {
            return true;
        }
        if self.armed.is_none() {
            let node = me.timer.lock().take();
            // A thread has one deadline at a time, so its node is at home.
            if let Some(node) = node {
                self.armed = Some(timers::arm(node, at, Target::Wake(me.to_ref())));
            }
        }
        false
    }
    #[inline(always)]
    fn cancel(&mut self, me: &Thread) {
        if self.at_ns.is_some() {
            self.disarm(me);
        }
    }
    #[inline(never)]
    fn disarm(&mut self, me: &Thread) {
        if let Some(armed) = self.armed.take() {
            match timers::cancel(armed) {
                Some(mut node) => {
                    node.value = Target::None;
                    *me.timer.lock() = Some(node);
                }
                // It is running out at this moment on its hart: the node comes home in a moment.
                None => {
                    while me.timer.lock().is_none() {
                        core::hint::spin_loop();
                    }
                }
            }
        }
    }
}
