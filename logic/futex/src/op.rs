//! The operation word of futex(2) and its arguments, decoded once.
//!
//! Key types: [`Call`], [`Op`], [`WakeOp`].

/// The bitset of a wait or wake that names none (`FUTEX_BITSET_MATCH_ANY`).
pub const MATCH_ANY: u32 = u32::MAX;

const PRIVATE_FLAG: u32 = 128;
const CLOCK_REALTIME: u32 = 256;

/// Whose futex it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `FUTEX_PRIVATE_FLAG`: the key is the address space and the address.
    Private,
    /// The key is the memory object and the offset in it.
    Shared,
}

/// A clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// `CLOCK_MONOTONIC`.
    Monotonic,
    /// `CLOCK_REALTIME`.
    Realtime,
}

/// How the timeout argument, if it is not null, is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// From now on, monotonic clock.
    Relative,
    /// A time of this clock.
    Absolute(Clock),
}

/// An operation with its checked arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Sleep if the word has this value.
    Wait {
        /// Expected value.
        expected: u32,
        /// Which wakes count; never 0.
        bitset: u32,
        /// Meaning of the timeout.
        deadline: Deadline,
    },
    /// Wake waiters.
    Wake {
        /// How many; at least 1, as Linux wakes one when told 0.
        count: u32,
        /// Which; never 0.
        bitset: u32,
    },
    /// Wake some, move others to the second futex.
    Requeue {
        /// Only if the word has this value (`FUTEX_CMP_REQUEUE`), else EAGAIN.
        expected: Option<u32>,
        /// How many to wake.
        wake: u32,
        /// How many to move.
        requeue: u32,
    },
    /// Change the second word, wake on the first, and on the second if its old value says so.
    WakeOp {
        /// How many on the first; at least 1.
        wake: u32,
        /// How many on the second; at least 1.
        wake_second: u32,
        /// Change and comparison.
        change: WakeOp,
    },
    /// Take a PI lock.
    LockPi {
        /// Meaning of the timeout.
        deadline: Deadline,
    },
    /// Take it if it is free.
    TryLockPi,
    /// Release it.
    UnlockPi,
}

/// A decoded call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// What to do.
    pub op: Op,
    /// On whose futex.
    pub scope: Scope,
}

/// Why a call is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// No such operation, or the clock flag on one without it (ENOSYS).
    Unsupported,
    /// An empty bitset, or a negative count of a requeue (EINVAL).
    Invalid,
}

/// Decodes `op`, `val`, the low word of `timeout` as `val2`, and `val3`.
///
/// # Errors
/// See [`DecodeError`].
pub fn decode(op: u32, val: u32, val2: u32, val3: u32) -> Result<Call, DecodeError> {
    let scope = if op & PRIVATE_FLAG != 0 { Scope::Private } else { Scope::Shared };
    let clock = if op & CLOCK_REALTIME != 0 { Clock::Realtime } else { Clock::Monotonic };
    let command = op & !(PRIVATE_FLAG | CLOCK_REALTIME);
    // Only WAIT_BITSET and LOCK_PI2 choose a clock.
    if clock == Clock::Realtime && !matches!(command, 9 | 13) {
        return Err(DecodeError::Unsupported);
    }
    let op = match command {
        0 => Op::Wait { expected: val, bitset: MATCH_ANY, deadline: Deadline::Relative },
        1 => Op::Wake { count: at_least_one(val), bitset: MATCH_ANY },
        3 => Op::Requeue { expected: None, wake: count(val)?, requeue: count(val2)? },
        4 => Op::Requeue { expected: Some(val3), wake: count(val)?, requeue: count(val2)? },
        5 => Op::WakeOp { wake: at_least_one(val), wake_second: at_least_one(val2), change: WakeOp::decode(val3)? },
        // The old form of the lock always means CLOCK_REALTIME (futex(2)).
        6 => Op::LockPi { deadline: Deadline::Absolute(Clock::Realtime) },
        7 => Op::UnlockPi,
        8 => Op::TryLockPi,
        9 => Op::Wait { expected: val, bitset: bitset(val3)?, deadline: Deadline::Absolute(clock) },
        10 => Op::Wake { count: at_least_one(val), bitset: bitset(val3)? },
        13 => Op::LockPi { deadline: Deadline::Absolute(clock) },
        _ => return Err(DecodeError::Unsupported),
    };
    Ok(Call { op, scope })
}

fn bitset(val3: u32) -> Result<u32, DecodeError> {
    if val3 == 0 { Err(DecodeError::Invalid) } else { Ok(val3) }
}

fn count(val: u32) -> Result<u32, DecodeError> {
    if val.cast_signed() < 0 { Err(DecodeError::Invalid) } else { Ok(val) }
}

fn at_least_one(val: u32) -> u32 {
    val.cast_signed().max(1).cast_unsigned()
}

/// How an old value is compared, as signed numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of futex(2)")]
pub enum Compare {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Set,
    Add,
    Or,
    AndNot,
    Xor,
}

/// The change and comparison of `FUTEX_WAKE_OP`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WakeOp {
    change: Change,
    operand: u32,
    compare: Compare,
    against: u32,
}

impl WakeOp {
    /// Decodes `val3`: op (3 bits), shift flag, cmp (4 bits), oparg and cmparg (12 bits, signed).
    ///
    /// # Errors
    /// [`DecodeError::Unsupported`].
    pub fn decode(val3: u32) -> Result<WakeOp, DecodeError> {
        let operand = sign_extend_12(val3 >> 12);
        let shifted = val3 >> 31 == 1;
        let change = match val3 >> 28 & 7 {
            0 => Change::Set,
            1 => Change::Add,
            2 => Change::Or,
            3 => Change::AndNot,
            4 => Change::Xor,
            _ => return Err(DecodeError::Unsupported),
        };
        let compare = match val3 >> 24 & 15 {
            0 => Compare::Eq,
            1 => Compare::Ne,
            2 => Compare::Lt,
            3 => Compare::Le,
            4 => Compare::Gt,
            5 => Compare::Ge,
            _ => return Err(DecodeError::Unsupported),
        };
        Ok(WakeOp {
            change,
            operand: if shifted { 1u32.wrapping_shl(operand) } else { operand },
            compare,
            against: sign_extend_12(val3),
        })
    }

    /// The new value of the second word.
    #[must_use]
    pub fn apply(&self, old: u32) -> u32 {
        match self.change {
            Change::Set => self.operand,
            Change::Add => old.wrapping_add(self.operand),
            Change::Or => old | self.operand,
            Change::AndNot => old & !self.operand,
            Change::Xor => old ^ self.operand,
        }
    }

    /// Whether the old value of the second word wakes there too.
    #[must_use]
    pub fn wakes_second(&self, old: u32) -> bool {
        let (old, against) = (old.cast_signed(), self.against.cast_signed());
        match self.compare {
            Compare::Eq => old == against,
            Compare::Ne => old != against,
            Compare::Lt => old < against,
            Compare::Le => old <= against,
            Compare::Gt => old > against,
            Compare::Ge => old >= against,
        }
    }
}

fn sign_extend_12(bits: u32) -> u32 {
    (bits << 20).cast_signed().wrapping_shr(20).cast_unsigned()
}
