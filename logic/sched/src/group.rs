//! [`Group`]: a budget's threads on one hart, the groups inside it, and its own place in its parent.

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

/// The group still has queued threads, or groups inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupBusy;

/// A group on one hart: the caller boxes it, with [`group_node`].
pub type GroupNode<T> = logic_tree::Node<GroupId, Group<T>>;

/// The group's place among those of its parent that have something to run: the caller boxes it, with
/// [`group_place`].
pub type GroupPlace = logic_tree::Node<GroupOrder, ()>;

/// A group for boxing and [`RunQueue::add_group`](crate::RunQueue::add_group), inside `parent`.
pub fn group_node<T>(id: GroupId, parent: GroupId, weight: GroupWeight, place: Box<GroupPlace>) -> GroupNode<T> {
    GroupNode::new(id, Group::new(parent, weight, place))
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

/// A budget on one hart: its queued threads, and the groups inside it that have some. Both compete
/// with each other: a group of weight 100 counts like a thread of nice 0.
#[derive(Debug)]
pub struct Group<T> {
    pub(crate) threads: Line<Order, Item<T>>,
    /// The groups inside it that have something to run, least served first.
    pub(crate) inside: Line<GroupOrder, ()>,
    /// The sum of the weights of both.
    pub(crate) load: u64,
    /// Nothing queued is expected before this; never goes back.
    pub(crate) floor: Virtual,
    /// The group's own virtual time, among its parent's.
    pub(crate) vruntime: Virtual,
    /// Here while nothing is queued, else in the parent's order.
    pub(crate) place: Option<Box<GroupPlace>>,
    pub(crate) weight: GroupWeight,
    pub(crate) factor: u64,
    pub(crate) parent: GroupId,
    /// Levels below the root.
    pub(crate) depth: u32,
    /// Groups that were added inside it.
    pub(crate) members: u32,
}

impl<T> Group<T> {
    fn new(parent: GroupId, weight: GroupWeight, place: Box<GroupPlace>) -> Self {
        Self {
            threads: Line::new(),
            inside: Line::new(),
            load: 0,
            floor: Virtual(0),
            vruntime: Virtual(0),
            place: Some(place),
            weight,
            factor: group_factor(weight),
            parent,
            depth: 0,
            members: 0,
        }
    }

    /// Whether nothing is queued in it.
    #[inline]
    pub(crate) const fn is_idle(&self) -> bool {
        self.threads.is_empty() && self.inside.is_empty()
    }

    /// What it weighs beside threads.
    #[inline]
    pub(crate) const fn share(&self) -> u64 {
        share_of(self.weight)
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

    /// Notes that a thread of the group, or a group inside it, now stands at `running`.
    #[inline]
    pub(crate) fn raise_floor(&mut self, running: Virtual) {
        let mut first = running;
        if let Some((order, _)) = self.threads.first() {
            first = first.min(order.at);
        }
        if let Some((order, ())) = self.inside.first() {
            first = first.min(order.at);
        }
        self.floor = self.floor.max(first);
    }
}

/// The weight of a thread that counts as much as a group of this one.
const fn share_of(weight: GroupWeight) -> u64 {
    match (weight.0 as u64).saturating_mul(1024).checked_div(GroupWeight::DEFAULT.0 as u64) {
        Some(share) if share != 0 => share,
        _ => 1,
    }
}

const fn group_factor(weight: GroupWeight) -> u64 {
    factor(GroupWeight::DEFAULT.0, weight.0)
}
