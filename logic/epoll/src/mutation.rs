//! Leaves a numbered step out, so that the models can show that it is needed; in every other build [`left_out`] is the
//! constant `false`.

/// A step that a model may leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(all(test, loom)), allow(dead_code, reason = "named at each step, switched by the models only"))]
pub(crate) enum Step {
    /// (1) a set that got news fires its own observers. (In the model.)
    SetFires,
    /// (3) a fire counts, also when the interest is on the list already.
    FireCounts,
    /// (3) a fire puts an interest that was taken on the list again.
    FireQueues,
    /// (4) an interest that was fired since it was taken stays on the list.
    SettleCompares,
    /// (5) what could not be copied is put back.
    PutBack,
    /// (6) registered first, asked then. (In the model.)
    RegisterBeforeAsking,
    /// A watcher looks for the last close after it was noted. (In the model.)
    LookAfterNoting,
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
