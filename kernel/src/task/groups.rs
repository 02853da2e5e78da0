//! A budget's groups in the run queues: one on each hart. Policy is in `logic-sched`.

use super::sched::hart_if;
use arch::MAX_HARTS;
use logic_sched::{GroupId, GroupWeight, group_node, group_place};
use mem::{NoMemory, try_box};

/// The groups of a budget, taken out when dropped: no thread is in it any more, and no budget below it.
pub(crate) struct Groups(GroupId);

impl Groups {
    /// Groups of this id on all harts, in the group `parent`.
    pub(crate) fn add(id: u64, parent: GroupId, weight: u32) -> Result<Groups, NoMemory> {
        // Gives back those that are there if one cannot be made.
        let groups = Groups(GroupId(id));
        for hart in (0..MAX_HARTS).filter_map(hart_if) {
            let group = try_box(group_node(groups.0, parent, GroupWeight::new(weight), try_box(group_place())?))?;
            let refused = hart.queue.lock().queue.add_group(group);
            drop(refused);
        }
        Ok(groups)
    }
    /// Their id.
    pub(crate) fn id(&self) -> GroupId {
        self.0
    }
    /// Changes the weight from now on.
    pub(crate) fn set_weight(&self, weight: u32) {
        for hart in (0..MAX_HARTS).filter_map(hart_if) {
            hart.queue.lock().queue.set_group_weight(self.0, GroupWeight::new(weight));
        }
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        for hart in (0..MAX_HARTS).filter_map(hart_if) {
            let group = hart.queue.lock().queue.remove_group(self.0);
            drop(group);
        }
    }
}
