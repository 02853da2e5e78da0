//! Signals that are read (signalfd(2)).
//!
//! A read takes from what is pending for whoever reads: its own thread, and its process. So the object cannot know by
//! itself when there is something; it *listens* at the signals of each process that has looked at it, until it is closed or
//! the process ends. Key type: [`SignalFd`].

use crate::fs::buffer::Buffer;
use crate::fs::file::{Descriptor, File, Io, O_NONBLOCK, O_RDWR, OpenFile, Special};
use crate::linux::{Restart, Stop};
use crate::task::process::Process;
use crate::task::wait::{self, Ended, Interrupt, Observer, Observers, Told, Watch};
use crate::task::{Thread, ids, posix_timers, with_current};
use abi::Errno;
use logic_signal::{SigInfo, SigSet};
use logic_tree::{Node, Tree};
use logic_waits::{Events, Key, Mode};
use mem::{NoMemory, Ref, Weak};
use sync::{SpinLock, levels};

/// Processes of the list that are looked at for having ended whenever one is added.
const LOOKED_AT: usize = 4;

/// A set of signals to read.
pub(crate) struct SignalFd {
    me: Weak<SignalFd>,
    state: SpinLock<State, levels::ObjectState>,
}

struct State {
    mask: SigSet,
    observers: Observers,
    /// Where it listens, by [`Process::id`].
    homes: Tree<u64, Home>,
    /// The last one that was looked at for having ended.
    seen: u64,
}

/// A process at whose signals it listens.
#[derive(Clone, Copy)]
struct Home {
    pid: u32,
    key: Key,
}

/// A set, with its first descriptor.
pub(crate) fn create(mask: SigSet, flags: u32) -> Result<Descriptor, NoMemory> {
    let state = State { mask, observers: Observers::new(), homes: Tree::new(), seen: 0 };
    let set = Ref::try_new_cyclic(|me| SignalFd { me: me.clone(), state: SpinLock::new(state) })?;
    OpenFile::open(set.unsize(|p| p), None, O_RDWR | flags & O_NONBLOCK)
}

impl SignalFd {
    /// Changes which signals it is about.
    pub(crate) fn set_mask(&self, mask: SigSet) {
        self.state.lock().mask = mask;
        self.told(Events::IN);
    }

    /// Listens at the signals of a process.
    fn listen(&self, process: &Process) -> Result<(), NoMemory> {
        let (id, pid) = (process.id(), process.pid());
        if self.state.lock().homes.get(&id).is_some() {
            return Ok(());
        }
        self.forget_ended();
        let Some(me) = self.me.upgrade() else { return Ok(()) };
        let key = process.signals.listen(Observer::Object(me.unsize(|p| p)))?;
        let node = mem::try_box(Node::new(id, Home { pid, key })).inspect_err(|_| process.signals.unlisten(key))?;
        // Another thread may have been quicker.
        let refused = self.state.lock().homes.insert(node);
        if let Err(node) = refused {
            process.signals.unlisten(node.value.key);
        }
        Ok(())
    }

    /// Takes a few processes off the list that have ended.
    fn forget_ended(&self) {
        for _ in 0..LOOKED_AT {
            let next = {
                let mut s = self.state.lock();
                let next = s.homes.next_after(&s.seen).map(|(id, home)| (*id, home.pid));
                s.seen = next.map_or(0, |(id, _)| id);
                next
            };
            let Some((id, pid)) = next else { return };
            let lives = ids::process_in(logic_pidscope::ScopeId::ROOT, pid)
                .is_some_and(|p| p.id() == id && p.state.lock().exit.is_none());
            if !lives {
                let gone = self.state.lock().homes.remove(&id);
                drop(gone);
            }
        }
    }

    /// Whether one of its signals is pending for the thread.
    fn pending(&self, me: &Thread) -> bool {
        let mask = self.state.lock().mask;
        let shared = me.process().signals.shared.lock().pending.set();
        let mine = me.signals.lock().pending.set();
        !shared.union(mine).intersection(mask).is_empty()
    }

    /// Takes one of its signals.
    fn take(&self, me: &Thread) -> Option<SigInfo> {
        let mask = self.state.lock().mask;
        let process = me.process();
        let taken = {
            let mut shared = process.signals.shared.lock();
            let mut mine = me.signals.lock();
            mine.pending.take(mask).or_else(|| shared.pending.take(mask))
        };
        taken.map(|t| posix_timers::signal_taken(process, t.info))
    }
}

impl Told for SignalFd {
    fn told(&self, events: Events) {
        wait::notify(self, events);
    }
}

impl Watch for SignalFd {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        f(&mut self.state.lock().observers);
    }
    fn on(&self, events: logic_waits::Events) -> crate::see::On {
        let _ = events;
        crate::see::On::plain(crate::see::Waits::Signal)
    }
}

impl File for SignalFd {
    fn read(&self, io: &Io<'_>, to: &mut Buffer<'_>) -> Result<usize, Stop> {
        if to.left() < SigInfo::SIGNALFD_BYTES {
            return Err(Errno::EINVAL.into());
        }
        let me = io.me;
        self.listen(me.process())?;
        loop {
            let start = to.mark();
            if to.left() < SigInfo::SIGNALFD_BYTES {
                return Ok(to.done());
            }
            if self.pending(me) {
                // What cannot be delivered is not taken.
                let room = to.put(&[0; SigInfo::SIGNALFD_BYTES]);
                to.go_back(start);
                if room < SigInfo::SIGNALFD_BYTES {
                    return if to.done() != 0 { Ok(to.done()) } else { Err(Errno::EFAULT.into()) };
                }
                if let Some(info) = self.take(me) {
                    to.put(&info.to_signalfd());
                }
                continue;
            }
            if to.done() != 0 {
                return Ok(to.done());
            }
            if io.nonblock {
                return Err(Errno::EAGAIN.into());
            }
            let attempt = || self.pending(me).then_some(());
            match wait::wait_at(me, self, Events::IN, Mode::All, None, Interrupt::AnySignal, attempt) {
                Ok(()) => {}
                Err(Ended::NoMemory) => return Err(Errno::ENOMEM.into()),
                Err(_) => return Err(Stop::Restart(Restart::Sys)),
            }
        }
    }
    fn poll(&self, _of: &OpenFile) -> Events {
        with_current(|me| {
            let Some(process) = me.process_opt() else { return Events::empty() };
            // Who cannot be told later is sent to read now, and learns there what is missing.
            if self.listen(process).is_err() || self.pending(me) { Events::IN } else { Events::empty() }
        })
    }
    fn watch(&self) -> Option<&dyn Watch> {
        Some(self)
    }
    fn seek(&self, of: &OpenFile, _offset: i64, _whence: u32) -> Result<u64, Errno> {
        Ok(of.position.load(core::sync::atomic::Ordering::Relaxed))
    }
    fn last_close(&self, _of: &OpenFile) {
        loop {
            let home = self.state.lock().homes.pop_first();
            let Some(home) = home else { return };
            if let Some(p) = ids::process_in(logic_pidscope::ScopeId::ROOT, home.value.pid).filter(|p| p.id() == home.key) {
                p.signals.unlisten(home.value.key);
            }
        }
    }
    fn label(&self, out: &mut dyn core::fmt::Write) {
        let _ = out.write_str("anon_inode:[signalfd]");
    }
    fn fdinfo(&self, _of: &OpenFile, out: &mut dyn core::fmt::Write) -> core::fmt::Result {
        writeln!(out, "sigmask:\t{:016x}", self.state.lock().mask.0)
    }
    fn special(&self) -> Special<'_> {
        Special::Signals(self)
    }
}
