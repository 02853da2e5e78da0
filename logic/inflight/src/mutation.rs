//! Leaves a numbered step out, so that the models can show that it is needed.

logic_shim::mutations! {
    /// A step that a model may leave out.
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
}
