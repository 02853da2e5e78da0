//! [`Group`]: a budget's threads on one hart, and its own place among the groups.

use alloc::boxed::Box;

use crate::entity::{Entity, Hart, Item, Order, Reason};
use crate::line::Line;
use crate::time::{Virtual, factor};
use crate::{CREDIT_NS, LATENCY_NS, MIN_SLICE_NS, time};

/// How far behind the others a thread from another queue is placed at most.
const MOST_LAG_NS: i64 = (LATENCY_NS as i64).saturating_mul(100);

/// A group's name: never used again for another group, so that a stale one finds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupId(pub u64);

impl GroupId {
    /// The group that each queue has from its beginning; threads of unknown groups run in it.
    pub const ROOT: Self = Self(0);
}

/// A group's weight as in cgroup v2's `cpu.weight`: 1 to 10,000, 100 by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupWeight(u32);

impl GroupWeight {
    /// cgroup v2's default.
    pub const DEFAULT: Self = Self(100);

    /// A weight; values outside 1…10,000 count as the nearest.
    #[must_use]
    pub const fn new(weight: u32) -> Self {
        Self(match weight {
            0 => 1,
            1..=10_000 => weight,
            _ => 10_000,
        })
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// The group still has queued threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupBusy;

/// A group on one hart: the caller boxes it, with [`group_node`].
pub type GroupNode<T> = logic_tree::Node<GroupId, Group<T>>;

/// The group's place among those that have something to run: the caller boxes it, with
/// [`group_place`].
pub type GroupPlace = logic_tree::Node<GroupOrder, ()>;

/// A group for boxing and [`RunQueue::add_group`](crate::RunQueue::add_group).
pub fn group_node<T>(id: GroupId, weight: GroupWeight, place: Box<GroupPlace>) -> GroupNode<T> {
    GroupNode::new(id, Group::new(weight, place))
}

/// The second half of a group.
#[must_use]
pub fn group_place() -> GroupPlace {
    GroupPlace::new(GroupOrder::default(), ())
}

/// The order of groups: by virtual time, then by id. Opaque to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupOrder {
    pub(crate) at: Virtual,
    pub(crate) id: GroupId,
}

impl Default for GroupOrder {
    fn default() -> Self {
        Self { at: Virtual(0), id: GroupId::ROOT }
    }
}

/// A budget's queued threads on one hart.
#[derive(Debug)]
pub struct Group<T> {
    pub(crate) threads: Line<Order, Item<T>>,
    /// The sum of the queued threads' weights.
    pub(crate) load: u64,
    /// No queued thread is expected before this; never goes back.
    pub(crate) floor: Virtual,
    /// The group's own virtual time.
    pub(crate) vruntime: Virtual,
    /// Here while no thread is queued, else in the queue's order of groups.
    pub(crate) place: Option<Box<GroupPlace>>,
    pub(crate) weight: GroupWeight,
    pub(crate) factor: u64,
}

impl<T> Group<T> {
    fn new(weight: GroupWeight, place: Box<GroupPlace>) -> Self {
        Self {
            threads: Line::new(),
            load: 0,
            floor: Virtual(0),
            vruntime: Virtual(0),
            place: Some(place),
            weight,
            factor: group_factor(weight),
        }
    }

    pub(crate) const fn set_weight(&mut self, weight: GroupWeight) {
        self.weight = weight;
        self.factor = group_factor(weight);
    }

    /// Decides where in virtual time an arriving thread stands.
    #[inline]
    pub(crate) fn place_thread(&self, entity: &Entity, reason: Reason, here: Hart) -> Virtual {
        if reason == Reason::New {
            let debit = time::stretch(MIN_SLICE_NS, entity.weight().factor());
            return self.floor.after(debit);
        }
        let credited = self.floor.before(CREDIT_NS);
        if entity.home != Some((here, entity.group)) {
            // Bounded to what no honest queue exceeds.
            let lag_ns = entity.lag_ns.min(MOST_LAG_NS);
            return self.floor.shifted(lag_ns).max(credited);
        }
        // Who kept running has no credit to get, but may stand before the floor with what it has.
        let at = entity.vruntime.max(credited);
        match reason {
            Reason::Yielded => self.threads.last().map_or(at, |(last, _)| at.max(last.at)),
            _ => at,
        }
    }

    /// Notes that a thread of the group now stands at `running`.
    #[inline]
    pub(crate) fn raise_floor(&mut self, running: Virtual) {
        let first = self.threads.first().map_or(running, |(order, _)| order.at);
        self.floor = self.floor.max(running.min(first));
    }
}

const fn group_factor(weight: GroupWeight) -> u64 {
    factor(GroupWeight::DEFAULT.0, weight.0)
}
