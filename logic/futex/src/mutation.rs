//! Leaves a numbered step out, so that the models can show that it is needed.

logic_shim::mutations! {
    /// A step that a model may leave out.
    pub(crate) enum Step {
        /// (1) A waiter is queued before it looks at the word. (In the model.)
        QueueBeforeCheck,
        /// (2) Whoever sees that it stands nowhere has its seat.
        SeatBeforePlace,
        /// (3) A waiter that moves goes from one place to the other.
        MoveKeepsPlace,
        /// (4) Who gives up reads its place again under the lock. (In the model.)
        ReadAgain,
        /// (5) A waiter whose number changes is told.
        Renumber,
        /// (6) Who gives up and finds itself woken says so. (In the model.)
        WakeCounts,
    }
}
