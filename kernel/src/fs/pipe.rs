//! Pipes and FIFOs (pipe(7)): the shell around `logic-pipe`.
//!
//! A direction's mutex makes plan and commit exclusive; user memory is copied under it without faulting pages in. A copy
//! that ends short lets go, faults the page in and plans again.

use super::buffer::Buffer;
use super::file::{Descriptor, File, Io, O_ACCMODE, O_NONBLOCK, O_RDWR, O_WRONLY, OpenFile};
use crate::census::{Counted, Kind};
use crate::linux::{Restart, Stop};
use crate::task::Thread;
use crate::task::wait::{self, Ended, Interrupt, Observers, Watch};
use abi::Errno;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};
use logic_pipe::{Access, Committed, DEFAULT_BYTES, Ends, OpenVerdict, Patience, Plan, ReadVerdict, Ready, WriteVerdict};
use logic_waits::{Events, Mode};
use mem::{Frame, NoMemory, Ref, user};
use sync::{Mutex, SpinLock, levels};

/// A pipe's memory and who waits for it.
pub(crate) struct Pipe {
    _counted: Counted<{ Kind::Pipes as usize }>,
    state: SpinLock<State, levels::ObjectState>,
    /// Makes plan and commit of readers exclusive.
    reading: Mutex<(), levels::PipeMutex>,
    /// The same for writers.
    writing: Mutex<(), levels::PipeMutex>,
    /// Number in `pipe:[N]`.
    pub(crate) id: u64,
}

struct State {
    logic: logic_pipe::Pipe,
    chunks: Vec<Option<Frame>>,
    observers: Observers,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// Readiness in poll(2)'s bits is what both crates use.
fn events(r: Ready) -> Events {
    Events::from_bits_truncate(r.bits())
}

impl Pipe {
    fn try_new(ends: Ends) -> Result<Ref<Pipe>, NoMemory> {
        let mut chunks = Vec::new();
        let slots = (DEFAULT_BYTES / logic_pipe::CHUNK_BYTES) as usize;
        chunks.try_reserve_exact(slots).map_err(|_| NoMemory)?;
        chunks.resize(slots, None);
        Ref::try_new(Pipe {
            _counted: Counted::new(),
            state: SpinLock::new(State { logic: logic_pipe::Pipe::new(ends), chunks, observers: Observers::new() }),
            reading: Mutex::new(()),
            writing: Mutex::new(()),
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
        })
    }

    /// Bytes that can be read (FIONREAD), and the capacity.
    pub(crate) fn figures(&self) -> (u32, u32) {
        let s = self.state.lock();
        (s.logic.ring().len(), s.logic.ring().capacity())
    }

    /// Changes the capacity (F_SETPIPE_SZ); gives what it is then.
    pub(crate) fn resize(&self, wish: u64) -> Result<u32, Errno> {
        let bytes = logic_pipe::round_capacity(wish).ok_or(Errno::EPERM)?;
        let slots = (bytes / logic_pipe::CHUNK_BYTES) as usize;
        let mut fresh: Vec<Option<Frame>> = Vec::new();
        fresh.try_reserve_exact(slots).map_err(|_| Errno::ENOMEM)?;
        fresh.resize(slots, None);
        let readers = self.reading.lock();
        let mut s = self.state.lock();
        let moved = s.logic.resize(bytes).map_err(|_| Errno::EBUSY)?;
        for i in 0..moved.count {
            let from = ((moved.first + i) % moved.old_slots) as usize;
            let chunk = s.chunks.get_mut(from).and_then(Option::take);
            if let Some(place) = fresh.get_mut(i as usize) {
                *place = chunk;
            }
        }
        let old = core::mem::replace(&mut s.chunks, fresh);
        drop(s);
        drop(readers);
        drop(old);
        wait::notify(self, Events::OUT | Events::WRNORM);
        Ok(bytes)
    }

