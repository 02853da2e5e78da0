//! The calls of a process, written to a pipe as they happen: what `programs/trace` shows.
//!
//! Writing the number of a pipe's descriptor to `/proc/PID/calls` gives the process a [`Tracer`]: it and all that it forks
//! from then on write a record (`logic_trace::CallRecord`) there before and after each call, whole ones, and wait for room
//! like any writer, so that nothing is lost. The process holds the pipe like a descriptor: readers see the end of file once
//! all of them have ended. A tracer whose readers are gone is dropped.

use super::On;
use crate::clock;
use crate::fs::buffer::Buffer;
use crate::fs::file::Descriptor;
use crate::fs::pipe::{Direction, Pipe};
use crate::linux::{AT_EVERY_CALL, Call, TELL, at_every_call_also};
use crate::task::wait::{self, Ended, Interrupt, Watch};
use crate::task::{Process, Thread, ids};
use abi::{Count, Direction as Way, Errno, Layout, Pointer};
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use logic_pidscope::ScopeId;
use logic_trace::{CALL_HEADER_BYTES, CALL_TEXT_MAX, CallRecord, Phase, put_part};
use logic_waits::{Events, Mode};
use mem::{Frame, Ref, user};
use sync::{SpinLock, levels};

/// A pipe, and the scope of who asked, by whose numbers threads are called.
struct To {
    pipe: Descriptor,
    scope: ScopeId,
}

impl To {
    fn try_clone(&self) -> Option<To> {
        Some(To { pipe: self.pipe.try_clone().ok()?, scope: self.scope })
    }
}

/// Where a process's calls are written to.
pub(crate) struct Tracer {
    to: SpinLock<Option<To>, levels::ThreadRefs>,
    /// 1: there is one; so that a look needs no lock.
    there: AtomicU32,
}

/// Processes that have a tracer.
static TRACED: AtomicUsize = AtomicUsize::new(0);
/// Bytes of one part at most, by what it is: buffers are shown by their beginning.
const BYTES_MAX: usize = 48;
/// Strings of an array of strings that are looked at.
const STRINGS_MAX: usize = 16;

impl Tracer {
    /// None.
    pub(crate) const fn new() -> Self {
        Tracer { to: SpinLock::new(None), there: AtomicU32::new(0) }
    }
    /// Exchanges it.
    fn set(&self, to: Option<To>) {
        let there = to.is_some();
        let old = core::mem::replace(&mut *self.to.lock(), to);
        self.there.store(u32::from(there), Ordering::Relaxed);
        match (old.is_some(), there) {
            (false, true) => {
                TRACED.fetch_add(1, Ordering::SeqCst);
            }
            (true, false) => {
                TRACED.fetch_sub(1, Ordering::SeqCst);
            }
            _ => {}
        }
        drop(old);
        at_every_call_also(TELL, TRACED.load(Ordering::SeqCst) != 0);
        if TRACED.load(Ordering::SeqCst) != 0 {
            // Somebody may have had one between the two looks.
            AT_EVERY_CALL.fetch_or(TELL, Ordering::SeqCst);
        }
    }
    /// Takes it away.
    pub(crate) fn forget(&self) {
        self.set(None);
    }
    /// fork: the child's calls are written to the same pipe.
    pub(crate) fn inherit(&self, from: &Tracer) {
        if from.is_there() {
            self.set(from.get());
        }
    }
    /// Whether there is one.
    pub(crate) fn is_there(&self) -> bool {
        self.there.load(Ordering::Relaxed) != 0
    }
    fn get(&self) -> Option<To> {
        self.to.lock().as_ref().and_then(To::try_clone)
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        self.set(None);
    }
}

/// The caller's descriptor `fd` as a tracer for `process`; -1 takes its tracer away. EINVAL: it is no pipe's end for writing.
pub(crate) fn attach(me: &Thread, process: &Process, fd: i32) -> Result<(), Errno> {
    if fd == -1 {
        process.tracer.set(None);
        return Ok(());
    }
    let slot = me.files().slot(fd, abi::Rights::WRITE | abi::Rights::DUP)?;
    let descriptor = slot.file;
    if !descriptor.writable() || descriptor.file.as_pipe().is_none() {
        return Err(Errno::EINVAL);
    }
    process.tracer.set(Some(To { pipe: descriptor, scope: ids::callers_scope() }));
    Ok(())
}

