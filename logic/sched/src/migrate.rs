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
        let group = self.group_mut(id)?;
        let mut node = group.threads.remove(&key.order)?;
        let entity = &mut node.value.entity;
        group.load = group.load.wrapping_sub(u64::from(entity.weight().get()));
        entity.lag_ns = entity.vruntime.since(group.floor);
        entity.home = None;
        self.deactivate(id);
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

    /// Group after group from the far end, each one's threads before the groups inside it.
    fn find_fair(&self, fits: &impl Fn(&Item<T>) -> bool, left: &mut usize) -> Option<Key> {
        let (mut id, mut group) = (GroupId::ROOT, &self.root.value);
        loop {
            let mut at = group.threads.last();
            while let Some((order, item)) = at {
                *left = left.checked_sub(1)?;
                if fits(item) {
                    return Some(Key { lane: Lane::Fair(id), order: *order });
                }
                at = group.threads.last_before(order);
            }
            let mut next = group.inside.last().map(|(order, ())| order.id);
            while next.is_none() && id != GroupId::ROOT {
                let done = GroupOrder { at: group.vruntime, id };
                id = group.parent;
                group = self.group(id)?;
                next = group.inside.last_before(&done).map(|(order, ())| order.id);
            }
            id = next?;
            group = self.group(id)?;
        }
    }

    /// Adds a group, before the first thread of it is enqueued here, and after the one that it lies
    /// in; if that one is not there it lies in the root.
    ///
    /// # Errors
    /// Gives the node back when there is a group of that id.
    pub fn add_group(&mut self, mut group: Box<GroupNode<T>>) -> Result<(), Box<GroupNode<T>>> {
        if group.key == GroupId::ROOT || self.groups.get(&group.key).is_some() {
            return Err(group);
        }
        if self.group(group.value.parent).is_none() {
            group.value.parent = GroupId::ROOT;
        }
        if let Some(above) = self.group_mut(group.value.parent) {
            above.members = above.members.wrapping_add(1);
            group.value.vruntime = above.floor;
            group.value.depth = above.depth.saturating_add(1);
        }
        self.groups.insert(group)
    }

    /// Takes a group out, to be dropped after unlock; `None` if it is not there.
    ///
    /// # Errors
    /// [`GroupBusy`] while threads of it are queued or groups lie in it, and for [`GroupId::ROOT`].
    pub fn remove_group(&mut self, id: GroupId) -> Result<Option<Box<GroupNode<T>>>, GroupBusy> {
        if id == GroupId::ROOT {
            return Err(GroupBusy);
        }
        let Some(group) = self.groups.get(&id) else { return Ok(None) };
        if !group.is_idle() || group.members != 0 {
            return Err(GroupBusy);
        }
        if let Some(above) = self.group_mut(group.parent) {
            above.members = above.members.wrapping_sub(1);
        }
        Ok(self.groups.remove(&id))
    }

    /// Changes a group's weight from now on; does nothing if the group is not there.
    pub fn set_group_weight(&mut self, id: GroupId, weight: GroupWeight) {
        let Some(group) = self.groups.get_mut(&id) else {
            return;
        };
        let before = group.share();
        group.set_weight(weight);
        let (parent, after, queued) = (group.parent, group.share(), group.place.is_none());
        if queued && let Some(above) = self.group_mut(parent) {
            above.load = above.load.wrapping_sub(before).wrapping_add(after);
        }
    }
}
