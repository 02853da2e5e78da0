//! When memory runs out: how it is shared out at boot, and who ends so that the others can go on.
//!
//! A page fault that cannot be paid for ends the largest process inside the budget that is full, as Linux does, and waits
//! for it to be gone; so does a call that fails with ENOMEM meanwhile, if there is a really large one. New processes and
//! threads are refused first, files have a limit of their own, pages of programs end at a lower mark than kernel objects
//! ([`crate::budget::spare_frames`]), and the kernel and process 1 keep a reserve that the session cannot touch.

use super::ids;
use super::process::Process;
use super::signal;
use super::thread::Thread;
use super::wait::{self, Interrupt};
use crate::budget::{self, Budget, Event, Kind, UNLIMITED};
use crate::klog::info;
use crate::mm::AddressSpace;
use crate::mm::fault::FaultError;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use logic_signal::{SigInfo, Signal, code};
use logic_waits::{Events, Mode};
use mem::{Access, NoMemory, Ref, Weak};

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

/// Pages that processes which end are giving back.
static LEAVING: AtomicU64 = AtomicU64::new(0);

/// Gives each budget its part of what is free: once, before process 1.
pub(crate) fn share_out() -> Result<(), NoMemory> {
    /// Of each kind that costs memory, which is what bounds it: as many as anyone could have.
    const PLENTY: u64 = UNLIMITED / 4;
    let counts = mem::frame_counts();
    // Also what lies in the stocks of other harts is in the reserve.
    let reserve = (counts.total / 64).clamp(1024, 4096);
    let session = counts.free.saturating_sub(reserve);
    let for_objects = (session / 32).clamp(256, 4096);
    let charged = budget::root().usage(Kind::Frames);
    for (of, frames) in
        [(budget::root(), charged.saturating_add(counts.free)), (budget::session(), session), (budget::init(), reserve / 4 * 3)]
    {
        for kind in [Kind::Processes, Kind::Threads, Kind::Descriptors, Kind::Channels, Kind::Messages, Kind::Bytes] {
            if core::ptr::eq(&**of, &**budget::root()) {
                // The root has no limit; what harts keep in stock below it is measured by what they may keep here.
                of.heap().account().fit_stocks(kind);
            } else {
                of.set_limit(kind, PLENTY).map_err(|_| NoMemory)?;
            }
        }
        of.set_limit(Kind::Frames, frames).map_err(|_| NoMemory)?;
    }
    budget::session().heap().account().set_spare(Kind::Frames, for_objects);
    // Budgets lie on pages of the kernel's, which keeps some for itself.
    let kernels = budget::root().limit(Kind::Frames).saturating_sub(budget::root().usage(Kind::Frames));
    mem::FOREST.set_most((kernels / 4 * 3) as u32);
    crate::mm::object::set_file_limit(crate::mm::object::pages().saturating_add(counts.free / 2));
    Ok(())
}

/// Frames that programs may have in a budget.
fn for_programs(budget: &Budget) -> u64 {
    let account = budget.heap().account();
    account.limit(Kind::Frames).saturating_sub(account.spare(Kind::Frames))
}

