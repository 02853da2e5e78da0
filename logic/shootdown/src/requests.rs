//! [`Shootdown`]: requests between harts, and their answers. The steps are those of the crate's
//! text.

use logic_shim::{Atomic, Atomics, Core, Ordering};

use crate::mutation::{Step, left_out};
use crate::{Flush, Hart, Harts};

/// The mail boxes of all harts; one for the machine.
pub struct Shootdown<const HARTS: usize, A: Atomics = Core> {
    slots: [Slot<A>; HARTS],
}

/// One hart's part.
struct Slot<A: Atomics> {
    /// The harts whose requests wait for this one.
    inbox: A::U64,
    /// The harts that have not answered this one's request.
    pending: A::U64,
    /// This one's request: kind and address-space identifier, first address, pages. Written while
    /// nobody is pending, read by those who are.
    what: A::U64,
    start: A::U64,
    pages: A::U64,
}

/// A request on its way. The frames that it is about may be freed after [`Pending::wait`].
#[must_use = "frames may be freed only after `wait`"]
pub struct Pending<'a, const HARTS: usize, A: Atomics = Core> {
    shootdown: &'a Shootdown<HARTS, A>,
    me: Hart,
    interrupt: Harts,
}

impl<const HARTS: usize, A: Atomics> Shootdown<HARTS, A> {
    /// No request on its way. At most 64 harts.
    #[must_use]
    pub fn new() -> Self {
        Self { slots: core::array::from_fn(|_| Slot::new()) }
    }

    /// (3) and (4): asks `targets` for a flush. `me` is not asked: it flushes itself, if it has to,
    /// before it waits. A hart has one request at a time: preemption stays off until
    /// [`Pending::wait`] returns, and interrupts do not call this.
    pub fn begin(&self, me: Hart, flush: Flush, targets: Harts) -> Pending<'_, HARTS, A> {
        let targets = self.existing(targets).without(me);
        let mut interrupt = Harts::NONE;
        if let Some(slot) = self.slot(me)
            && !targets.is_empty()
        {
            slot.write(flush);
            if !left_out(Step::PendingFirst) {
                slot.pending.store(targets.0, Ordering::Relaxed);
            }
            for target in targets.iter() {
                // Release: who takes this out of its inbox sees the request and, before it, (1).
                let before = self.slot(target).map_or(0, |slot| slot.inbox.fetch_or(me.alone().0, Ordering::AcqRel));
                if before == 0 {
                    interrupt.0 |= target.alone().0;
                }
            }
            if left_out(Step::PendingFirst) {
                slot.pending.store(targets.0, Ordering::Relaxed);
            }
        }
        Pending { shootdown: self, me, interrupt }
    }

    /// (7) to (9): does what others ask of `me`, with `flush`. From the interrupt, and wherever a
    /// hart waits with interrupts off. May be interrupted by itself.
    #[inline]
    pub fn serve(&self, me: Hart, mut flush: impl FnMut(Flush)) {
        let Some(mine) = self.slot(me) else {
            return;
        };
        if mine.inbox.load(Ordering::Relaxed) == 0 {
            return;
        }
        let askers = if left_out(Step::TakeInbox) {
            let askers = mine.inbox.load(Ordering::Acquire);
            mine.inbox.store(0, Ordering::Release);
            askers
        } else {
            mine.inbox.swap(0, Ordering::AcqRel)
        };
        for asker in Harts(askers).iter() {
            let Some(slot) = self.slot(asker) else {
                continue;
            };
            if left_out(Step::FlushFirst) {
                slot.pending.fetch_and(!me.alone().0, Ordering::Release);
                flush(slot.read());
                continue;
            }
            flush(slot.read());
            // Release: what was used by the old translations, and the request's reading, is over.
            slot.pending.fetch_and(!me.alone().0, Ordering::Release);
        }
    }

    /// The harts of the set for which there is a slot.
    const fn existing(&self, harts: Harts) -> Harts {
        let shift = 64usize.saturating_sub(HARTS);
        match u64::MAX.checked_shr(shift as u32) {
            Some(mask) => Harts(harts.0 & mask),
            None => Harts::NONE,
        }
    }

    #[inline]
    fn slot(&self, hart: Hart) -> Option<&Slot<A>> {
        self.slots.get(hart.0 as usize)
    }
}

impl<const HARTS: usize, A: Atomics> Default for Shootdown<HARTS, A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const HARTS: usize, A: Atomics> Pending<'_, HARTS, A> {
    /// The harts to interrupt, right after `begin`. The others that were asked are being
    /// interrupted by someone else.
    #[must_use]
    pub const fn interrupt(&self) -> Harts {
        self.interrupt
    }

    /// (5) Returns when all have answered. `flush` does what others ask of this hart meanwhile.
    pub fn wait(self, mut flush: impl FnMut(Flush)) {
        if left_out(Step::Wait) {
            return;
        }
        while !self.is_done() {
            if !left_out(Step::ServeWhileWaiting) {
                self.shootdown.serve(self.me, &mut flush);
            }
            A::spin_hint();
        }
    }

    /// Whether all have answered.
    pub(crate) fn is_done(&self) -> bool {
        self.shootdown.slot(self.me).is_none_or(|slot| slot.pending.load(Ordering::Acquire) == 0)
    }
}

const PAGES: u64 = 0;
const SPACE: u64 = 1;
const UNLOAD: u64 = 2;
const KERNEL: u64 = 3;
const INSTRUCTIONS: u64 = 4;
const EVERYTHING: u64 = 5;
/// Where the kind starts in `what`; the address-space identifier is below.
const KIND_SHIFT: u32 = 16;

impl<A: Atomics> Slot<A> {
    fn new() -> Self {
        Self {
            inbox: A::U64::new(0),
            pending: A::U64::new(0),
            what: A::U64::new(0),
            start: A::U64::new(0),
            pages: A::U64::new(0),
        }
    }

    /// Relaxed: the inboxes order it, (4) and (7).
    fn write(&self, flush: Flush) {
        let (kind, asid, start, pages) = match flush {
            Flush::Pages { asid, start, pages } => (PAGES, asid, start, pages),
            Flush::Space { asid } => (SPACE, asid, 0, 0),
            Flush::Unload { asid } => (UNLOAD, asid, 0, 0),
            Flush::Kernel { start, pages } => (KERNEL, 0, start, pages),
            Flush::Everything => (EVERYTHING, 0, 0, 0),
            Flush::Instructions => (INSTRUCTIONS, 0, 0, 0),
        };
        let what = kind << KIND_SHIFT | u64::from(asid);
        self.what.store(what, Ordering::Relaxed);
        if matches!(kind, PAGES | KERNEL) {
            self.start.store(start, Ordering::Relaxed);
            self.pages.store(pages, Ordering::Relaxed);
        }
    }

    fn read(&self) -> Flush {
        let what = self.what.load(Ordering::Relaxed);
        let range = || (self.start.load(Ordering::Relaxed), self.pages.load(Ordering::Relaxed));
        #[expect(clippy::cast_possible_truncation, reason = "the identifier is the low 16 bits")]
        let asid = what as u16;
        match what >> KIND_SHIFT {
            PAGES => {
                let (start, pages) = range();
                Flush::Pages { asid, start, pages }
            }
            SPACE => Flush::Space { asid },
            UNLOAD => Flush::Unload { asid },
            KERNEL => {
                let (start, pages) = range();
                Flush::Kernel { start, pages }
            }
            INSTRUCTIONS => Flush::Instructions,
            _ => Flush::Everything,
        }
    }
}
