//! Structs of the calls on budgets. All of them may grow; a field that a caller's older version lacks is zero.
//!
//! Kinds by number: 0 frames of 4 KiB, 1 processes, 2 threads, 3 slots of descriptor tables, 4 channels, 5 messages in flight,
//! 6 bytes in flight, 7 frames for DMA.

use super::plain_structs;

/// How many kinds there are.
pub const BUDGET_KINDS: usize = 8;
/// No limit.
pub const BUDGET_NO_LIMIT: u64 = u64::MAX;

plain_structs! {
    /// `budget_create`. A kind that is neither limited nor carved has no limit of its own.
    #[derive(Default)]
    BudgetCreate: 96 {
        /// None is defined.
        flags: u32,
        /// Share of the processor beside its siblings, 1 to 10,000; 0 for 100.
        weight: u32,
        /// Kinds, as bits, of which `limits` may be charged at most.
        limited: u32,
        /// Kinds, as bits, of which `limits` is reserved from the parent.
        carved: u32,
        /// Processor time per period, in microseconds; 0 for no cap.
        quota_us: u64,
        /// The period, in microseconds; 0 for 100,000.
        period_us: u64,
        /// By kind.
        limits: [u64; 8],
    }

    /// `budget_limit`.
    #[derive(Default)]
    BudgetLimit: 16 {
        /// The kind.
        kind: u32,
        /// None is defined.
        flags: u32,
        /// The new limit; all ones for none.
        limit: u64,
    }

    /// `budget_usage`: what is charged to a budget and to those below it.
    #[derive(Default)]
    BudgetUsage: 304 {
        /// Its number; such a number is never used twice.
        id: u64,
        /// The budget above it, 0 for none.
        parent: u64,
        /// Units charged, by kind.
        usage: [u64; 8],
        /// Limits by kind; all ones for none.
        limit: [u64; 8],
        /// The most that was ever charged, by kind, with what lay ready on each hart.
        peak: [u64; 8],
        /// Charges that were refused because this budget was full, by kind.
        refused: [u64; 8],
        /// Kinds, as bits, whose limits are reserved.
        carved: u32,
        /// Share of the processor.
        weight: u32,
        /// Processes in it that have not ended.
        processes: u64,
        /// How often memory ran out.
        out_of_memory: u64,
        /// Processes that ended for it.
        killed: u64,
    }

    /// `budget_watch`.
    #[derive(Default)]
    BudgetWatch: 16 {
        /// The kind.
        kind: u32,
        /// None is defined.
        flags: u32,
        /// The descriptor is readable while at least so much is charged; 0 for never.
        threshold: u64,
    }
}
