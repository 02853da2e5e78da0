//! Leaves a numbered step out, so that the models can show that it is needed.
//!
//! Only the models' build knows the switch; in every other build [`left_out`] is the constant
//! `false` and the compiler drops the branch.

/// A step of the protocol that a model may leave out; the numbers are those of `lib.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(all(test, loom)), allow(dead_code, reason = "named at each step, switched by the models only"))]
pub(crate) enum Step {
    /// (1) A charge compares and writes the stock in one go.
    ChargeCompares,
    /// (2) Room is compared and taken in one go.
    TakeCompares,
    /// (2) A refused refill gives back what it took below.
    RefusalGivesBack,
    /// (3) Stocks are emptied before a charge is refused.
    DrainFirst,
    /// (3) A stock is read and emptied in one go.
    DrainSwaps,
    /// (5) The room is read and marked in one go.
    CloseSwaps,
    /// (5) What is given to a pool that was closed meanwhile is passed on.
    GivePassesOn,
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
