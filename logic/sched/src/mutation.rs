//! Leaves a numbered step out, so that the models can show that it is needed.

logic_shim::mutations! {
    /// A step of `balance`, or of a scheduler in the models, that a model may leave out.
    pub(crate) enum Step {
        /// (2) The fence between announcing and looking.
        AnnounceFence,
        /// (1) before (3): the hart announces itself before it looks.
        AnnounceFirst,
        /// (6) The fence between queueing and looking for an idle hart.
        ClaimFence,
        /// (7) An idle hart is claimed by one waker.
        ClaimOnce,
        /// A thread is stolen only when its context is saved. (In the model.)
        StealSaved,
    }
}
