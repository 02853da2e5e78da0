//! Leaves a numbered step out, so that the models can show that it is needed.

logic_shim::mutations! {
    /// A step that a model may leave out.
    pub(crate) enum Step {
        /// (1) The writer says that it began.
        Begin,
        /// (2) The fence before the words.
        BeginFence,
        /// (4) What is said to be there is there.
        EndReleases,
        /// (7) The fence behind the words.
        LookFence,
        /// (8) What was begun meanwhile is lost.
        LookAgain,
    }
}