/// Whether one more thread or process may be made. When much is taken, and by many rather than by one, it is refused: what
/// those that exist still need comes first.
pub(crate) fn has_room_for_a_thread(budget: &Budget) -> bool {
    let budget = budget.reserved();
    let frames = for_programs(budget);
    let has_room = || budget.heap().account().usage(Kind::Frames) < frames - frames / 16;
    has_room()
        || chosen(budget).is_some()
        || largest(budget).is_some_and(|(_, pages)| pages >= large(budget))
        || LEAVING.load(Ordering::Relaxed) >= large(budget)
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

/// Who was chosen in a budget and is not gone yet.
fn chosen(budget: &Budget) -> Option<Ref<Process>> {
    let choice = budget.choice.lock().as_ref().and_then(Weak::upgrade);
    choice.filter(|p| p.oom.is(CHOSEN))
}

/// Pages from which on a process is held to be the reason why memory is short.
fn large(budget: &Budget) -> u64 {
    for_programs(budget) / 8
}

/// The budget of the running thread, or above it, that memory was refused in: the outermost one that programs have if the
/// machine has none left.
fn full(me: &Thread, heap: u16) -> Ref<Budget> {
    let mine = me.process().budget();
    match mine.with_heap(heap) {
        Some(b) if b.depth() > 0 => b.to_ref(),
        _ => mine.reserved().to_ref(),
    }
}

/// What was refused may lie in stocks, or have come back since: it is taken from those before somebody ends for it.
fn gather(budget: &Budget) {
    budget.each_below(|b| b.heap().account().drain(Kind::Frames));
}

/// Whether `pages` more would be refused now.
fn is_short(budget: &Budget, pages: u64) -> bool {
    const NEAR: u64 = 32;
    gather(budget);
    budget.heap().account().usage(Kind::Frames).saturating_add(pages).saturating_add(NEAR) >= for_programs(budget)
        || mem::frame_counts().free < pages.saturating_add(NEAR)
}

/// Resolves a fault that memory was refused for, if others have to end for it.
#[cold]
pub(crate) fn resolve_with_room(me: &Thread, space: &AddressSpace, va: usize, access: Access) -> Result<(), FaultError> {
    let mut gathered = false;
    while let Some((_, heap)) = mem::take_refusal() {
        let full = full(me, heap);
        full.refused(Kind::Frames);
        if gathered && !make_room(me, &full, 0) {
            break;
        }
        gathered = true;
        gather(&full);
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
    let Some((pages, heap)) = mem::take_refusal() else { return false };
    let full = full(me, heap);
    full.refused(Kind::Frames);
    !is_short(&full, pages) || make_room(me, &full, large(&full))
}

/// Does a write to user memory that must not be lost for want of memory: again as long as there may be some, and if there
/// is none in the end, the caller's process ends, as after a fault of its own. False: the memory is not there to be written.
#[cold]
pub(crate) fn write_surely(me: &Thread, mut write: impl FnMut() -> bool) -> bool {
    loop {
        let _ = mem::take_refusal();
        if write() {
            return true;
        }
        let Some((pages, heap)) = mem::take_refusal() else { return false };
        let full = full(me, heap);
        full.refused(Kind::Frames);
        if is_short(&full, pages) && !make_room(me, &full, large(&full)) {
            super::exit::begin_group_exit(me.process(), logic_signal::Signal::KILL.number() as i32);
            return false;
        }
    }
}

/// Ends the largest process of a budget, if it has so many pages, and waits for its memory. False: there is none, or it
/// is the caller's own that is to end.
fn make_room(me: &Thread, full: &Budget, at_least: u64) -> bool {
    if me.kill_pending() {
        return false;
    }
    let Some(victim) = victim(full, at_least) else { return false };
    if Ref::ptr_eq(&victim, me.process()) {
        return false;
    }
    let gone = || victim.oom.is(GONE).then_some(());
    wait::wait_at(me, &*victim, Events::IN, Mode::All, None, Interrupt::Kill, gone).is_ok()
}

/// A budget's limit was lowered below what is charged: ends processes inside until it fits, or none is left.
pub(crate) fn shrink_to_limit(me: &Thread, budget: &Budget) {
    while budget.usage(Kind::Frames) > budget.limit(Kind::Frames) && make_room(me, budget, 0) {}
}

/// The process that is to end: one that was told and has not, or the largest now.
fn victim(full: &Budget, at_least: u64) -> Option<Ref<Process>> {
    // One at a time: the next is chosen when this one's memory is back.
    let mut choice = full.choice.lock();
    let told = choice.as_ref().and_then(Weak::upgrade);
    if let Some(p) = told.filter(|p| p.oom.is(CHOSEN)) {
        return Some(p);
    }
    let (victim, pages) = largest(full).filter(|(_, pages)| *pages >= at_least)?;
    // Exchanged, because it may have ended by itself since.
    let mine = victim.oom.0.compare_exchange(0, CHOSEN, Ordering::AcqRel, Ordering::Acquire).is_ok();
    let old = choice.replace(Ref::downgrade(&victim));
    drop(choice);
    drop(old);
    if mine {
        full.happened(Event::OutOfMemory);
        victim.budget().happened(Event::Killed);
        info!("out of memory: process {} ends, which has {pages} pages", victim.pid());
        end(&victim);
        end_together(&victim, full);
    }
    Some(victim)
}

/// Ends those who are to end with a victim: all inside the outermost budget that says so, up to the one that is full.
fn end_together(victim: &Process, full: &Budget) {
    let own = victim.budget();
    let mut group: Option<&Budget> = None;
    let mut at = Some(&*own);
    while let Some(b) = at.filter(|b| b.is_within(full)) {
        if b.ends_together.load(Ordering::Relaxed) {
            group = Some(b);
        }
        at = b.parent().map(|p| &**p);
    }
    let Some(group) = group else { return };
    group.happened(Event::GroupKilled);
    budget::each_member(group, |p| {
        let spared = p.oom_score_adj.load(Ordering::Relaxed) <= -1000;
        if !spared && !core::ptr::eq(&**p, victim) && p.state.lock().ending.is_none() {
            p.budget().happened(Event::Killed);
            end(p);
        }
    });
}

/// Kills a process and all that share its memory.
#[inline(never)]
fn end(victim: &Process) {
    let kill =
        |p: &Process| _ = signal::send_to_process(p, SigInfo::plain(Signal::KILL, code::SI_KERNEL), signal::Sender::Kernel);
    let space = space_of(victim);
    kill(victim);
    let Some(space) = space else { return };
    each_candidate(&mut |p| {
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

#[inline(never)]
fn each_candidate(f: &mut dyn FnMut(&Ref<Process>)) {
    // Process 1 pays from another budget.
    let mut from = 2;
    while let Some((pid, process)) = ids::next_process(from) {
        from = pid.saturating_add(1);
        f(&process);
    }
}

/// The process of a budget with the most pages, moved by what `/proc/PID/oom_score_adj` says, in thousandths of all memory.
fn largest(inside: &Budget) -> Option<(Ref<Process>, u64)> {
    let total = mem::frame_counts().total.min(inside.limit(Kind::Frames));
    let mut best: Option<(i64, Ref<Process>, u64)> = None;
    each_candidate(&mut |p| {
        let adjust = i64::from(p.oom_score_adj.load(Ordering::Relaxed));
        if adjust <= -1000 || p.oom.is(GONE) || !p.budget().is_within(inside) {
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
        let budget = process.budget();
        let mut at = Some(&budget);
        while let Some(b) = at {
            let old = b.choice.lock().take_if(|p| p.upgrade().is_none_or(|p| core::ptr::eq(&*p, process)));
            drop(old);
            at = b.parent();
        }
        // Its own threads have ended, so only those wait there who wait for this.
        wait::notify(process, Events::IN);
    }
}
