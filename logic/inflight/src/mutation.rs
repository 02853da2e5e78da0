//! Leaves a numbered step out, so that the models can show that it is needed.
//!
//! Only the models' build knows the switch; in every other build [`left_out`] is the constant
//! `false` and the compiler drops the branch.

/// A step that a model may leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(all(test, loom)), allow(dead_code, reason = "named at each step, switched by the models only"))]
pub(crate) enum Step {
    /// (b) A change is counted.
    ChangesAreCounted,
    /// (c) Who closes a descriptor asks after that.
    AskAfterClosing,
    /// (d) Who puts something into a carrier asks after that.
    AskAfterEntering,
    /// (d) Who sends through a carrier that nobody holds any more looks at what it sent. (In the model.)
    LookAtSent,
    /// (e) A search says where it is before it looks.
    SayBeforeLooking,
    /// (f) The count is read after all else.
    CountedLast,
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
