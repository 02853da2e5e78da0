//! An ordered map whose nodes the caller brings: a balanced (AVL) tree that never allocates.
//!
//! [`Tree`] owns `Box<`[`Node`]`>`s that were handed in and hands them out again, so an insertion
//! cannot fail for want of memory. A node may carry a summary of its subtree ([`Augment`]); the
//! search for a gap in `logic-vmtree` is built on that.
//!
//! The height is at most 1.45 log2(n), and every operation is a loop. A path down is remembered
//! by turning its links around (`rise.rs`), which needs neither parent links nor a stack.
//! Neighbours: `logic-vmtree`; the run queues and timers of the kernel.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

extern crate alloc;

mod iter;
mod rise;
mod search;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use core::cmp::Ordering;
use core::mem;

pub use iter::{IntoNodes, Iter};
use rise::{Path, rise, take_first};

/// A link to a subtree.
type Link<K, V, A> = Option<Box<Node<K, V, A>>>;

/// What a node knows of its subtree, made from its own entry and its children's summaries.
pub trait Augment<K, V>: Sized {
    /// The summary of a node. It may depend on the key, on the value (which then is changed by
    /// [`Tree::modify`] only) and on nothing else.
    fn summarize(key: &K, value: &V, left: Option<&Self>, right: Option<&Self>) -> Self;
}

impl<K, V> Augment<K, V> for () {
    #[inline(always)]
    fn summarize(_: &K, _: &V, _: Option<&()>, _: Option<&()>) {}
}

/// An entry, with what the tree needs to hold it.
///
/// Outside a tree the entry may be changed at will; a tree never hands out `&mut Node`.
#[derive(Debug)]
pub struct Node<K, V, A = ()> {
    /// What the tree is ordered by.
    pub key: K,
    /// What is kept under the key.
    pub value: V,
    left: Link<K, V, A>,
    right: Link<K, V, A>,
    summary: A,
    /// Nodes on the longest way down, this one included.
    height: u8,
}

/// An ordered map; see the crate's text.
#[derive(Debug)]
pub struct Tree<K, V, A = ()> {
    root: Link<K, V, A>,
    len: usize,
}

impl<K, V, A: Augment<K, V>> Node<K, V, A> {
    /// A node for `Box`ing and [`Tree::insert`].
    #[inline]
    pub fn new(key: K, value: V) -> Node<K, V, A> {
        let summary = A::summarize(&key, &value, None, None);
        Node { key, value, left: None, right: None, summary, height: 1 }
    }
}

impl<K, V, A> Node<K, V, A> {
    /// The subtree of smaller keys.
    #[inline]
    #[must_use]
    pub fn left(&self) -> Option<&Node<K, V, A>> {
        self.left.as_deref()
    }

    /// The subtree of larger keys.
    #[inline]
    #[must_use]
    pub fn right(&self) -> Option<&Node<K, V, A>> {
        self.right.as_deref()
    }

    /// The summary of the subtree below and including this node.
    #[inline]
    #[must_use]
    pub fn summary(&self) -> &A {
        &self.summary
    }
}

impl<K, V, A> Tree<K, V, A> {
    /// A map with nothing in it.
    #[inline]
    #[must_use]
    pub const fn new() -> Tree<K, V, A> {
        Tree { root: None, len: 0 }
    }

    /// How many entries there are.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// The topmost node, for searches that use summaries.
    #[inline]
    #[must_use]
    pub fn root(&self) -> Option<&Node<K, V, A>> {
        self.root.as_deref()
    }

    /// All entries in order.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, K, V, A> {
        Iter::new(self.root())
    }

    /// Empties the map and returns all nodes in order, without the cost of rebalancing.
    pub fn take_nodes(&mut self) -> IntoNodes<K, V, A> {
        self.len = 0;
        IntoNodes::new(self.root.take())
    }
}