/// A call begins.
pub(crate) fn begins(c: &Call<'_>, number: usize) {
    tell(c.me, Phase::Begin, number, 0, arguments(c), c);
}

/// It has ended, with `result` in `a0`.
pub(crate) fn ended(c: &Call<'_>, number: usize, result: i64, args: [u64; 7]) {
    tell(c.me, Phase::End, number, result, args, c);
}

/// The arguments before the call changes `a0`.
pub(crate) fn arguments(c: &Call<'_>) -> [u64; 7] {
    core::array::from_fn(|i| if i < 6 { c.arg(i) as u64 } else { 0 })
}

/// The thread ends.
#[cold]
#[inline(never)]
pub(crate) fn gone(me: &Thread, status: i32) {
    let process = me.process();
    let Some(to) = process.tracer.get() else { return };
    let last = process.live_threads.load(Ordering::Acquire) <= 1;
    let record = CallRecord {
        size: CALL_HEADER_BYTES as u16,
        phase: Phase::Gone,
        tid: ids::seen(to.scope, me.tid()),
        time_ns: clock::monotonic_ns(),
        number: 0,
        result: if last { i64::from(status) } else { -1 },
        args: [0; 7],
    };
    if let Ok(frame) = Frame::try_unfilled() {
        frame.write(0, &record.to_bytes());
        send(me, &to.pipe, &frame, CALL_HEADER_BYTES);
    }
}

#[inline(never)]
fn tell(me: &Thread, phase: Phase, number: usize, result: i64, args: [u64; 7], c: &Call<'_>) {
    // Who gained rights by exec is closed to those who have only its ids.
    if me.process().attrs.dumpable.load(Ordering::Relaxed) != 1 {
        return;
    }
    let Some(to) = me.process().tracer.get() else { return };
    let Ok(frame) = Frame::try_unfilled() else { return };
    let size = put_parts(&frame, phase, number, result, &args);
    let tid = ids::seen(to.scope, c.me.tid());
    let time_ns = clock::monotonic_ns();
    let record = CallRecord { size: size as u16, phase, tid, time_ns, number: number as u64, result, args };
    frame.write(0, &record.to_bytes());
    send(me, &to.pipe, &frame, size);
}

/// Writes a record, whole. A reader that has gone takes the tracer with it; only a kill ends the wait for room.
#[inline(never)]
fn send(me: &Thread, to: &Descriptor, frame: &Frame, size: usize) {
    let Some(pipe) = to.file.as_pipe() else { return };
    let mut from = Buffer::frame(frame, 0, size);
    let sent = match pipe.try_write(&mut from, size) {
        Some(sent) => Ok(sent),
        None => {
            let full = Full(pipe);
            let sent =
                wait::wait_at(me, &full, Events::OUT, Mode::One, None, Interrupt::Kill, || pipe.try_write(&mut from, size));
            pipe.pass_on(Direction::In);
            sent
        }
    };
    if matches!(sent, Ok(Err(Errno::EPIPE)) | Err(Ended::NoMemory)) {
        me.process().tracer.set(None);
    }
}

/// A pipe, for one who waits because its tracer is slow.
struct Full<'a>(&'a Ref<Pipe>);

impl Watch for Full<'_> {
    fn with_observers(&self, f: &mut dyn FnMut(&mut wait::Observers)) {
        self.0.with_observers(f);
    }
    fn on(&self, _events: Events) -> On {
        On { waits: super::Waits::PipeWrite, id: self.0.id }
    }
}

/// Adds what the pointers among the arguments lead to; gives the record's size.
fn put_parts(frame: &Frame, phase: Phase, number: usize, result: i64, args: &[u64; 7]) -> usize {
    let mut at = CALL_HEADER_BYTES;
    for pointer in abi::pointers(number) {
        let value = args.get(usize::from(pointer.arg)).map_or(0, |v| *v as usize);
        if value == 0 {
            continue;
        }
        at = match (phase, wanted(pointer, phase, result, args)) {
            (_, Some(wanted)) => put_bytes(frame, at, pointer.arg, value, wanted),
            (Phase::Begin, None) if pointer.layout == Layout::Path => put_string(frame, at, pointer.arg, value),
            (Phase::Begin, None) if pointer.layout == Layout::Strings => put_strings(frame, at, pointer.arg, value),
            _ => at,
        };
    }
    at
}

