//! Leaves a numbered step out, so that the models can show that it is needed.
//!
//! Only the models' build knows the switch; in every other build [`left_out`] is the constant
//! `false` and the compiler drops the branch.

/// A step that a model may leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(all(test, loom)), allow(dead_code, reason = "named at each step, switched by the models only"))]
pub(crate) enum Step {
    /// (1) One who accepts is woken. (In the model.)
    OfferWakes,
    /// (2) A part stays while somebody waits in it.
    PartStays,
    /// (3) Registers first and offers then. (In the model.)
    RegisterFirst,
    /// (4) One who waits for room is woken. (In the model.)
    TakeWakes,
    /// (5) A wake-up that is not used is passed on. (In the model.)
    LeavePassesOn,
    /// (6) What comes after the end is refused.
    CloseRefuses,
    /// (6) What was taken does not go back after the end.
    NothingGoesBack,
    /// (6) Those who wait are woken. (In the model.)
    CloseWakes,
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
