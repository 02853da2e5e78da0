//! Leaves a numbered step out, so that the models can show that it is needed.

logic_shim::mutations! {
    /// A step that a model may leave out.
    pub(crate) enum Step {
        /// (5) A number names one call, not a place of the table.
        NumberIsUnique,
        /// (6) Closing fails the calls whose request was consumed.
        CloseFailsTaken,
        /// (6) What was in hand when its end closed is not put back.
        NothingGoesBack,
        /// (1) The caller looks after it armed. (In the model.)
        ArmBeforeCheck,
        /// (4) Who ends a call wakes the caller after that. (In the model.)
        WakeAfterCommit,
        /// (5) Who leaves a call gets what it holds.
        CancelGivesBack,
        /// (5) A caller that ends leaves its call. (In the model.)
        DeathCancels,
        /// (5) A signal leaves the call as it is, and the wait goes on: nothing is sent twice. (In the model.)
        SignalKeepsCall,
        /// (5) Who is woken alone and leaves passes the wake-up on. (In the model.)
        PassOn,
        /// Who waited for room and has sent wakes the next, if room is left. (In the model.)
        RoomIsPassedOn,
        /// (2) Room that comes to be when a message cannot go back is made known. (In the model.)
        BackMakesRoom,
    }
}
