//! The trace: one ring of records a hart (`logic-trace`), written where things happen, read through `/proc/rvos/trace`.

use crate::clock;
use crate::task::{Thread, with_current};
use core::sync::atomic::{AtomicU32, Ordering};
use logic_trace::{Event, EventSet, Group, Record, Ring};
use mem::NoMemory;
use sync::{Once, preempt_off};

/// Records of a hart's ring, as a power of two.
const ORDER: u32 = 11;

static RINGS: [Once<Ring>; arch::MAX_HARTS] = [const { Once::new() }; arch::MAX_HARTS];
/// The groups that are noted.
static NOTED: AtomicU32 = AtomicU32::new(0);

/// Makes a hart's ring.
pub(crate) fn init_hart(index: usize) -> Result<(), NoMemory> {
    let ring = Ring::try_new(ORDER).ok_or(NoMemory)?;
    RINGS.get(index).ok_or(NoMemory)?.set(ring).map_err(|_| NoMemory)
}

/// A hart's ring.
pub(crate) fn ring(index: usize) -> Option<&'static Ring> {
    RINGS.get(index).and_then(Once::get)
}

/// The groups that are noted.
pub(crate) fn noted() -> EventSet {
    EventSet(NOTED.load(Ordering::Relaxed))
}

/// Notes these groups from now on, and no others.
pub(crate) fn note_only(set: EventSet) {
    NOTED.store(set.0, Ordering::Relaxed);
    crate::linux::at_every_call_also(crate::linux::NOTE, set.has(Group::Call));
}

/// The number that stands for a thread.
pub(crate) fn number(t: &Thread) -> u32 {
    // Only idle threads may run nowhere else.
    match t.tid() {
        0 if t.attrs.affinity.load(Ordering::Relaxed) == 0 => 0,
        0 => Event::KERNEL_THREAD | t.id() as u32,
        tid => tid,
    }
}

/// Whether a group is noted.
#[inline(always)]
pub(crate) fn on(group: Group) -> bool {
    noted().has(group)
}

/// Notes something that the running thread does or that happens to it; the caller has asked [`on`].
#[cold]
#[inline(never)]
pub(crate) fn put(event: Event, a: u64, b: u64) {
    with_current(|me| put_for(number(me), event, a, b));
}

/// Notes something that happens to the thread of this number.
#[cold]
#[inline(never)]
pub(crate) fn put_for(tid: u32, event: Event, a: u64, b: u64) {
    let guard = preempt_off();
    let hart = arch::core(|c| c.hart_index());
    if let Some(ring) = ring(hart) {
        ring.put(Record { time_ns: clock::monotonic_ns(), event: event as u8, hart: hart as u8, tid, a, b });
    }
    drop(guard);
}

/// Notes a thread's name, if that is noted.
pub(crate) fn put_name(t: &Thread) {
    if !on(Group::Thread) {
        return;
    }
    let name = *t.attrs.name.lock();
    let (a, b) = name.split_at(8);
    let word = |bytes: &[u8]| bytes.try_into().map_or(0, u64::from_le_bytes);
    put_for(number(t), Event::Name, word(a), word(b));
}
