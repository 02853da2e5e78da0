//! Threads that leave the queue other than by `pick`, and groups that come and go.

use alloc::boxed::Box;

use crate::entity::{Hart, Item, Key, Lane, Node};
use crate::group::{GroupBusy, GroupId, GroupNode, GroupOrder, GroupWeight};
use crate::queue::RunQueue;

/// The most threads that a thief looks at.
const CANDIDATES: usize = 16;

impl<T> RunQueue<T> {
    /// Takes a queued thread out: to change its class or affinity, or to move it. `None` if it left
    /// before.
    pub fn remove(&mut self, key: &Key) -> Option<Box<Node<T>>> {
        let node = match key.lane {
            Lane::Realtime => self.realtime.remove(&key.order),
            Lane::Fair(id) => self.remove_fair(id, key),
        }?;
        self.len = self.len.wrapping_sub(1);
        Some(node)
    }

    fn remove_fair(&mut self, id: GroupId, key: &Key) -> Option<Box<Node<T>>> {
        let group = self.groups.get_mut(&id)?;
        let mut node = group.threads.remove(&key.order)?;
        let entity = &mut node.value.entity;
        group.load = group.load.wrapping_sub(u64::from(entity.weight().get()));
        entity.lag_ns = entity.vruntime.since(group.floor);
        entity.home = None;
        if group.threads.is_empty() {
            let order = GroupOrder { at: group.vruntime, id };
            group.place = self.waiting.remove(&order);
            self.waiting_weight = self.waiting_weight.wrapping_sub(u64::from(group.weight.get()));
        }
        Some(node)
    }

    /// Takes a thread for another hart: a real-time one from the front (it waits although it is
    /// urgent), otherwise one from the far end (it would wait longest). It must be allowed on
    /// `thief` and be `eligible`. Looks at 16 threads at most. The thief enqueues it as
    /// [`Reason::Preempted`](crate::Reason::Preempted).
    pub fn steal(&mut self, thief: Hart, eligible: impl Fn(&T) -> bool) -> Option<Box<Node<T>>> {
        let fits = |item: &Item<T>| item.entity.affinity.contains(thief) && eligible(&item.thread);
        let mut left = CANDIDATES;
        let key = self.find_realtime(&fits, &mut left).or_else(|| self.find_fair(&fits, &mut left))?;
        self.remove(&key)
    }

    fn find_realtime(&self, fits: &impl Fn(&Item<T>) -> bool, left: &mut usize) -> Option<Key> {
        let mut at = self.realtime.first();
        while let Some((order, item)) = at {
            *left = left.checked_sub(1)?;
            if fits(item) {
                return Some(Key { lane: Lane::Realtime, order: *order });
            }
            at = self.realtime.next_after(order);
        }
        None
    }

    fn find_fair(&self, fits: &impl Fn(&Item<T>) -> bool, left: &mut usize) -> Option<Key> {
        let mut group_at = self.waiting.last();
        while let Some((group_order, ())) = group_at {
            let group = self.groups.get(&group_order.id)?;
            let mut at = group.threads.last();
            while let Some((order, item)) = at {
                *left = left.checked_sub(1)?;
                if fits(item) {
                    return Some(Key { lane: Lane::Fair(group_order.id), order: *order });
                }
                at = group.threads.last_before(order);
            }
            group_at = self.waiting.last_before(group_order);
        }
        None
    }

    /// Adds a group, before the first thread of it is enqueued here.
    ///
    /// # Errors
    /// Gives the node back when there is a group of that id.
    pub fn add_group(&mut self, mut group: Box<GroupNode<T>>) -> Result<(), Box<GroupNode<T>>> {
        group.value.vruntime = self.floor;
        self.groups.insert(group)
    }

    /// Takes a group out, to be dropped after unlock; `None` if it is not there.
    ///
    /// # Errors
    /// [`GroupBusy`] while threads of it are queued, and for [`GroupId::ROOT`].
    pub fn remove_group(&mut self, id: GroupId) -> Result<Option<Box<GroupNode<T>>>, GroupBusy> {
        let busy = self.groups.get(&id).is_some_and(|group| !group.threads.is_empty());
        if busy || id == GroupId::ROOT {
            return Err(GroupBusy);
        }
        Ok(self.groups.remove(&id))
    }

    /// Changes a group's weight from now on; does nothing if the group is not there.
    pub fn set_group_weight(&mut self, id: GroupId, weight: GroupWeight) {
        let Some(group) = self.groups.get_mut(&id) else {
            return;
        };
        if group.place.is_none() {
            self.waiting_weight =
                self.waiting_weight.wrapping_sub(u64::from(group.weight.get())).wrapping_add(u64::from(weight.get()));
        }
        group.set_weight(weight);
    }
}
