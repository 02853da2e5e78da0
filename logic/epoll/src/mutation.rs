//! Leaves a numbered step out, so that the models can show that it is needed.

logic_shim::mutations! {
    /// A step that a model may leave out.
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
}
