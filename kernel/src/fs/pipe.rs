//! Pipes and FIFOs (pipe(7)): the shell around `logic-pipe`.
//!
//! A direction's mutex makes plan and commit exclusive; user memory is copied under it without faulting pages in. A copy
//! that ends short lets go, faults the page in and plans again. What moves data between a pipe and another file without
//! user memory ([`super::splice`]) *claims* a direction instead: a claim may be held while the other file is waited for, and
//! who finds a direction claimed waits as if there were nothing to read, or no room.

use super::buffer::Buffer;
use super::file::{Descriptor, File, Io, O_ACCMODE, O_NONBLOCK, O_RDWR, O_WRONLY, OpenFile};
use crate::census::{Counted, Kind};
use crate::linux::{Restart, Stop};
use crate::see::{On, Waits};
use crate::task::Thread;
use crate::task::wait::{self, Ended, Interrupt, Observers, Watch};
use abi::Errno;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};
use logic_pipe::{
    Access, Committed, DEFAULT_BYTES, Ends, OpenVerdict, PIPE_BUF, Patience, Plan, ReadVerdict, Ready, WriteVerdict,
};
use logic_waits::{Events, Mode};
use mem::{Frame, NoMemory, PAGE, Ref, user};
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
    /// Who has claimed the data at the head, and the room behind the data.
    read_claimed: bool,
    write_claimed: bool,
}

/// One of the two directions of a pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Taking data out.
    Out,
    /// Putting data in.
    In,
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
            state: SpinLock::new(State {
                logic: logic_pipe::Pipe::new(ends),
                chunks,
                observers: Observers::new(),
                read_claimed: false,
                write_claimed: false,
            }),
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
        let sides = sync::lock_mutex_pair(&self.reading, &self.writing);
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
        let room = events(s.logic.poll_write()) & (Events::OUT | Events::WRNORM);
        drop(s);
        drop(sides);
        drop(old);
        wait::notify(self, room);
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
        // Everything that was added is news for edge-triggered observers; a waiter is only there while it lacks it.
        let active = events(done.active);
        let watched = !active.is_empty() && !s.observers.is_empty();
        drop(s);
        drop(freed);
        if watched {
            wait::notify(self, active);
        }
    }

    /// One attempt to read; `None` when there is nothing yet.
    fn try_read(&self, to: &mut Buffer<'_>) -> Option<Result<usize, Errno>> {
        let mut total = 0;
        loop {
            let guard = self.reading.lock();
            let mut s = self.state.lock();
            let verdict = if s.read_claimed { ReadVerdict::Empty } else { s.logic.plan_read(to.left()) };
            drop(s);
            let plan = match verdict {
                ReadVerdict::Copy(plan) => plan,
                ReadVerdict::Empty if total == 0 => return None,
                ReadVerdict::Nothing | ReadVerdict::EndOfFile | ReadVerdict::Empty => return Some(Ok(total)),
            };
            let moved = self.copy(&plan, |frame, offset, len| to.put_frame(frame, offset, len));
            self.commit(|p| p.commit_read(moved as u32));
            drop(guard);
            total += moved;
            if !to.faulted() {
                return Some(Ok(total));
            }
            if let Err(e) = bring_in(to, user::Intent::Write) {
                return Some(if total == 0 { Err(e) } else { Ok(total) });
            }
        }
    }

    /// One attempt to write; `None` when there is no room.
    pub(crate) fn try_write(&self, from: &mut Buffer<'_>, whole: usize) -> Option<Result<usize, Errno>> {
        loop {
            let guard = self.writing.lock();
            let mut s = self.state.lock();
            let verdict = if s.write_claimed { WriteVerdict::Full } else { s.logic.plan_write(from.left(), whole) };
            drop(s);
            let plan = match verdict {
                WriteVerdict::Copy(plan) => plan,
                WriteVerdict::Nothing => return Some(Ok(0)),
                WriteVerdict::Broken => return Some(Err(Errno::EPIPE)),
                WriteVerdict::Full => return None,
            };
            if let Err(NoMemory) = self.supply(&plan) {
                self.commit(|p| p.commit_write(0));
                return Some(Err(Errno::ENOMEM));
            }
            let start = from.mark();
            let moved = self.copy(&plan, |frame, offset, len| from.take_frame(frame, offset, len));
            // What must stay whole is not shown in parts: it is copied again once its pages are there.
            let again = from.faulted() && whole <= PIPE_BUF as usize;
            self.commit(|p| p.commit_write(if again { 0 } else { moved as u32 }));
            drop(guard);
            if !from.faulted() {
                return Some(Ok(moved));
            }
            let brought = bring_in(from, user::Intent::Read);
            match (again, brought) {
                (true, Ok(())) => from.go_back(start),
                // The part that can be reached is all that this write has.
                (true, Err(_)) if moved != 0 => {
                    from.go_back(start);
                    from.limit(moved);
                }
                (false, _) if moved != 0 => return Some(Ok(moved)),
                (_, Err(e)) => return Some(Err(e)),
                (false, Ok(())) => {}
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
        let mut lost = Events::empty();
        if access != Access::Read && s.logic.ends.writers() == 0 {
            lost |= Events::IN | Events::RDNORM | Events::HUP;
        }
        if access != Access::Write && s.logic.ends.readers() == 0 {
            lost |= Events::OUT | Events::WRNORM | Events::ERR;
        }
        if lost.is_empty() {
            return;
        }
        drop(s);
        wait::notify(self, lost);
    }

    /// Hands on a wake-up of this direction if there is still something to be had: who was woken alone may have left some.
    pub(crate) fn pass_on(&self, direction: Direction) {
        let s = self.state.lock();
        let left = match direction {
            Direction::Out => events(s.logic.poll_read(None)),
            Direction::In if s.logic.ring().free() != 0 => events(s.logic.poll_write()) | Events::OUT,
            Direction::In => events(s.logic.poll_write()),
        };
        let watched = !left.is_empty() && !s.observers.is_empty();
        drop(s);
        if watched {
            wait::pass_on(self, left);
        }
    }
}

/// Why a direction cannot be claimed, ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Empty, and no writer is left.
    End,
    /// No reader is left.
    Broken,
}

