//! [`WaitCell`]: one thread's wait state, on which it and any number of wakers race.
//!
//! # The steps
//!
//! The thread that waits:
//! - (1) *arms* before it registers and checks. It forgets older wakes, and by reading what it
//!   replaces it sees whatever their wakers had published before.
//! - (2) registers and checks the condition (under the object's lock), signals, deadline.
//! - (3) Its scheduler, with the hart's run-queue lock held, *commits* ARMED → ASLEEP in one
//!   compare-and-swap; a waker that came since (1) makes it fail, and the thread stays awake.
//! - (4) The run-queue lock stays held until the thread's context is saved and its stack left. Or
//!   the other way round: the context is saved first, and whoever runs next on that hart commits for
//!   the thread that left, and enqueues it if that fails; then (3) needs no lock.
//!
//! A waker:
//! - (5) publishes the change that it brings (object's state, pending signal, expired deadline),
//! - (6) swaps WOKEN in. Of all wakers since (3) exactly one finds ASLEEP.
//! - (7) That one takes the run-queue lock of the hart where the thread ran last, which waits for
//!   (4), and enqueues the thread. It must own a reference to the thread until then.
//!
//! And then
//! - (8) the thread *disarms*, or arms again for another round.
//!
//! A wake that comes late, for a wait that is over, can hit a later wait: every wait is a loop that
//! checks again. Neighbours: `observers` (where the wakers find the thread), `logic-sched`.

use logic_shim::{Atomic, Atomics, Core, Ordering};

use crate::mutation::{Step, left_out};

/// Not waiting.
const RUNNING: u32 = 0;
/// About to check and perhaps to sleep.
const ARMED: u32 = 1;
/// Off the run queue, context saved or about to be under the run queue's lock.
const ASLEEP: u32 = 2;
/// A waker was here since the thread armed (or found the thread running: no meaning then).
const WOKEN: u32 = 3;

/// A thread's wait state. `A` is the family of atomics: the kernel's, or a model's.
#[derive(Debug)]
pub struct WaitCell<A: Atomics = Core> {
    state: A::U32,
}

/// What [`WaitCell::commit_sleep`] decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Sleep {
    /// Save the context, run something else; a waker will enqueue the thread.
    Sleep,
    /// A waker was faster: go on running.
    Woken,
}

/// What a waker has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Wake {
    /// The thread was not waiting, or someone woke it before.
    Nothing,
    /// The thread was armed and still running; it will not go to sleep. Nothing to do.
    Armed,
    /// The thread sleeps: take the run-queue lock of the hart where it ran last, and enqueue it (7).
    /// Given to exactly one waker for each sleep.
    Enqueue,
}

impl<A: Atomics> WaitCell<A> {
    /// The state of a thread that does not wait.
    #[must_use]
    pub fn new() -> Self {
        Self { state: A::U32::new(RUNNING) }
    }

    /// (1) By the thread itself, before it registers and checks; in a loop, before each check.
    #[inline]
    pub fn arm(&self) {
        if left_out(Step::ArmReads) {
            self.state.store(ARMED, Ordering::Release);
            return;
        }
        // A swap, not a store: if a wake (6) came before, this reads what it wrote and so sees all
        // that was published at (5); if it comes after, (3) fails. There is no third case.
        self.state.swap(ARMED, Ordering::AcqRel);
    }

    /// (8) By the thread itself when it waits no longer. True if a waker was there since `arm`.
    #[inline]
    pub fn disarm(&self) -> bool {
        self.state.swap(RUNNING, Ordering::AcqRel) == WOKEN
    }

    /// (3) By the scheduler of the thread's hart, on the thread's behalf: with the run-queue lock
    /// held, which after [`Sleep::Sleep`] stays held until the context is saved, or with the context
    /// saved already (4).
    ///
    /// A thread that has not armed stays awake: nobody would know that it sleeps.
    #[inline]
    pub fn commit_sleep(&self) -> Sleep {
        if left_out(Step::SleepCompares) {
            if self.state.load(Ordering::Acquire) != ARMED {
                return Sleep::Woken;
            }
            self.state.store(ASLEEP, Ordering::Release);
            return Sleep::Sleep;
        }
        // Release: the waker at (7) reads on which hart the thread ran last.
        match self.state.compare_exchange(ARMED, ASLEEP, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => Sleep::Sleep,
            Err(_) => Sleep::Woken,
        }
    }

    /// (6) By any waker, after it has published why (5); with any lock held or none.
    #[inline]
    pub fn wake(&self) -> Wake {
        let before = if left_out(Step::WakeSwaps) {
            let before = self.state.load(Ordering::Acquire);
            self.state.store(WOKEN, Ordering::Release);
            before
        } else if left_out(Step::WakePublishes) {
            self.state.swap(WOKEN, Ordering::Relaxed)
        } else {
            self.state.swap(WOKEN, Ordering::AcqRel)
        };
        match before {
            ARMED => Wake::Armed,
            ASLEEP => Wake::Enqueue,
            _ => Wake::Nothing,
        }
    }

    /// Whether the thread sleeps at this moment: a figure for `/proc`, already old when it arrives.
    #[must_use]
    pub fn is_asleep(&self) -> bool {
        self.state.load(Ordering::Relaxed) == ASLEEP
    }
}

impl<A: Atomics> Default for WaitCell<A> {
    fn default() -> Self {
        Self::new()
    }
}
