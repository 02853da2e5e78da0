//! When memory runs out: how it is shared out at boot, and who ends so that the others can go on.
//!
//! A page fault of the session that cannot be paid for ends the largest process of the session, as Linux does, and waits
//! for it to be gone; so does a call that fails with ENOMEM meanwhile, if there is a really large one. New processes and threads are refused first, files
//! have a limit of their own, pages of programs end at a lower mark than kernel objects ([`mem::Heap`]), and the kernel and
//! process 1 keep a reserve that the session cannot touch.

use super::ids;
use super::process::Process;
use super::signal;
use super::thread::Thread;
use super::wait::{self, Interrupt};
use crate::klog::info;
use crate::mm::AddressSpace;
use crate::mm::fault::FaultError;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use logic_signal::{SigInfo, Signal, code};
use logic_waits::{Events, Mode};
use mem::{Access, Heap, Ref};
use sync::{Mutex, levels};

/// Whether a process was chosen to end, and has.
pub(crate) struct Fate(AtomicU32);

const CHOSEN: u32 = 1;
const GONE: u32 = 2;

impl Fate {
    /// Not chosen.
    pub(crate) const fn new() -> Self {
        Fate(AtomicU32::new(0))
    }
    fn is(&self, what: u32) -> bool {
        self.0.load(Ordering::Acquire) == what
    }
}

/// Who was chosen last. One at a time: the next is chosen when this one's memory is back.
static CHOICE: Mutex<Option<Ref<Process>>, levels::OutOfMemoryMutex> = Mutex::new(None);

/// Pages that processes which end are giving back.
static LEAVING: AtomicU64 = AtomicU64::new(0);

/// Gives each budget its part of what is free: once, before process 1.
pub(crate) fn share_out() {
    let counts = mem::frame_counts();
    // Also what lies in the stocks of other harts is in the reserve.
    let reserve = (counts.total / 64).clamp(1024, 4096);
    let session = counts.free.saturating_sub(reserve);
    let for_objects = (session / 32).clamp(256, 4096);
    mem::SESSION_HEAP.account().set_limits(session, session.saturating_sub(for_objects));
    crate::mm::object::set_file_limit(crate::mm::object::pages().saturating_add(counts.free / 2));
}

/// Whether one more thread or process may be made. When much is taken, and by many rather than by one, it is refused: what
/// those that exist still need comes first.
pub(crate) fn has_room_for_a_thread(heap: &Heap) -> bool {
    let (_, frames) = heap.account().limits();
    let has_room = || heap.account().pages() < frames - frames / 16;
    has_room()
        || CHOICE.lock().as_ref().is_some_and(|p| p.oom.is(CHOSEN))
        || largest().is_some_and(|(_, pages)| pages >= large(heap))
        || LEAVING.load(Ordering::Relaxed) >= large(heap)
        // The walk waits for whoever unmaps much at this moment.
        || has_room()
}

/// The pages of an address space that a thread which ends lets go of: on their way back until this is dropped, though
/// they belong to no process any more.
pub(crate) struct Leaving(u64);

impl Leaving {
    /// To be made before the thread gives the space up.
    pub(crate) fn of(space: Option<&AddressSpace>) -> Leaving {
        let pages = space.map_or(0, |space| space.lock().tables.resident_pages());
        LEAVING.fetch_add(pages, Ordering::Relaxed);
        Leaving(pages)
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        LEAVING.fetch_sub(self.0, Ordering::Relaxed);
    }
}

/// Pages from which on a process is held to be the reason why memory is short.
fn large(heap: &Heap) -> u64 {
    heap.account().limits().1 / 8
}

/// Whether `pages` more would be refused now.
fn is_short(heap: &Heap, pages: u64) -> bool {
    const NEAR: u64 = 32;
    let (_, limit) = heap.account().limits();
    heap.account().pages().saturating_add(pages).saturating_add(NEAR) >= limit
        || mem::frame_counts().free < pages.saturating_add(NEAR)
}

/// Resolves a fault that memory was refused for, if others have to end for it.
#[cold]
pub(crate) fn resolve_with_room(me: &Thread, space: &AddressSpace, va: usize, access: Access) -> Result<(), FaultError> {
    while let Some(pages) = mem::take_refusal() {
        if is_short(mem::current_heap(), pages) && !make_room(me, 0) {
            break;
        }
        match space.resolve(va, access) {
            Err(FaultError::NoMemory) => {}
            result => return result,
        }
    }
    Err(FaultError::NoMemory)
}

