//! Leaves a numbered step out, so that the models can show that it is needed.

logic_shim::mutations! {
    /// A step that a model may leave out.
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
        /// (7) What is taken away is what was looked at.
        NumberNamesOne,
        /// (7) One who waits for room is woken. (In the model.)
        RemoveWakes,
    }
}
