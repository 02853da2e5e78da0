//! Leaves a numbered step out, so that the models can show that it is needed.

logic_shim::mutations! {
    /// A step of `cell` or `observers` that a model may leave out.
    pub(crate) enum Step {
        /// (1) `arm` reads what it replaces, and with it what earlier wakers published.
        ArmReads,
        /// (3) `commit_sleep` compares and writes in one go.
        SleepCompares,
        /// (6) `wake` reads and writes in one go.
        WakeSwaps,
        /// (5) what the waker wrote before is visible to whom it wakes.
        WakePublishes,
        /// (4) the run queue's lock is held until the context is saved. (In the model.)
        LockUntilSaved,
        /// (1) before (2): the thread arms before it checks. (In the model.)
        ArmBeforeCheck,
        /// (C) a fired `One` observer leaves the list under the same lock hold.
        FireRemoves,
        /// (D) a key names one registration, not a place.
        KeyIsUnique,
        /// (E) a wake that is not used is passed on. (In the model.)
        PassOn,
    }
}
