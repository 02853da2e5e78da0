//! [`RunQueue`]: enqueue, pick, account, slices and wake-up preemption. Neighbours: `group` (the
//! lower level), `migrate` (threads and groups that come and go).

use alloc::boxed::Box;

use logic_tree::Tree;

use crate::entity::{Class, Entity, Hart, Item, Key, Lane, Node, Order, Reason};
use crate::group::{Group, GroupId, GroupNode, GroupOrder};
use crate::line::Line;
use crate::time::{Virtual, stretch};
use crate::{CREDIT_NS, LATENCY_NS, MIN_SLICE_NS, RR_SLICE_NS, RT_CAP_NS, RT_PERIOD_NS, WAKE_GRANULARITY_NS};

/// One hart's queue of runnable threads; the running one is not in it.
#[derive(Debug)]
pub struct RunQueue<T> {
    pub(crate) hart: Hart,
    /// Real-time threads, highest priority first.
    pub(crate) realtime: Line<Order, Item<T>>,
    /// The group that all others lie in.
    pub(crate) root: Box<GroupNode<T>>,
    /// Every other group that was added, by id.
    pub(crate) groups: Tree<GroupId, Group<T>>,
    pub(crate) len: usize,
    /// Numbers arrivals.
    next_seq: Virtual,
    /// Numbers those that go to the head of their priority, downwards.
    head_seq: Virtual,
    rt_period_start_ns: u64,
    rt_used_ns: u64,
}

impl<T> RunQueue<T> {
    /// A hart's queue. `root` is the group [`GroupId::ROOT`], whatever id it was made with.
    pub fn new(hart: Hart, mut root: Box<GroupNode<T>>) -> Self {
        root.key = GroupId::ROOT;
        root.value.parent = GroupId::ROOT;
        Self {
            hart,
            realtime: Line::new(),
            root,
            groups: Tree::new(),
            len: 0,
            next_seq: Virtual(0),
            head_seq: Virtual(0),
            rt_period_start_ns: 0,
            rt_used_ns: 0,
        }
    }

    /// How many threads are queued.
    #[must_use]
    #[inline]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether no thread is queued.
    #[must_use]
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Queues a thread. `now_ns` is the monotonic clock. A thread whose group is not known here
    /// joins [`GroupId::ROOT`].
    #[inline]
    pub fn enqueue(&mut self, node: Box<Node<T>>, reason: Reason, now_ns: u64) -> Key {
        self.len = self.len.wrapping_add(1);
        match node.value.entity.class {
            Class::Fair { .. } => self.enqueue_fair(node, reason),
            Class::Fifo { prio } | Class::Rr { prio } => {
                self.roll_rt_period(now_ns);
                self.enqueue_realtime(node, prio, reason)
            }
        }
    }

    #[inline]
    pub(crate) fn group(&self, id: GroupId) -> Option<&Group<T>> {
        if id == GroupId::ROOT { Some(&self.root.value) } else { self.groups.get(&id) }
    }

    #[inline]
    pub(crate) fn group_mut(&mut self, id: GroupId) -> Option<&mut Group<T>> {
        if id == GroupId::ROOT { Some(&mut self.root.value) } else { self.groups.get_mut(&id) }
    }

    #[inline]
    fn enqueue_fair(&mut self, mut node: Box<Node<T>>, reason: Reason) -> Key {
        let seq = self.next_seq;
        self.next_seq = seq.after(1);
        let hart = self.hart;
        let mut id = node.value.entity.group;
        let group = if id == GroupId::ROOT {
            &mut self.root.value
        } else if let Some(group) = self.groups.get_mut(&id) {
            group
        } else {
            id = GroupId::ROOT;
            node.value.entity.group = id;
            node.value.entity.home = None;
            &mut self.root.value
        };
        let entity = &mut node.value.entity;
        entity.vruntime = group.place_thread(entity, reason, hart);
        entity.home = Some((hart, id));
        let order = Order { at: entity.vruntime, seq };
        group.load = group.load.wrapping_add(u64::from(entity.weight().get()));
        node.key = order;
        // The number is unique in this queue, so the order is too.
        group.threads.insert(node);
        if id != GroupId::ROOT {
            self.activate(id);
        }
        Key { lane: Lane::Fair(id), order }
    }

    /// A group has something to run: it and those that it lies in get their places.
    fn activate(&mut self, mut id: GroupId) {
        while id != GroupId::ROOT {
            let Some(group) = self.groups.get_mut(&id) else { return };
            let Some(mut place) = group.place.take() else { return };
            let (parent, share, vruntime) = (group.parent, group.share(), group.vruntime);
            let Some(above) = self.group_mut(parent) else { return };
            let at = vruntime.max(above.floor.before(CREDIT_NS));
            above.load = above.load.wrapping_add(share);
            place.key = GroupOrder { at, id };
            // A group has one place, so its id is there once.
            above.inside.insert(place);
            if let Some(group) = self.groups.get_mut(&id) {
                group.vruntime = at;
            }
            id = parent;
        }
    }

