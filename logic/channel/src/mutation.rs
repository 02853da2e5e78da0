//! Leaves a numbered step out, so that the models can show that it is needed.
//!
//! Only the models' build knows the switch; in every other build [`left_out`] is the constant
//! `false` and the compiler drops the branch.

/// A step that a model may leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(all(test, loom)), allow(dead_code, reason = "named at each step, switched by the models only"))]
pub(crate) enum Step {
    /// (5) A number names one call, not a place of the table.
    NumberIsUnique,
    /// (6) Closing fails the calls whose request was consumed.
    CloseFailsTaken,
    /// (6) What was in hand when its end closed is not put back.
    NothingGoesBack,
    /// (1) The caller looks after it armed. (In the model.)
    ArmBeforeCheck,
    /// (4) Who ends a call wakes the caller after that. (In the model.)
    WakeAfterCommit,
    /// (5) Who leaves a call gets what it holds.
    CancelGivesBack,
    /// (5) A caller that ends leaves its call. (In the model.)
    DeathCancels,
    /// (5) A signal leaves the call as it is, and the wait goes on: nothing is sent twice. (In the model.)
    SignalKeepsCall,
    /// (5) Who is woken alone and leaves passes the wake-up on. (In the model.)
    PassOn,
    /// Who waited for room and has sent wakes the next, if room is left. (In the model.)
    RoomIsPassedOn,
    /// (2) Room that comes to be when a message cannot go back is made known. (In the model.)
    BackMakesRoom,
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