/// After a call that failed with ENOMEM: whether it is worth another try, because memory was short and is there again, or
/// a large process has ended for it. Until something is done a call does nothing that its failure would not undo, so it
/// can be repeated.
#[cold]
pub(crate) fn call_may_go_again(me: &Thread) -> bool {
    let heap = mem::current_heap();
    mem::take_refusal().is_some_and(|pages| !is_short(heap, pages) || make_room(me, large(heap)))
}

/// Ends the largest process of the session, if it has so many pages, and waits for its memory. False: there is none, or it
/// is the caller's own that is to end.
fn make_room(me: &Thread, at_least: u64) -> bool {
    if me.kill_pending() {
        return false;
    }
    let Some(victim) = victim(at_least) else { return false };
    if Ref::ptr_eq(&victim, me.process()) {
        return false;
    }
    let gone = || victim.oom.is(GONE).then_some(());
    wait::wait_at(me, &*victim, Events::IN, Mode::All, None, Interrupt::Kill, gone).is_ok()
}

/// The process that is to end: one that was told and has not, or the largest now.
fn victim(at_least: u64) -> Option<Ref<Process>> {
    let mut choice = CHOICE.lock();
    if let Some(p) = choice.as_ref().filter(|p| p.oom.is(CHOSEN)) {
        return Some(p.clone());
    }
    let (victim, pages) = largest().filter(|(_, pages)| *pages >= at_least)?;
    // Exchanged, because it may have ended by itself since.
    let _ = victim.oom.0.compare_exchange(0, CHOSEN, Ordering::AcqRel, Ordering::Acquire);
    let old = choice.replace(victim.clone());
    drop(choice);
    drop(old);
    if victim.oom.is(CHOSEN) {
        info!("out of memory: process {} ends, which has {pages} pages", victim.pid());
        end(&victim);
    }
    Some(victim)
}

/// Kills a process and all that share its memory.
fn end(victim: &Process) {
    let kill =
        |p: &Process| _ = signal::send_to_process(p, SigInfo::plain(Signal::KILL, code::SI_KERNEL), signal::Sender::Kernel);
    let space = space_of(victim);
    kill(victim);
    let Some(space) = space else { return };
    each_candidate(|p| {
        if space_of(p).is_some_and(|s| Ref::ptr_eq(&s, &space)) {
            kill(p);
        }
    });
}

fn space_of(process: &Process) -> Option<Ref<AddressSpace>> {
    let mut space = None;
    process.each_thread(|t| {
        if space.is_none() {
            space = t.space();
        }
    });
    space
}

fn each_candidate(mut f: impl FnMut(&Ref<Process>)) {
    // Process 1 pays from another budget.
    let mut from = 2;
    while let Some((pid, process)) = ids::next_process(from) {
        from = pid.saturating_add(1);
        f(&process);
    }
}

/// The process with the most pages, moved by what `/proc/PID/oom_score_adj` says, in thousandths of all memory.
fn largest() -> Option<(Ref<Process>, u64)> {
    let total = mem::frame_counts().total;
    let mut best: Option<(i64, Ref<Process>, u64)> = None;
    each_candidate(|p| {
        let adjust = i64::from(p.oom_score_adj.load(Ordering::Relaxed));
        if adjust <= -1000 || !p.oom.is(0) {
            return;
        }
        let Some(space) = space_of(p) else { return };
        let pages = {
            let inner = space.lock();
            inner.tables.resident_pages().saturating_add(inner.tables.table_pages())
        };
        let points = (pages as i64).saturating_add((total as i64 / 1000).saturating_mul(adjust));
        if best.as_ref().is_none_or(|(most, ..)| points > *most) {
            best = Some((points, p.clone(), pages));
        }
    });
    best.map(|(_, p, pages)| (p, pages))
}

/// All that a process held is released: those who waited for that go on.
pub(crate) fn process_ended(process: &Process) {
    if process.oom.0.swap(GONE, Ordering::AcqRel) == CHOSEN {
        let old = CHOICE.lock().take_if(|p| core::ptr::eq(&**p, process));
        drop(old);
        // Its own threads have ended, so only those wait there who wait for this.
        wait::notify(process, Events::IN);
    }
}
