//! Event counters (eventfd(2)).

use super::buffer::Buffer;
use super::file::{Descriptor, File, Io, O_NONBLOCK, O_RDWR, OpenFile};
use crate::linux::{Restart, Stop};
use crate::task::wait::{self, Ended, Interrupt, Observers, Watch};
use abi::Errno;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use logic_waits::{Events, Mode};
use mem::{NoMemory, Ref};
use sync::{SpinLock, levels};

/// The most that a counter holds; one more is refused.
const MOST: u64 = u64::MAX - 1;
const READABLE: Events = Events::IN.union(Events::RDNORM);
const WRITABLE: Events = Events::OUT.union(Events::WRNORM);

/// What a read takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    /// All.
    Whole,
    /// One (EFD_SEMAPHORE).
    One,
}

struct Counter {
    state: SpinLock<State, levels::ObjectState>,
    /// What poll(2) says, written with the state's lock held. Who was told of a change, or has registered since, sees it.
    ready: AtomicU32,
    share: Share,
    id: u64,
}

struct State {
    count: u64,
    /// Taken by readers that have not copied it yet: it may come back, so its room is kept.
    leaving: u64,
    observers: Observers,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

/// A counter and its first descriptor.
pub(crate) fn open(count: u32, share: Share, flags: u32) -> Result<Descriptor, NoMemory> {
    let state = State { count: u64::from(count), leaving: 0, observers: Observers::new() };
    let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
    let ready = AtomicU32::new(state.ready());
    let file = Ref::try_new(Counter { state: SpinLock::new(state), ready, share, id })?;
    OpenFile::open(file.unsize(|p| p), None, flags & O_NONBLOCK | O_RDWR)
}

impl State {
    fn ready(&self) -> u32 {
        let input = if self.count == 0 { 0 } else { Events::IN.bits() };
        let output = if self.count + self.leaving < MOST { Events::OUT.bits() } else { 0 };
        input | output
    }
}

impl Counter {
    /// Changes the state and tells who watches.
    fn change(&self, events: Events, f: impl FnOnce(&mut State)) {
        let watched = {
            let mut s = self.state.lock();
            f(&mut s);
            self.ready.store(s.ready(), Ordering::Relaxed);
            !s.observers.is_empty()
        };
        if watched {
            wait::notify(self, events);
        }
    }

    fn take(&self) -> Option<u64> {
        let mut s = self.state.lock();
        if s.count == 0 {
            return None;
        }
        let n = if self.share == Share::One { 1 } else { s.count };
        s.count -= n;
        s.leaving += n;
        self.ready.store(s.ready(), Ordering::Relaxed);
        Some(n)
    }

    fn add(&self, n: u64) -> Option<()> {
        let watched = {
            let mut s = self.state.lock();
            if MOST - s.count - s.leaving < n {
                return None;
            }
            s.count += n;
            self.ready.store(s.ready(), Ordering::Relaxed);
            !s.observers.is_empty()
        };
        if watched {
            wait::notify(self, READABLE);
        }
        Some(())
    }

    /// Wakes the next of those who wait alone, if there is something for it.
    fn pass_on(&self, events: Events) {
        let left = {
            let s = self.state.lock();
            !s.observers.is_empty() && if events == READABLE { s.count != 0 } else { s.count + s.leaving < MOST }
        };
        if left {
            wait::pass_on(self, events);
        }
    }

    fn attempt<T>(&self, io: &Io<'_>, events: Events, mut f: impl FnMut() -> Option<T>) -> Result<T, Stop> {
        if let Some(v) = f() {
            return Ok(v);
        }
        if io.nonblock {
            return Err(Errno::EAGAIN.into());
        }
        let ended = wait::wait_at(io.me, self, events, Mode::One, None, Interrupt::AnySignal, f);
        if ended.is_ok() {
            self.pass_on(events);
        }
        ended.map_err(|e| match e {
            Ended::Signal => Stop::Restart(Restart::Sys),
            Ended::NoMemory => Errno::ENOMEM.into(),
            Ended::Deadline => Errno::EAGAIN.into(),
        })
    }
}

impl Watch for Counter {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        f(&mut self.state.lock().observers);
    }
    fn on(&self, events: logic_waits::Events) -> crate::see::On {
        let _ = events;
        crate::see::On { waits: crate::see::Waits::EventFd, id: self.id }
    }
}

impl File for Counter {
    fn read(&self, io: &Io<'_>, to: &mut Buffer<'_>) -> Result<usize, Stop> {
        if to.left() < 8 {
            return Err(Errno::EINVAL.into());
        }
        let n = self.attempt(io, READABLE, || self.take())?;
        if to.put(&n.to_ne_bytes()) < 8 {
            self.change(READABLE, |s| {
                s.leaving -= n;
                s.count += n;
            });
            return Err(Errno::EFAULT.into());
        }
        self.change(WRITABLE, |s| s.leaving -= n);
        Ok(8)
    }
    fn write(&self, io: &Io<'_>, from: &mut Buffer<'_>) -> Result<usize, Stop> {
        if from.left() < 8 {
            return Err(Errno::EINVAL.into());
        }
        let mut bytes = [0; 8];
        if from.take(&mut bytes) < 8 {
            return Err(Errno::EFAULT.into());
        }
        let n = u64::from_ne_bytes(bytes);
        if n > MOST {
            return Err(Errno::EINVAL.into());
        }
        self.attempt(io, WRITABLE, || self.add(n))?;
        Ok(8)
    }
    fn poll(&self, _of: &OpenFile) -> Events {
        Events::from_bits_retain(self.ready.load(Ordering::Relaxed))
    }
    fn watch(&self) -> Option<&dyn Watch> {
        Some(self)
    }
    fn seek(&self, of: &OpenFile, _offset: i64, _whence: u32) -> Result<u64, Errno> {
        Ok(of.position.load(Ordering::Relaxed))
    }
    fn label(&self, out: &mut dyn core::fmt::Write) {
        let _ = out.write_str("anon_inode:[eventfd]");
    }
    fn fdinfo(&self, _of: &OpenFile, out: &mut dyn core::fmt::Write) -> core::fmt::Result {
        let (count, one) = (self.state.lock().count, u8::from(self.share == Share::One));
        writeln!(out, "eventfd-count: {count:16x}\neventfd-id: {}\neventfd-semaphore: {one}", self.id)
    }
    fn ends_wait(&self, of: &OpenFile, on: crate::see::On) -> bool {
        of.writable() && on == crate::see::On { waits: crate::see::Waits::EventFd, id: self.id }
    }
}