    /// Ends a plan: chunks that hold nothing go, peers that became ready are told.
    fn commit(&self, f: impl FnOnce(&mut logic_pipe::Pipe) -> Committed) {
        let mut freed: [Option<Frame>; 4] = [const { None }; 4];
        let mut s = self.state.lock();
        let done = f(&mut s.logic);
        for (n, slot) in done.released.iter().enumerate() {
            let chunk = s.chunks.get_mut(slot as usize).and_then(Option::take);
            match freed.get_mut(n) {
                Some(place) => *place = chunk,
                // A frame's release takes no lock of this level.
                None => drop(chunk),
            }
        }
        let risen = events(done.risen);
        let tell = !risen.is_empty();
        if tell {
            s.observers.changed(risen);
        }
        let watched = !s.observers.is_empty();
        drop(s);
        drop(freed);
        if tell && watched {
            wait::notify(self, risen);
        }
    }

    /// One attempt to read; `None` when there is nothing yet.
    fn try_read(&self, to: &mut Buffer<'_>) -> Option<Result<usize, Errno>> {
        loop {
            let guard = self.reading.lock();
            let plan = match self.state.lock().logic.plan_read(to.left()) {
                ReadVerdict::Copy(plan) => plan,
                ReadVerdict::Nothing | ReadVerdict::EndOfFile => return Some(Ok(0)),
                ReadVerdict::Empty => return None,
            };
            let moved = self.copy(&plan, |frame, offset, len| to.put_frame(frame, offset, len));
            self.commit(|p| p.commit_read(moved as u32));
            drop(guard);
            if moved != 0 || !to.faulted() {
                return Some(Ok(moved));
            }
            if let Err(e) = bring_in(to, user::Intent::Write) {
                return Some(Err(e));
            }
        }
    }

    /// One attempt to write; `None` when there is no room.
    fn try_write(&self, from: &mut Buffer<'_>, whole: usize) -> Option<Result<usize, Errno>> {
        loop {
            let guard = self.writing.lock();
            let plan = match self.state.lock().logic.plan_write(from.left(), whole) {
                WriteVerdict::Copy(plan) => plan,
                WriteVerdict::Nothing => return Some(Ok(0)),
                WriteVerdict::Broken => return Some(Err(Errno::EPIPE)),
                WriteVerdict::Full => return None,
            };
            if let Err(NoMemory) = self.supply(&plan) {
                self.commit(|p| p.commit_write(0));
                return Some(Err(Errno::ENOMEM));
            }
            let moved = self.copy(&plan, |frame, offset, len| from.take_frame(frame, offset, len));
            self.commit(|p| p.commit_write(moved as u32));
            drop(guard);
            if moved != 0 || !from.faulted() {
                return Some(Ok(moved));
            }
            if let Err(e) = bring_in(from, user::Intent::Read) {
                return Some(Err(e));
            }
        }
    }

    /// Makes the chunks that a plan lacks.
    fn supply(&self, plan: &Plan) -> Result<(), NoMemory> {
        for slot in plan.slots().iter() {
            if self.state.lock().chunks.get(slot as usize).is_some_and(Option::is_none) {
                // What is read from a chunk is what was written to it.
                let frame = Frame::try_unfilled()?;
                if let Some(place) = self.state.lock().chunks.get_mut(slot as usize) {
                    *place = Some(frame);
                }
            }
        }
        Ok(())
    }

    /// Copies a plan's spans; returns the bytes that were copied before a fault.
    fn copy(&self, plan: &Plan, mut piece: impl FnMut(&Frame, usize, usize) -> usize) -> usize {
        let mut total = 0;
        for span in plan.spans() {
            let frame = self.state.lock().chunks.get(span.slot as usize).and_then(Clone::clone);
            let Some(frame) = frame else { break };
            let n = piece(&frame, span.offset as usize, span.len as usize);
            total += n;
            if n < span.len as usize {
                break;
            }
        }
        total
    }