/// A direction of a pipe that its holder alone uses, without holding a lock; given back when dropped.
pub(crate) struct Claim<'a> {
    pipe: &'a Pipe,
    direction: Direction,
}

/// Part of a pipe's memory: a chunk, the first byte in it, and the number of bytes.
pub(crate) type Part = (Frame, usize, usize);

impl Pipe {
    /// Claims a direction; `None` while there is no data, or no room, or somebody else uses it.
    pub(crate) fn try_claim(&self, direction: Direction) -> Option<Result<Claim<'_>, Refused>> {
        let side = match direction {
            Direction::Out => &self.reading,
            Direction::In => &self.writing,
        };
        let guard = side.lock();
        let mut s = self.state.lock();
        let claimed = match direction {
            Direction::Out if s.read_claimed => return None,
            Direction::Out if s.logic.ring().is_empty() => {
                return (s.logic.ends.writers() == 0).then_some(Err(Refused::End));
            }
            Direction::In if s.logic.ends.readers() == 0 => return Some(Err(Refused::Broken)),
            Direction::In if s.write_claimed || s.logic.ring().free() == 0 => return None,
            Direction::Out => &mut s.read_claimed,
            Direction::In => &mut s.write_claimed,
        };
        *claimed = true;
        drop(s);
        drop(guard);
        Some(Ok(Claim { pipe: self, direction }))
    }

    /// Claims a direction, waiting for data or room unless `nonblock`.
    pub(crate) fn claim(&self, me: &Thread, direction: Direction, nonblock: bool) -> Result<Result<Claim<'_>, Refused>, Stop> {
        if let Some(claim) = self.try_claim(direction) {
            return Ok(claim);
        }
        if nonblock {
            return Err(Errno::EAGAIN.into());
        }
        let wanted = if direction == Direction::Out { Events::IN } else { Events::OUT };
        let ended = wait::wait_at(me, self, wanted, Mode::One, None, Interrupt::AnySignal, || self.try_claim(direction));
        ended.map_err(|e| finish_wait(Err(e)).err().unwrap_or(Stop::Errno(Errno::EINTR)))
    }

    /// Writes what there is room for, waiting for the first byte's unless `nonblock` (vmsplice(2)).
    pub(crate) fn write_some(&self, me: &Thread, from: &mut Buffer<'_>, nonblock: bool) -> Result<usize, Stop> {
        if let Some(r) = self.try_write(from, usize::MAX) {
            return Ok(r?);
        }
        if nonblock {
            return Err(Errno::EAGAIN.into());
        }
        let ended =
            wait::wait_at(me, self, Events::OUT, Mode::One, None, Interrupt::AnySignal, || self.try_write(from, usize::MAX));
        self.pass_on(Direction::In);
        finish_wait(ended)
    }

    fn part(&self, plan: &Plan) -> Option<Part> {
        let span = plan.spans().next()?;
        let frame = self.state.lock().chunks.get(span.slot as usize).and_then(Clone::clone)?;
        Some((frame, span.offset as usize, span.len as usize))
    }
}

