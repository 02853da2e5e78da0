//! The tree of budgets: children by id, and walks over it that hold one lock at a time.

use super::Budget;
use alloc::boxed::Box;
use mem::{NoMemory, Ref, Weak};
use sync::{Mutex, levels};

/// Held while a limit changes: one at a time.
pub(super) static CHANGE: Mutex<(), levels::LeafMutex> = Mutex::new(());

/// Children by their ids.
pub(super) type Children = logic_tree::Tree<u64, Child>;
/// A child's place among them, which it brings along.
pub(super) type ChildNode = Box<logic_tree::Node<u64, Child>>;

/// A child.
#[derive(Default)]
pub(super) struct Child {
    budget: Option<Weak<Budget>>,
    /// Holds a child that has a name until it is removed.
    kept: Option<Ref<Budget>>,
}

/// A place for a child.
pub(super) fn node(id: u64) -> Result<ChildNode, NoMemory> {
    mem::try_box(logic_tree::Node::new(id, Child::default()))
}

impl Budget {
    pub(super) fn join_tree(&self, mut node: ChildNode) {
        let Some(parent) = self.parent() else { return };
        let me = self.to_ref();
        node.value.budget = Some(Ref::downgrade(&me));
        node.value.kept = (!self.name().is_empty()).then_some(me);
        // Ids are never reused, so that the key is free.
        let _ = parent.children.lock().insert(node);
    }
    pub(super) fn leave_tree(&self) {
        let Some(parent) = self.parent() else { return };
        let node = parent.children.lock().remove(&self.id());
        drop(node);
    }
    /// Lets a child that has a name go: it ends when nobody has it any more. False if it was removed before.
    pub(crate) fn remove(&self) -> bool {
        let Some(parent) = self.parent() else { return false };
        let kept = parent.children.lock().modify(&self.id(), |_, child| child.kept.take()).flatten();
        kept.is_some()
    }
    /// Whether it is to be found by its name.
    pub(crate) fn is_kept(&self) -> bool {
        let Some(parent) = self.parent() else { return true };
        parent.children.lock().modify(&self.id(), |_, child| child.kept.is_some()).unwrap_or(false)
    }
    /// The first child that was made after the one with this id (0 for the first of all).
    #[inline(never)]
    pub(crate) fn child_after(&self, id: u64) -> Option<Ref<Budget>> {
        let mut from = id.saturating_add(1);
        loop {
            let next = {
                let children = self.children.lock();
                children.ceiling(&from).map(|(id, child)| (*id, child.budget.as_ref().and_then(Weak::upgrade)))
            };
            match next? {
                (_, Some(budget)) => return Some(budget),
                // It is on its way out.
                (id, None) => from = id.saturating_add(1),
            }
        }
    }
    /// The child that is to be found by this name.
    pub(crate) fn child(&self, name: &[u8]) -> Option<Ref<Budget>> {
        let mut after = 0;
        while let Some(child) = self.child_after(after) {
            if child.name() == name && child.is_kept() {
                return Some(child);
            }
            after = child.id();
        }
        None
    }
    /// Calls `f` with this budget and all below it, each before its children.
    pub(crate) fn each_below(&self, mut f: impl FnMut(&Budget)) {
        self.walk_below(&mut f);
    }
    #[inline(never)]
    fn walk_below(&self, f: &mut dyn FnMut(&Budget)) {
        f(self);
        let Some(mut at) = self.child_after(0) else { return };
        loop {
            f(&at);
            let mut next = at.child_after(0);
            while next.is_none() {
                let Some(parent) = at.parent().cloned() else { return };
                next = parent.child_after(at.id());
                if next.is_none() && core::ptr::eq(&*parent, self) {
                    return;
                }
                if next.is_none() {
                    at = parent;
                }
            }
            let Some(next) = next else { return };
            at = next;
        }
    }
}
