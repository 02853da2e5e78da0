//! Leaves a numbered step out, so that the models can show that it is needed.
//!
//! Only the models' build knows the switch; in every other build [`left_out`] is the constant
//! `false` and the compiler drops the branch.

/// A step of `cell` or `observers` that a model may leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(all(test, loom)), allow(dead_code, reason = "named at each step, switched by the models only"))]
pub(crate) enum Step {
    /// (1) `arm` reads what it replaces, and with it what earlier wakers published.
    ArmReads,
    /// (3) `commit_sleep` compares and writes in one go.
    SleepCompares,
    /// (6) `wake` reads and writes in one go.
    WakeSwaps,
    /// (5) what the waker wrote before is visible to whom it wakes.
    WakePublishes,
    /// (4) the run queue's lock is held until the context is saved. (In the model.)
    LockUntilSaved,
    /// (1) before (2): the thread arms before it checks. (In the model.)
    ArmBeforeCheck,
    /// (C) a fired `One` observer leaves the list under the same lock hold.
    FireRemoves,
    /// (D) a key names one registration, not a place.
    KeyIsUnique,
    /// (E) a wake that is not used is passed on. (In the model.)
    PassOn,
}

#[cfg(all(test, loom))]
std::thread_local! {
    // loom runs the threads of a model as coroutines of the test's own thread, so this is per test.
    static LEFT_OUT: core::cell::Cell<Option<Step>> = const { core::cell::Cell::new(None) };
}

/// Whether the running model leaves `step` out.
#[cfg(all(test, loom))]
pub(crate) fn left_out(step: Step) -> bool {
    LEFT_OUT.get() == Some(step)
}

/// Whether the running model leaves `step` out: no, this is not a model.
#[cfg(not(all(test, loom)))]
#[inline(always)]
pub(crate) const fn left_out(_step: Step) -> bool {
    false
}

/// Leaves `step` out from here on in this test.
#[cfg(all(test, loom))]
pub(crate) fn leave_out(step: Option<Step>) {
    LEFT_OUT.set(step);
}
