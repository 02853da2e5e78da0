//! What processes and threads keep about signals.

use crate::linux::Restart;
use crate::task::Thread;
use crate::task::wait::{self, Observer, Observers, Watch};
use arch::flag;
use core::sync::atomic::{AtomicU32, Ordering};
use logic_signal::{Action, Actions, AltStack, JobState, Pending, SigSet, Signal};
use logic_waits::{Events, Key, Mode};
use mem::{NoMemory, Ref, Threaded};
use sync::{SpinLock, levels};

/// The part of signal state that the threads of a process share.
pub(crate) struct ProcessSignals {
    /// Handlers; shared with CLONE_SIGHAND.
    pub(crate) actions: SpinLock<Ref<Table>, levels::SignalState>,
    /// Signals for the whole process, and stop state.
    pub(crate) shared: SpinLock<Shared, levels::SignalShared>,
    /// Who is told when a signal becomes pending (signalfd(2)).
    listeners: SpinLock<Observers, levels::Observers>,
    /// How many they are: usually none, and then nobody looks for them.
    listening: AtomicU32,
}

/// Signals pending for a process, and whether it is stopped.
pub(crate) struct Shared {
    /// Pending for any thread.
    pub(crate) pending: Pending,
    /// Stop and continue.
    pub(crate) job: JobState,
    /// Stops begun, to tell one from the next.
    pub(crate) stops: u64,
    /// Continuations sent: a stop signal that was taken before one does not stop.
    pub(crate) continues: u64,
}

impl ProcessSignals {
    /// Default handlers, nothing pending.
    pub(crate) fn try_new() -> Result<Self, NoMemory> {
        Self::with_actions(new_table(|_| {})?)
    }
    /// A child's: the parent's handlers, copied or shared, nothing pending.
    pub(crate) fn inherit(parent: &ProcessSignals, shared: bool) -> Result<Self, NoMemory> {
        let actions = parent.actions();
        if shared {
            return Self::with_actions(actions);
        }
        Self::with_actions(new_table(|copy| copy.copy_from(&actions.lock()))?)
    }
    fn with_actions(actions: Ref<Table>) -> Result<Self, NoMemory> {
        let shared = Shared { pending: Pending::new(), job: JobState::new(), stops: 0, continues: 0 };
        Ok(ProcessSignals {
            actions: SpinLock::new(actions),
            shared: SpinLock::new(shared),
            listeners: SpinLock::new(Observers::new()),
            listening: AtomicU32::new(0),
        })
    }
    /// The handlers.
    #[inline]
    pub(crate) fn actions(&self) -> Ref<Table> {
        self.actions.lock().clone()
    }
    /// What happens on a signal.
    pub(crate) fn action(&self, signal: Signal) -> Action {
        self.actions.lock().lock().get(signal)
    }
    /// Has an observer told of each signal that becomes pending.
    pub(crate) fn listen(&self, observer: Observer) -> Result<Key, NoMemory> {
        let mut list = self.listeners.lock();
        let key = list.add(observer, Events::IN, Mode::All).map_err(|_| NoMemory)?;
        self.listening.fetch_add(1, Ordering::Relaxed);
        Ok(key)
    }
    /// It is to be told no more.
    pub(crate) fn unlisten(&self, key: Key) {
        let observer = self.listeners.lock().remove(key);
        if observer.is_some() {
            self.listening.fetch_sub(1, Ordering::Relaxed);
        }
    }
    /// A signal became pending. Whoever begins to listen looks at what is pending afterwards, under the lock under which it
    /// becomes that: either side sees the other.
    #[inline]
    pub(super) fn tell(&self) {
        if self.listening.load(Ordering::Relaxed) != 0 {
            wait::notify(self, Events::IN);
        }
    }
    /// The process ends: nobody is told any more.
    pub(crate) fn forget_listeners(&self) {
        let list = core::mem::replace(&mut *self.listeners.lock(), Observers::new());
        drop(list);
    }
    /// exec(2): handlers of its own, back to default.
    pub(crate) fn reset_for_exec(&self) -> Result<(), NoMemory> {
        let before = self.actions();
        let fresh = new_table(|copy| {
            copy.copy_from(&before.lock());
            copy.on_exec();
        })?;
        let old = core::mem::replace(&mut *self.actions.lock(), fresh);
        drop(old);
        Ok(())
    }
}

impl Watch for ProcessSignals {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        f(&mut self.listeners.lock());
    }
}

/// A table of handlers.
type Table = SpinLock<Actions, levels::SignalActions>;

