//! Leaves a numbered step out, so that the models can show that it is needed.

logic_shim::mutations! {
    /// A step of the protocol that a model may leave out; the numbers are those of `lib.rs`.
    pub(crate) enum Step {
        /// (1) A charge compares and writes the stock in one go.
        ChargeCompares,
        /// (2) Room is compared and taken in one go.
        TakeCompares,
        /// (2) A refused refill gives back what it took below.
        RefusalGivesBack,
        /// (3) Stocks are emptied before a charge is refused.
        DrainFirst,
        /// (3) A stock is read and emptied in one go.
        DrainSwaps,
        /// (5) The room is read and marked in one go.
        CloseSwaps,
        /// (5) What is given to a pool that was closed meanwhile is passed on.
        GivePassesOn,
    }
}