    /// A thread left a group: it and those that it lies in give their places up if they have nothing
    /// to run.
    #[inline]
    pub(crate) fn deactivate(&mut self, mut id: GroupId) {
        while id != GroupId::ROOT {
            let Some(group) = self.groups.get(&id) else { return };
            if !group.is_idle() || group.place.is_some() {
                return;
            }
            let (parent, share, order) = (group.parent, group.share(), GroupOrder { at: group.vruntime, id });
            let Some(above) = self.group_mut(parent) else { return };
            let place = above.inside.remove(&order);
            above.load = above.load.wrapping_sub(share);
            if let Some(group) = self.groups.get_mut(&id) {
                group.place = place;
            }
            id = parent;
        }
    }

    fn enqueue_realtime(&mut self, mut node: Box<Node<T>>, prio: u8, reason: Reason) -> Key {
        let entity = &mut node.value.entity;
        let slice_over = matches!(entity.class, Class::Rr { .. }) && entity.rr_left_ns == 0;
        if slice_over || reason != Reason::Preempted {
            entity.rr_left_ns = RR_SLICE_NS;
        }
        // sched(7): preempted by a higher priority, it stays at the head of its own.
        let seq = if reason == Reason::Preempted && !slice_over {
            self.head_seq = self.head_seq.before(1);
            self.head_seq
        } else {
            self.next_seq = self.next_seq.after(1);
            self.next_seq
        };
        let order = Order { at: rank(prio), seq };
        node.key = order;
        self.realtime.insert(node);
        Key { lane: Lane::Realtime, order }
    }

    /// Takes the thread out that is to run next.
    #[inline]
    pub fn pick(&mut self, now_ns: u64) -> Option<Box<Node<T>>> {
        let node = if self.realtime.is_empty() { self.pop_fair() } else { self.pick_with_realtime(now_ns) }?;
        self.len = self.len.wrapping_sub(1);
        Some(node)
    }

    fn pick_with_realtime(&mut self, now_ns: u64) -> Option<Box<Node<T>>> {
        self.roll_rt_period(now_ns);
        if self.rt_used_ns >= RT_CAP_NS
            && let Some(node) = self.pop_fair()
        {
            return Some(node);
        }
        self.realtime.pop_first()
    }

    #[inline]
    fn pop_fair(&mut self) -> Option<Box<Node<T>>> {
        let mut id = GroupId::ROOT;
        loop {
            let group = self.group_mut(id)?;
            let thread = group.threads.first().map(|(order, _)| order.at);
            match (thread, group.inside.first()) {
                (Some(at), Some((inside, ()))) if inside.at < at => id = inside.id,
                (None, Some((inside, ()))) => id = inside.id,
                _ => {
                    let node = group.threads.pop_first()?;
                    group.load = group.load.wrapping_sub(u64::from(node.value.entity.weight().get()));
                    self.deactivate(id);
                    return Some(node);
                }
            }
        }
    }

    /// Makes a thread that slept the current one without queueing it: as if it had been woken and picked at once. False: it is
    /// to be queued, as its class or group says.
    #[inline]
    pub fn take_over(&mut self, node: &mut Node<T>) -> bool {
        let entity = &mut node.value.entity;
        if !matches!(entity.class, Class::Fair { .. }) || !self.realtime.is_empty() {
            return false;
        }
        let Some(group) = self.groups.get_mut(&entity.group) else { return false };
        entity.vruntime = group.place_thread(entity, Reason::Woken, self.hart);
        entity.home = Some((self.hart, entity.group));
        true
    }

    /// Charges the current thread, which came from this queue, with what it ran since it was picked
    /// or last charged; before it is enqueued again, sleeps or ends, and at will in between.
    #[inline]
    pub fn account(&mut self, node: &mut Node<T>, ran_ns: u64) {
        let entity = &mut node.value.entity;
        match entity.class {
            Class::Fair { weight } => {
                entity.vruntime = entity.vruntime.after(stretch(ran_ns, weight.factor()));
                self.account_group(entity, ran_ns);
            }
            Class::Fifo { .. } => self.rt_used_ns = self.rt_used_ns.saturating_add(ran_ns),
            Class::Rr { .. } => {
                self.rt_used_ns = self.rt_used_ns.saturating_add(ran_ns);
                entity.rr_left_ns = entity.rr_left_ns.saturating_sub(ran_ns);
            }
        }
    }