/// A table of default handlers that `fill` may change. It never lies on the stack, for which it is too large.
fn new_table(fill: impl FnOnce(&mut Actions)) -> Result<Ref<Table>, NoMemory> {
    let mut table = default_table()?;
    if let Some(new) = Ref::get_mut(&mut table) {
        fill(new.get_mut());
    }
    Ok(table)
}

#[inline(never)]
fn default_table() -> Result<Ref<Table>, NoMemory> {
    Ref::try_new_cyclic(|_| SpinLock::new(Actions::new()))
}

/// What a thread keeps about signals.
pub(crate) struct ThreadSignals {
    /// Pending for this thread alone.
    pub(crate) pending: Pending,
    /// Its mask.
    pub(crate) blocked: SigSet,
    /// The mask to come back to once a handler ran or the call ended (sigsuspend(2), ppoll(2)).
    pub(crate) saved: Option<SigSet>,
    /// What rt_sigtimedwait(2) waits for: not blocked for the sake of waking.
    pub(crate) awaited: SigSet,
    /// Its alternate stack.
    pub(crate) altstack: AltStack,
    /// The stop that it has stopped for, by `Shared::stops`.
    pub(crate) settled_stop: u64,
    /// A call was interrupted and may be restarted.
    pub(crate) interrupted: Option<Restart>,
}

impl ThreadSignals {
    /// Nothing pending, nothing blocked.
    pub(crate) const fn new() -> Self {
        ThreadSignals {
            pending: Pending::new(),
            blocked: SigSet::EMPTY,
            saved: None,
            awaited: SigSet::EMPTY,
            altstack: AltStack::DISABLED,
            settled_stop: 0,
            interrupted: None,
        }
    }
}

impl Thread {
    /// Whether a signal waits that an interruptible sleep must end for.
    #[inline]
    pub(crate) fn signal_pending(&self) -> bool {
        self.task().core().flags.load(Ordering::Relaxed) & flag::SIGNAL != 0
    }
    /// Whether the thread is to end.
    #[inline]
    pub(crate) fn kill_pending(&self) -> bool {
        let to_end = || {
            let ends = self.end.load(Ordering::Acquire) != 0;
            ends || self.process_opt().is_some_and(|p| p.state.lock().ending.is_some())
        };
        self.signal_pending() && to_end()
    }
    /// Its mask.
    #[inline]
    pub(crate) fn blocked(&self) -> SigSet {
        self.signals.lock().blocked
    }
    /// Sets its mask; pending signals that are no longer blocked are noticed.
    #[inline]
    pub(crate) fn set_blocked(&self, mask: SigSet) {
        self.signals.lock().blocked = mask.as_mask();
        self.recheck_signals();
    }
    /// Sets a mask for the length of a call.
    pub(crate) fn set_mask_for_call(&self, mask: SigSet) {
        {
            let mut s = self.signals.lock();
            s.saved = Some(s.blocked);
            s.blocked = mask.as_mask();
        }
        self.recheck_signals();
    }
    /// Ends the mask of a call, if no signal is about to be handled with it.
    pub(crate) fn restore_mask(&self) {
        let mut s = self.signals.lock();
        if let Some(mask) = s.saved.take() {
            s.blocked = mask;
            drop(s);
            self.recheck_signals();
        }
    }
    /// Raises the flag if something is pending that is not blocked.
    pub(crate) fn recheck_signals(&self) {
        let Some(process) = self.process_opt() else { return };
        let shared = process.signals.shared.lock();
        let s = self.signals.lock();
        let pending = s.pending.set().union(shared.pending.set()).without(s.blocked);
        let due = !pending.is_empty() || shared.job.stop_wanted().is_some();
        let for_others = !shared.pending.set().intersection(s.blocked).is_empty();
        drop(s);
        drop(shared);
        if due {
            self.raise(flag::SIGNAL);
        }
        if for_others && process.live_threads.load(Ordering::Relaxed) > 1 {
            super::hand_on(process);
        }
    }
    /// A new thread begins with its creator's mask.
    pub(crate) fn inherit_signal_mask(&self, from: &Thread) {
        let (mask, stack) = {
            let s = from.signals.lock();
            (s.saved.unwrap_or(s.blocked), s.altstack)
        };
        let mut s = self.signals.lock();
        s.blocked = mask;
        let same_space = core::ptr::eq(&**self.process(), &**from.process());
        // Threads begin without an alternate stack, forked processes with their parent's (sigaltstack(2)).
        if !same_space {
            s.altstack = stack;
        }
    }
}
