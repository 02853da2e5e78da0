//! Leaves a numbered step out, so that the models can show that it is needed.

logic_shim::mutations! {
    /// A step that a model may leave out.
    pub(crate) enum Step {
        /// (2) The harts that are not asked are marked stale.
        MarkStale,
        /// (2) The users are read once more after that.
        ReadAgain,
        /// (3) before (4): pending is written before the inboxes.
        PendingFirst,
        /// (5) The initiator serves its own inbox while it waits.
        ServeWhileWaiting,
        /// (5) before (6): the initiator waits at all.
        Wait,
        /// (7) The inbox is read and emptied in one go.
        TakeInbox,
        /// (8) before (9).
        FlushFirst,
        /// (10) The fence after the hart says that it uses the space.
        EnterFence,
        /// (2) The fence between marking and reading again.
        TargetsFence,
        /// (11) A stale hart flushes.
        FlushStale,
    }
}