/// How many elements, bytes or bits there are behind a pointer, as the arguments say.
fn count(pointer: &Pointer, args: &[u64; 7]) -> Option<usize> {
    match pointer.count? {
        Count::Argument(n) => Some(*args.get(usize::from(n))? as usize),
        Count::Behind(n) => user::load_u32(*args.get(usize::from(n))? as usize).ok().map(|n| n as usize),
    }
}

/// Bytes to show of what an argument points to: how many there are, and how many to show at most.
#[derive(Clone, Copy)]
struct Wanted {
    bytes: usize,
    most: usize,
}

/// `None`: nothing in this phase, or a string.
fn wanted(pointer: &Pointer, phase: Phase, result: i64, args: &[u64; 7]) -> Option<Wanted> {
    let begins = phase == Phase::Begin;
    let fits = if begins { pointer.direction != Way::Out } else { pointer.direction != Way::In && result >= 0 };
    let size = usize::from(pointer.size);
    let bytes = match pointer.layout {
        Layout::Bytes if fits => {
            let bytes = if begins { count(pointer, args)? } else { result as usize };
            return Some(Wanted { bytes, most: BYTES_MAX });
        }
        Layout::Struct if fits => size,
        Layout::SizedStruct if fits => count(pointer, args)?,
        Layout::Array if fits => {
            // What came out is as many elements as the call says, if it says.
            let n = count(pointer, args)?;
            let n = if pointer.direction == Way::Out { n.min(result as usize) } else { n };
            n.saturating_mul(size)
        }
        Layout::Iovec if begins => count(pointer, args)?.saturating_mul(size),
        Layout::Futex if begins => size,
        Layout::BitSet => count(pointer, args)?.div_ceil(8),
        _ => return None,
    };
    Some(Wanted { bytes, most: CALL_TEXT_MAX })
}

/// Adds bytes of user memory, as far as they can be read.
#[inline(never)]
fn put_bytes(frame: &Frame, at: usize, index: u8, addr: usize, wanted: Wanted) -> usize {
    let mut bytes = [0u8; CALL_TEXT_MAX];
    let n = wanted.bytes.min(wanted.most).min(bytes.len());
    let got = user::copy_in_short(bytes.get_mut(..n).unwrap_or_default(), addr);
    put(frame, at, index, wanted.bytes > got, bytes.get(..got).unwrap_or_default())
}

#[inline(never)]
fn put_string(frame: &Frame, at: usize, index: u8, addr: usize) -> usize {
    let mut bytes = [0u8; CALL_TEXT_MAX];
    let len = user::read_string(&mut bytes, addr);
    let (len, cut) = match len {
        Ok(len) => (len, false),
        Err(user::StringError::TooLong) => (bytes.len(), true),
        // The program will see EFAULT.
        Err(user::StringError::Fault) => return at,
    };
    put(frame, at, index, cut, bytes.get(..len).unwrap_or_default())
}

/// Adds an array's strings, each with its NUL.
#[inline(never)]
fn put_strings(frame: &Frame, at: usize, index: u8, addr: usize) -> usize {
    let mut bytes = [0u8; CALL_TEXT_MAX];
    let mut used = 0usize;
    let mut cut = true;
    for i in 0..STRINGS_MAX {
        let Ok(string) = user::read::<u64>(addr.wrapping_add(i * 8)) else { break };
        if string == 0 {
            cut = false;
            break;
        }
        let Some(room) = bytes.get_mut(used..) else { break };
        let Ok(len) = user::read_string(room, string as usize) else { break };
        used = used.saturating_add(len).saturating_add(1);
    }
    put(frame, at, index, cut, bytes.get(..used.min(CALL_TEXT_MAX)).unwrap_or_default())
}

fn put(frame: &Frame, at: usize, index: u8, cut: bool, bytes: &[u8]) -> usize {
    let mut part = [0u8; CALL_TEXT_MAX + 4];
    let len = put_part(&mut part, 0, index, cut, bytes);
    let end = at.saturating_add(len);
    let written = frame.write(at, part.get(..len).unwrap_or_default());
    if written == len { end } else { at }
}
