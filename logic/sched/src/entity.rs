//! What the scheduler knows of a thread: [`Entity`], and the [`Node`] in which it is queued.

use crate::RR_SLICE_NS;
use crate::group::GroupId;
use crate::time::{Virtual, factor};

/// A queued thread: the caller boxes it once, with [`node`], and moves the box in and out.
/// `value` is the [`Item`]; `key` belongs to the queue.
pub type Node<T> = logic_tree::Node<Order, Item<T>>;

/// A node for boxing; in no queue yet.
pub fn node<T>(thread: T, entity: Entity) -> Node<T> {
    Node::new(Order::default(), Item { thread, entity })
}

/// A thread's handle and its scheduling state.
#[derive(Debug)]
pub struct Item<T> {
    /// The caller's handle; the queue never looks into it.
    pub thread: T,
    /// Its scheduling state.
    pub entity: Entity,
}

/// A thread's scheduling state. The public fields may be changed while the node is in no queue.
#[derive(Clone, Debug)]
pub struct Entity {
    /// Class and weight or priority.
    pub class: Class,
    /// The group (budget) that the thread belongs to.
    pub group: GroupId,
    /// The harts on which it may run.
    pub affinity: Affinity,
    /// Virtual time run; relative to the queue of `home`.
    pub(crate) vruntime: Virtual,
    /// The distance to its group's floor when it last ran: what counts on another hart.
    pub(crate) lag_ns: i64,
    /// The hart and the group of whose virtual time `vruntime` speaks.
    pub(crate) home: Option<(Hart, GroupId)>,
    /// What is left of a round-robin slice.
    pub(crate) rr_left_ns: u64,
}

impl Entity {
    /// The state of a thread that has not run yet.
    #[must_use]
    pub const fn new(class: Class, group: GroupId, affinity: Affinity) -> Self {
        Self { class, group, affinity, vruntime: Virtual(0), lag_ns: 0, home: None, rr_left_ns: RR_SLICE_NS }
    }

    /// Whether the two are the same to the scheduler but for what they have run: then one may run in the other's place and
    /// on its account.
    #[must_use]
    #[inline]
    pub fn stands_for(&self, other: &Entity) -> bool {
        let alike = match (self.class, other.class) {
            (Class::Fair { weight: a }, Class::Fair { weight: b }) => a.get() == b.get(),
            _ => false,
        };
        alike && self.group == other.group && self.affinity.0 == other.affinity.0
    }

    /// The weight among its group's threads; that of nice 0 for a real-time thread.
    #[inline]
    pub(crate) const fn weight(&self) -> Weight {
        match self.class {
            Class::Fair { weight } => weight,
            Class::Fifo { .. } | Class::Rr { .. } => Weight::from_nice(0),
        }
    }
}

/// The scheduling classes of sched(7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// `SCHED_OTHER` and `SCHED_BATCH` by nice value, `SCHED_IDLE` by [`Weight::IDLE`].
    Fair {
        /// The share within the group.
        weight: Weight,
    },
    /// `SCHED_FIFO`.
    Fifo {
        /// 1 (low) to 99.
        prio: u8,
    },
    /// `SCHED_RR`.
    Rr {
        /// 1 (low) to 99.
        prio: u8,
    },
}

/// A thread's weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    /// 1024 for nice 0.
    weight: u32,
    factor: u64,
}

/// Linux's weights of nice −20 to 19 (`sched_prio_to_weight`): each step is a quarter, so that one
/// step shifts a tenth of the hart between two threads.
const NICE_WEIGHTS: [u32; 40] = [
    88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991, 1586,
    1277, 1024, 820, 655, 526, 423, 335, 272, 215, 172, 137, 110, 87, 70, 56, 45, 36, 29, 23, 18, 15,
];

impl Weight {
    /// The weight of `SCHED_IDLE`.
    pub const IDLE: Self = Self::new(3);

    /// The weight of a nice value; values outside −20…19 count as the nearest.
    #[must_use]
    #[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "clamped to the table; `get` is not const")]
    pub const fn from_nice(nice: i8) -> Self {
        let nice = if nice < -20 {
            -20
        } else if nice > 19 {
            19
        } else {
            nice
        };
        Self::new(NICE_WEIGHTS[(nice + 20).unsigned_abs() as usize])
    }

    const fn new(weight: u32) -> Self {
        Self { weight, factor: factor(1024, weight) }
    }

    /// The number: 1024 for nice 0.
    #[must_use]
    #[inline]
    pub const fn get(self) -> u32 {
        self.weight
    }

    #[inline]
    pub(crate) const fn factor(self) -> u64 {
        self.factor
    }
}

/// A hart by its logical number, 0 to 63.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hart(pub u32);

/// A set of harts, one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Affinity(pub u64);

impl Affinity {
    /// Every hart.
    pub const ALL: Self = Self(u64::MAX);

    /// Whether the hart is in the set; one above 63 never is.
    #[must_use]
    #[inline]
    pub const fn contains(self, hart: Hart) -> bool {
        match self.0.checked_shr(hart.0) {
            Some(bits) => bits & 1 == 1,
            None => false,
        }
    }
}

/// Why a thread is enqueued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It has never run.
    New,
    /// It slept.
    Woken,
    /// It was running and wants to go on; also a thread that was moved from another queue.
    Preempted,
    /// It was running and lets others go first (sched_yield(2)).
    Yielded,
}

/// The place of a queued thread: [`RunQueue::enqueue`](crate::RunQueue::enqueue) gives it,
/// [`RunQueue::remove`](crate::RunQueue::remove) and
/// [`RunQueue::preempts`](crate::RunQueue::preempts) take it. Names nothing once the thread left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    pub(crate) lane: Lane,
    pub(crate) order: Order,
}

/// What stands for the real-time lane in [`Key::to_words`]; no group has this id.
const REALTIME_WORD: u64 = u64::MAX - 1;

impl Key {
    /// As words for atomics, which the queue's lock guards.
    #[must_use]
    #[inline]
    pub const fn to_words(self) -> [u64; 3] {
        let lane = match self.lane {
            Lane::Realtime => REALTIME_WORD,
            Lane::Fair(GroupId(id)) => id,
        };
        [lane, self.order.at.0, self.order.seq.0]
    }

    /// From [`Key::to_words`].
    #[must_use]
    #[inline]
    pub const fn from_words([lane, at, seq]: [u64; 3]) -> Self {
        let lane = match lane {
            REALTIME_WORD => Lane::Realtime,
            id => Lane::Fair(GroupId(id)),
        };
        let order = Order { at: Virtual(at), seq: Virtual(seq) };
        Self { lane, order }
    }
}

/// In which order a thread stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    Realtime,
    Fair(GroupId),
}

/// The order of threads: by virtual time (real-time: by priority, highest first), then first come
/// first served. Opaque to the caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Order {
    pub(crate) at: Virtual,
    pub(crate) seq: Virtual,
}