impl Claim<'_> {
    /// The part of the data, at most `most` bytes, that begins `skip` bytes from the head.
    pub(crate) fn peek(&self, skip: usize, most: usize) -> Option<Part> {
        let verdict = self.pipe.state.lock().logic.plan_read(skip.saturating_add(most));
        let ReadVerdict::Copy(plan) = verdict else { return None };
        let mut skip = skip;
        for span in plan.spans() {
            let len = span.len as usize;
            if skip < len {
                let frame = self.pipe.state.lock().chunks.get(span.slot as usize).and_then(Clone::clone)?;
                return Some((frame, span.offset as usize + skip, len - skip));
            }
            skip -= len;
        }
        None
    }
    /// Takes the first `n` bytes of what was looked at out of the pipe.
    pub(crate) fn consume(&self, n: usize) {
        self.pipe.commit(|p| p.commit_read(n as u32));
    }
    /// Room for at most `most` bytes behind the data; `None` when it is full.
    pub(crate) fn room(&self, most: usize) -> Result<Option<Part>, Errno> {
        let verdict = self.pipe.state.lock().logic.plan_write(most.min(PAGE), usize::MAX);
        match verdict {
            WriteVerdict::Copy(plan) => {
                self.pipe.supply(&plan).map_err(|NoMemory| Errno::ENOMEM)?;
                Ok(self.pipe.part(&plan))
            }
            WriteVerdict::Broken => Err(Errno::EPIPE),
            WriteVerdict::Full | WriteVerdict::Nothing => Ok(None),
        }
    }
    /// Shows the first `n` bytes of the room to readers.
    pub(crate) fn fill(&self, n: usize) {
        self.pipe.commit(|p| p.commit_write(n as u32));
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        // A plan that is still open ends without having moved anything.
        match self.direction {
            Direction::Out => self.consume(0),
            Direction::In => self.fill(0),
        }
        let mut s = self.pipe.state.lock();
        match self.direction {
            Direction::Out => s.read_claimed = false,
            Direction::In => s.write_claimed = false,
        }
        drop(s);
        self.pipe.pass_on(self.direction);
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
    fn on(&self, events: Events) -> On {
        let waits = match (events.contains(Events::IN), events.contains(Events::OUT)) {
            (true, true) => Waits::PipeOpen,
            (_, true) => Waits::PipeWrite,
            _ => Waits::PipeRead,
        };
        On { waits, id: self.id }
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
        let ended =
            wait::wait_at(io.me, &*self.pipe, Events::IN, Mode::One, None, Interrupt::AnySignal, || self.pipe.try_read(to));
        self.pipe.pass_on(Direction::Out);
        finish_wait(ended)
    }

    fn write(&self, io: &Io<'_>, from: &mut Buffer<'_>) -> Result<usize, Stop> {
        let whole = from.left();
        loop {
            let result = match self.pipe.try_write(from, whole) {
                Some(r) => r.map_err(Stop::from),
                None if io.nonblock => Err(Errno::EAGAIN.into()),
                None => {
                    let ended = wait::wait_at(io.me, &*self.pipe, Events::OUT, Mode::One, None, Interrupt::AnySignal, || {
                        self.pipe.try_write(from, whole)
                    });
                    self.pipe.pass_on(Direction::In);
                    finish_wait(ended)
                }
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
        let s = self.pipe.state.lock();
        match self.access {
            Access::Read => events(s.logic.poll_read(self.opened_at)),
            Access::Write => events(s.logic.poll_write()),
            Access::ReadWrite => events(s.logic.poll_read(None)) | events(s.logic.poll_write()),
        }
    }
    fn watch(&self) -> Option<&dyn Watch> {
        Some(&*self.pipe)
    }
    fn news(&self) -> Events {
        match self.access {
            Access::Read => Events::INWARD,
            Access::Write => Events::OUTWARD,
            Access::ReadWrite => Events::all(),
        }
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
    fn ends_wait(&self, of: &OpenFile, on: On) -> bool {
        let fits = match on.waits {
            Waits::PipeRead => of.writable(),
            Waits::PipeWrite => of.readable(),
            _ => false,
        };
        fits && on.id == self.pipe.id
    }
}

#[inline]
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

/// `fifo`: it has a name, and an open there waits for the other end.
fn open_end(me: &Thread, pipe: Ref<Pipe>, flags: u32, fifo: bool) -> Result<Ref<dyn File>, Stop> {
    let access = access_of(flags);
    let patience = if fifo && flags & O_NONBLOCK != 0 { Patience::Nonblock } else { Patience::Block };
    let mut end = Ref::try_new(PipeEnd { pipe: pipe.clone(), access, opened_at: None })?;
    let (verdict, write_opens) = {
        let mut s = pipe.state.lock();
        let opens = s.logic.ends.write_opens();
        let without_writer = s.logic.ends.writers() == 0 && access == Access::Read;
        (s.logic.ends.open(access, patience), without_writer.then_some(opens))
    };
    let all = Events::IN | Events::OUT | Events::RDNORM | Events::WRNORM;
    wait::notify(&*pipe, all);
    match verdict {
        OpenVerdict::Opened => {}
        OpenVerdict::NoReader => return Err(Errno::ENXIO.into()),
        OpenVerdict::Wait(_) if !fifo => {}
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
        e.opened_at = write_opens.filter(|_| fifo);
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
    open_end(me, pipe, flags, true)
}

/// Opens an end of a pipe anew through `/proc/PID/fd/N`.
pub(crate) fn reopen(pipe: &Ref<Pipe>, flags: u32) -> Result<Descriptor, Stop> {
    let file = crate::task::with_current(|me| open_end(me, pipe.clone(), flags, false))?;
    Ok(OpenFile::open(file, None, flags)?)
}
