//! Leaves a numbered step out, so that the models can show that it is needed.

logic_shim::mutations! {
    /// A step that a model may leave out.
    pub(crate) enum Step {
        /// (2) Looking and counting are one step.
        TryDupCompares,
        /// (3) Counting down is one step.
        CloseSubtracts,
        /// (3) What was done through the handle is published.
        ClosePublishes,
        /// (4) and (5): the end is marked under the lock under which waiters look. (In the model.)
        MarkUnderLock,
    }
}
