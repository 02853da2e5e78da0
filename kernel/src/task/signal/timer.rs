//! Signals of POSIX timers: each timer has a queue node set aside, so that its expiry never lacks memory.

use super::send::{Sender, notice, pick_thread, prepare, situation};
use crate::task::{Process, Thread};
use logic_signal::{Pending, PostError, Posted, SigInfo, Supply};
use mem::NoMemory;

/// Whose queue a timer's signals go to.
#[derive(Clone, Copy)]
pub(crate) enum Queue<'a> {
    /// The process's.
    Process(&'a Process),
    /// A thread's (SIGEV_THREAD_ID).
    Thread(&'a Thread),
}

/// What became of a timer's signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimerPost {
    /// It is queued in the timer's node.
    Queued,
    /// It was ignored, or merged into one that is pending: nobody will report it taken.
    Lost,
}

impl Queue<'_> {
    fn process(&self) -> &Process {
        match self {
            Queue::Process(p) => p,
            Queue::Thread(t) => t.process(),
        }
    }
    fn with<R>(&self, f: impl FnOnce(&mut Pending) -> R) -> R {
        match self {
            Queue::Process(p) => f(&mut p.signals.shared.lock().pending),
            Queue::Thread(t) => f(&mut t.signals.lock().pending),
        }
    }
    fn keeps(&self, info: &SigInfo) -> bool {
        let holds = |t: &Thread| {
            let s = t.signals.lock();
            s.blocked.contains(info.signal) || s.awaited.contains(info.signal)
        };
        match self {
            Queue::Process(p) => {
                let first = p.state.lock().first_thread();
                first.is_some_and(|t| holds(&t))
            }
            Queue::Thread(t) => holds(t),
        }
    }
    /// Sets a node aside.
    pub(crate) fn hold(&self) -> Result<(), NoMemory> {
        let mut supply: Option<Supply> = None;
        loop {
            let mut refused = None;
            let result = self.with(|p| {
                if let Some(s) = supply.take()
                    && let Err(s) = p.add_supply(s)
                {
                    refused = Some(s);
                }
                p.hold()
            });
            let full = refused.is_some();
            drop(refused);
            match result {
                Ok(()) => return Ok(()),
                Err(PostError::NeedsSupply) if !full => supply = Some(Supply::try_new().map_err(|_| NoMemory)?),
                Err(_) => return Err(NoMemory),
            }
        }
    }
    /// Gives a node up that is not queued.
    pub(crate) fn release_hold(&self) {
        self.with(Pending::release_hold);
    }
    /// Sends a timer's signal, whose node is not queued.
    pub(crate) fn post(&self, info: SigInfo) -> TimerPost {
        let process = self.process();
        let at = situation(process, info.signal);
        if !prepare(process, info.signal, self.keeps(&info), Sender::Kernel, &at) {
            return TimerPost::Lost;
        }
        let posted = self.with(|p| p.post_held(info));
        process.signals.tell();
        match self {
            Queue::Process(p) => pick_thread(p, info.signal),
            Queue::Thread(t) => notice(process, t, info.signal, &at),
        }
        if posted == Posted::Queued { TimerPost::Queued } else { TimerPost::Lost }
    }
}