    fn close(&self, access: Access) {
        let mut s = self.state.lock();
        s.logic.ends.close(access);
        let all = Events::IN | Events::RDNORM | Events::HUP | Events::ERR | Events::OUT | Events::WRNORM;
        s.observers.changed(all);
        drop(s);
        wait::notify(self, all);
    }
}

/// Takes a fault back by making the page present.
fn bring_in(buffer: &mut Buffer<'_>, intent: user::Intent) -> Result<(), Errno> {
    let addr = buffer.next_address().ok_or(Errno::EFAULT)?;
    user::fault_in(addr, intent).map_err(|_| Errno::EFAULT)?;
    buffer.clear_fault();
    Ok(())
}

impl Watch for Pipe {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        f(&mut self.state.lock().observers);
    }
}

/// An open end of a pipe.
pub(crate) struct PipeEnd {
    pipe: Ref<Pipe>,
    access: Access,
    /// For the read end of a FIFO opened without a writer, see `logic_pipe`.
    opened_at: Option<u32>,
}

impl File for PipeEnd {
    fn read(&self, io: &Io<'_>, to: &mut Buffer<'_>) -> Result<usize, Stop> {
        if let Some(r) = self.pipe.try_read(to) {
            return Ok(r?);
        }
        if io.nonblock {
            return Err(Errno::EAGAIN.into());
        }
        self.wait_for(io, Events::IN, || self.pipe.try_read(to))
    }

    fn write(&self, io: &Io<'_>, from: &mut Buffer<'_>) -> Result<usize, Stop> {
        let whole = from.left();
        loop {
            let result = match self.pipe.try_write(from, whole) {
                Some(r) => r.map_err(Stop::from),
                None if io.nonblock => Err(Errno::EAGAIN.into()),
                None => self.wait_for(io, Events::OUT, || self.pipe.try_write(from, whole)),
            };
            match result {
                Ok(_) if from.left() == 0 || from.faulted() => return Ok(from.done()),
                Ok(_) => {}
                Err(_) if from.done() != 0 => return Ok(from.done()),
                Err(Stop::Errno(Errno::EPIPE)) => {
                    crate::task::signal::send_to_self(io.me, crate::task::signal::SIGPIPE);
                    return Err(Errno::EPIPE.into());
                }
                Err(e) => return Err(e),
            }
        }
    }

    fn poll(&self, _of: &OpenFile) -> Events {
        self.ready()
    }
    fn watch(&self) -> Option<&dyn Watch> {
        Some(&*self.pipe)
    }
    fn ioctl(&self, _io: &Io<'_>, request: u32, arg: usize) -> Result<usize, Stop> {
        const FIONREAD: u32 = 0x541b;
        if request == FIONREAD {
            user::write(arg, &self.pipe.figures().0)?;
            return Ok(0);
        }
        Err(Errno::ENOTTY.into())
    }
    fn last_close(&self, _of: &OpenFile) {
        self.pipe.close(self.access);
    }
    fn as_pipe(&self) -> Option<&Ref<Pipe>> {
        Some(&self.pipe)
    }
    fn label(&self, out: &mut dyn core::fmt::Write) {
        let _ = write!(out, "pipe:[{}]", self.pipe.id);
    }
}

impl PipeEnd {
    /// Waits in turn until `attempt` gives something; whoever comes next is woken if there is more.
    fn wait_for(
        &self,
        io: &Io<'_>,
        events: Events,
        attempt: impl FnMut() -> Option<Result<usize, Errno>>,
    ) -> Result<usize, Stop> {
        let ended = wait::wait_at(io.me, &*self.pipe, events, Mode::One, None, Interrupt::AnySignal, attempt);
        if ended.is_ok() && self.ready().intersects(events) {
            wait::pass_on(&*self.pipe, events);
        }
        finish_wait(ended)
    }
    fn ready(&self) -> Events {
        let s = self.pipe.state.lock();
        match self.access {
            Access::Read => events(s.logic.poll_read(self.opened_at)),
            Access::Write => events(s.logic.poll_write()),
            Access::ReadWrite => events(s.logic.poll_read(None)) | events(s.logic.poll_write()),
        }
    }
}

