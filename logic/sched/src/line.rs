//! [`Line`]: a queue in the order of keys, quick for the one or two nodes that a hart usually has.
//!
//! The first node stands outside the tree: with a single node no tree is touched, and looking at
//! the first never searches. Neighbour: `logic-tree`.

use alloc::boxed::Box;
use core::mem;

use logic_tree::{Node, Tree};

/// Nodes by key. `front` is before all of `rest`; without it `rest` is empty.
#[derive(Debug)]
pub(crate) struct Line<K, V> {
    front: Option<Box<Node<K, V>>>,
    rest: Tree<K, V>,
}

impl<K: Ord, V> Line<K, V> {
    pub(crate) const fn new() -> Self {
        Self { front: None, rest: Tree::new() }
    }

    #[inline(always)]
    pub(crate) const fn is_empty(&self) -> bool {
        self.front.is_none()
    }

    #[inline(always)]
    pub(crate) fn first(&self) -> Option<(&K, &V)> {
        self.front.as_ref().map(|node| (&node.key, &node.value))
    }

    pub(crate) fn last(&self) -> Option<(&K, &V)> {
        self.rest.last().or_else(|| self.first())
    }

    /// Keys are unique here; a second one would be dropped.
    #[inline(always)]
    pub(crate) fn insert(&mut self, mut node: Box<Node<K, V>>) {
        let Some(front) = &mut self.front else {
            self.front = Some(node);
            return;
        };
        if node.key < front.key {
            mem::swap(front, &mut node);
        }
        self.insert_rest(node);
    }

    #[inline(never)]
    fn insert_rest(&mut self, node: Box<Node<K, V>>) {
        let _ = self.rest.insert(node);
    }

    #[inline(always)]
    pub(crate) fn pop_first(&mut self) -> Option<Box<Node<K, V>>> {
        let node = self.front.take();
        if !self.rest.is_empty() {
            self.refill();
        }
        node
    }

    #[inline(never)]
    fn refill(&mut self) {
        self.front = self.rest.pop_first();
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<Box<Node<K, V>>> {
        if self.front.as_ref().is_some_and(|front| front.key == *key) {
            return self.pop_first();
        }
        self.rest.remove(key)
    }

    /// Gives the node of key `old` a later key.
    #[inline]
    pub(crate) fn delay(&mut self, old: &K, new: K) {
        if let Some(front) = &mut self.front
            && front.key == *old
        {
            front.key = new;
            if self.rest.is_empty() {
                return;
            }
            if let Some(node) = self.front.take() {
                self.refill();
                self.insert(node);
            }
        } else if let Some(mut node) = self.rest.remove(old) {
            node.key = new;
            self.insert_rest(node);
        }
    }

    pub(crate) fn next_after(&self, key: &K) -> Option<(&K, &V)> {
        match self.first() {
            Some((first, _)) if first <= key => self.rest.next_after(key),
            first => first,
        }
    }

    pub(crate) fn last_before(&self, key: &K) -> Option<(&K, &V)> {
        self.rest.last_before(key).or_else(|| self.first().filter(|(first, _)| *first < key))
    }
}