    #[inline]
    fn account_group(&mut self, entity: &mut Entity, ran_ns: u64) {
        let mut id = entity.group;
        let Some(group) = self.group_mut(id) else {
            return;
        };
        group.raise_floor(entity.vruntime);
        entity.lag_ns = entity.vruntime.since(group.floor);
        while id != GroupId::ROOT {
            let Some(group) = self.groups.get_mut(&id) else { return };
            let old = GroupOrder { at: group.vruntime, id };
            let at = old.at.after(stretch(ran_ns, group.factor));
            group.vruntime = at;
            let (parent, queued) = (group.parent, group.place.is_none());
            let Some(above) = self.group_mut(parent) else { return };
            if queued {
                above.inside.delay(&old, GroupOrder { at, id });
            }
            above.raise_floor(at);
            id = parent;
        }
    }

    /// How long the current thread may run from now on before it is to be put back; `None`: as long
    /// as it likes, nobody else is here. Ask after `pick` and after each `enqueue`.
    #[must_use]
    #[inline]
    pub fn slice_ns(&self, current: &Node<T>) -> Option<u64> {
        if self.len == 0 {
            return None;
        }
        let entity = &current.value.entity;
        // At least a slice's worth, so that an exhausted cap cannot make a storm of timers.
        let left = RT_CAP_NS.saturating_sub(self.rt_used_ns).max(MIN_SLICE_NS);
        let capped = (!self.root.value.is_idle()).then_some(left);
        match entity.class {
            Class::Fair { weight } => Some(self.fair_slice_ns(entity.group, weight.get())),
            Class::Fifo { .. } => capped,
            Class::Rr { .. } => {
                let left = entity.rr_left_ns.max(MIN_SLICE_NS);
                Some(capped.map_or(left, |capped| capped.min(left)))
            }
        }
    }

    fn fair_slice_ns(&self, id: GroupId, weight: u32) -> u64 {
        let (mut id, mut ns) = (id, LATENCY_NS);
        // Of the thread, then of each group that it lies in: what it weighs, and what the queued ones
        // beside it weigh, itself among them or not.
        let (mut part, mut counted) = (u64::from(weight), 0);
        while let Some(group) = self.group(id) {
            let all = group.load.wrapping_sub(counted).wrapping_add(part);
            ns = ns.saturating_mul(part).checked_div(all).unwrap_or(MIN_SLICE_NS);
            if id == GroupId::ROOT {
                break;
            }
            part = group.share();
            counted = if group.place.is_none() { part } else { 0 };
            id = group.parent;
        }
        ns.clamp(MIN_SLICE_NS, LATENCY_NS)
    }

    /// Whether the thread that was just queued as `new` is to take the hart from the current one,
    /// which has run for `ran_ns` since it was charged last.
    #[must_use]
    #[inline]
    pub fn preempts(&self, new: &Key, current: &Node<T>, ran_ns: u64) -> bool {
        let entity = &current.value.entity;
        let id = match (new.lane, entity.class) {
            (Lane::Realtime, Class::Fair { .. }) => return self.rt_used_ns < RT_CAP_NS,
            (Lane::Realtime, Class::Fifo { prio } | Class::Rr { prio }) => {
                return new.order.at < rank(prio);
            }
            (Lane::Fair(_), Class::Fifo { .. } | Class::Rr { .. }) => return false,
            (Lane::Fair(id), Class::Fair { .. }) => id,
        };
        let ran = stretch(ran_ns, entity.weight().factor());
        let (mut theirs, mut ahead) = (id, new.order.at);
        let (mut ours, mut at) = (entity.group, entity.vruntime.after(ran));
        // They are compared where both lie in the same group.
        while theirs != ours {
            let (Some(a), Some(b)) = (self.group(theirs), self.group(ours)) else {
                return false;
            };
            if a.depth >= b.depth {
                (theirs, ahead) = (a.parent, a.vruntime);
            } else {
                (ours, at) = (b.parent, b.vruntime.after(stretch(ran_ns, b.factor)));
            }
        }
        ahead.after(WAKE_GRANULARITY_NS) < at
    }

    fn roll_rt_period(&mut self, now_ns: u64) {
        if now_ns.wrapping_sub(self.rt_period_start_ns) >= RT_PERIOD_NS {
            self.rt_period_start_ns = now_ns;
            self.rt_used_ns = 0;
        }
    }
}

/// A priority's place in the order: 99 comes first.
#[inline]
fn rank(prio: u8) -> Virtual {
    Virtual(u64::from(99u8.saturating_sub(prio)))
}