fn finish_wait(ended: Result<Result<usize, Errno>, Ended>) -> Result<usize, Stop> {
    match ended {
        Ok(r) => Ok(r?),
        Err(Ended::Signal) => Err(Stop::Restart(Restart::Sys)),
        Err(Ended::NoMemory) => Err(Errno::ENOMEM.into()),
        Err(Ended::Deadline) => Err(Errno::EAGAIN.into()),
    }
}

/// A pipe's two ends: read, write (pipe2(2)).
pub(crate) fn pair(flags: u32) -> Result<(Descriptor, Descriptor), NoMemory> {
    let pipe = Pipe::try_new(Ends::pair())?;
    let read = Ref::try_new(PipeEnd { pipe: pipe.clone(), access: Access::Read, opened_at: None })?;
    let write = Ref::try_new(PipeEnd { pipe, access: Access::Write, opened_at: None })?;
    let flags = flags & O_NONBLOCK;
    let read = OpenFile::open(read.unsize(|p| p), None, flags)?;
    let write = OpenFile::open(write.unsize(|p| p), None, flags | O_WRONLY)?;
    Ok((read, write))
}

fn access_of(flags: u32) -> Access {
    match flags & O_ACCMODE {
        O_WRONLY => Access::Write,
        O_RDWR => Access::ReadWrite,
        _ => Access::Read,
    }
}

fn open_end(me: &Thread, pipe: Ref<Pipe>, flags: u32) -> Result<Ref<dyn File>, Stop> {
    let access = access_of(flags);
    let patience = if flags & O_NONBLOCK != 0 { Patience::Nonblock } else { Patience::Block };
    let mut end = Ref::try_new(PipeEnd { pipe: pipe.clone(), access, opened_at: None })?;
    let (verdict, write_opens) = {
        let mut s = pipe.state.lock();
        let opens = s.logic.ends.write_opens();
        let without_writer = s.logic.ends.writers() == 0 && access == Access::Read;
        (s.logic.ends.open(access, patience), without_writer.then_some(opens))
    };
    let all = Events::IN | Events::OUT | Events::RDNORM | Events::WRNORM;
    pipe.state.lock().observers.changed(all);
    wait::notify(&*pipe, all);
    match verdict {
        OpenVerdict::Opened => {}
        OpenVerdict::NoReader => return Err(Errno::ENXIO.into()),
        OpenVerdict::Wait(ticket) => {
            let met = wait::wait_at(me, &*pipe, all, Mode::All, None, Interrupt::AnySignal, || {
                pipe.state.lock().logic.ends.has_met(ticket).then_some(())
            });
            if let Err(e) = met {
                pipe.close(access);
                finish_wait(Err(e))?;
            }
        }
    }
    if let Some(e) = Ref::get_mut(&mut end) {
        e.opened_at = write_opens;
    }
    Ok(end.unsize(|p| p))
}

/// Opens a FIFO's inode (fifo(7)).
pub(crate) fn open_fifo(
    me: &Thread,
    slot: &SpinLock<Option<Ref<Pipe>>, levels::InodeAttrs>,
    flags: u32,
) -> Result<Ref<dyn File>, Stop> {
    let fresh = Pipe::try_new(Ends::none())?;
    let pipe = slot.lock().get_or_insert(fresh).clone();
    open_end(me, pipe, flags)
}

/// Opens an end of a pipe anew through `/proc/PID/fd/N`.
pub(crate) fn reopen(pipe: &Ref<Pipe>, flags: u32) -> Result<Descriptor, Stop> {
    let file = crate::task::with_current(|me| open_end(me, pipe.clone(), flags))?;
    Ok(OpenFile::open(file, None, flags)?)
}