impl<K: Ord, V, A: Augment<K, V>> Tree<K, V, A> {
    /// Puts a node into the map.
    ///
    /// # Errors
    /// Gives the node back when its key is there already.
    #[inline]
    pub fn insert(&mut self, mut node: Box<Node<K, V, A>>) -> Result<(), Box<Node<K, V, A>>> {
        let mut path = Path::new();
        let mut below = self.root.take();
        while let Some(at) = below {
            match node.key.cmp(&at.key) {
                Ordering::Less => below = path.go_left(at),
                Ordering::Greater => below = path.go_right(at),
                Ordering::Equal => {
                    self.root = rise(Some(at), path);
                    return Err(node);
                }
            }
        }
        node.refresh();
        self.root = rise(Some(node), path);
        self.len = self.len.wrapping_add(1);
        Ok(())
    }

    /// Takes the node with this key out of the map.
    #[inline]
    pub fn remove(&mut self, key: &K) -> Option<Box<Node<K, V, A>>> {
        let mut path = Path::new();
        let mut below = self.root.take();
        while let Some(mut at) = below {
            match key.cmp(&at.key) {
                Ordering::Less => below = path.go_left(at),
                Ordering::Greater => below = path.go_right(at),
                Ordering::Equal => {
                    self.root = rise(at.detach(), path);
                    self.len = self.len.wrapping_sub(1);
                    return Some(at);
                }
            }
        }
        self.root = rise(None, path);
        None
    }

    /// Takes the node with the smallest key out of the map.
    #[inline]
    pub fn pop_first(&mut self) -> Option<Box<Node<K, V, A>>> {
        let (first, rest) = take_first(self.root.take()?);
        self.root = rest;
        self.len = self.len.wrapping_sub(1);
        Some(first)
    }

    /// Changes an entry in place and brings the summaries above it up to date. Returns what
    /// `change` returns; `None` when the key is not there.
    ///
    /// `change` may alter the key as long as it stays between its neighbours.
    pub fn modify<R>(&mut self, key: &K, change: impl FnOnce(&mut K, &mut V) -> R) -> Option<R> {
        let mut path = Path::new();
        let mut below = self.root.take();
        let mut result = None;
        while let Some(mut at) = below {
            match key.cmp(&at.key) {
                Ordering::Less => below = path.go_left(at),
                Ordering::Greater => below = path.go_right(at),
                Ordering::Equal => {
                    result = Some(change(&mut at.key, &mut at.value));
                    at.refresh();
                    below = Some(at);
                    break;
                }
            }
        }
        self.root = rise(below, path);
        result
    }
}

impl<K, V, A: Augment<K, V>> Node<K, V, A> {
    /// Joins this node's two subtrees into one without it.
    #[inline]
    fn detach(&mut self) -> Link<K, V, A> {
        match (self.left.take(), self.right.take()) {
            (None, other) | (other, None) => other,
            (left, Some(right)) => {
                let (mut first, rest) = take_first(right);
                first.left = left;
                first.right = rest;
                Some(rise::balance(first))
            }
        }
    }

    /// Works height and summary out again from the children.
    #[inline]
    fn refresh(&mut self) {
        let (left, right) = (height(&self.left), height(&self.right));
        self.refresh_with(left, right);
    }

    /// As [`Node::refresh`], with the children's heights at hand.
    #[inline]
    fn refresh_with(&mut self, left: u8, right: u8) {
        self.height = left.max(right).wrapping_add(1);
        self.summary = A::summarize(
            &self.key,
            &self.value,
            self.left.as_deref().map(Node::summary),
            self.right.as_deref().map(Node::summary),
        );
    }
}

impl<K, V, A> Default for Tree<K, V, A> {
    fn default() -> Tree<K, V, A> {
        Tree::new()
    }
}

impl<K, V, A> Drop for Tree<K, V, A> {
    /// Node by node: a derived drop would recurse.
    fn drop(&mut self) {
        drop(IntoNodes::new(mem::take(&mut self.root)));
    }
}

#[inline(always)]
fn height<K, V, A>(link: &Link<K, V, A>) -> u8 {
    link.as_ref().map_or(0, |node| node.height)
}
