//! Going through all entries: [`Iter`] by reference, [`IntoNodes`] taking the nodes apart.
//! Neighbour: `lib.rs`.

use alloc::boxed::Box;
use core::iter::FusedIterator;

use crate::{Link, Node, Tree};

/// Higher than any tree: this height would need 2^33 nodes.
const MAX_HEIGHT: usize = 48;

/// The entries in order.
#[derive(Debug)]
pub struct Iter<'a, K, V, A = ()> {
    /// The nodes still to come whose left side is being or has been visited.
    stack: [Option<&'a Node<K, V, A>>; MAX_HEIGHT],
    depth: usize,
}

impl<'a, K, V, A> Iter<'a, K, V, A> {
    pub(crate) fn new(root: Option<&'a Node<K, V, A>>) -> Iter<'a, K, V, A> {
        let mut iter = Iter { stack: [None; MAX_HEIGHT], depth: 0 };
        iter.push_left_edge(root);
        iter
    }

    fn push_left_edge(&mut self, mut below: Option<&'a Node<K, V, A>>) {
        while let (Some(at), Some(slot)) = (below, self.stack.get_mut(self.depth)) {
            *slot = Some(at);
            self.depth = self.depth.wrapping_add(1);
            below = at.left();
        }
    }
}

impl<'a, K, V, A> Iterator for Iter<'a, K, V, A> {
    type Item = (&'a K, &'a V);

    #[inline]
    fn next(&mut self) -> Option<(&'a K, &'a V)> {
        let top = self.depth.checked_sub(1)?;
        let at = (*self.stack.get(top)?)?;
        self.depth = top;
        self.push_left_edge(at.right());
        Some((&at.key, &at.value))
    }
}

impl<K, V, A> FusedIterator for Iter<'_, K, V, A> {}

impl<'a, K, V, A> IntoIterator for &'a Tree<K, V, A> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V, A>;

    fn into_iter(self) -> Iter<'a, K, V, A> {
        self.iter()
    }
}

/// The nodes in order, each given away. What is not asked for is dropped with it.
#[derive(Debug)]
pub struct IntoNodes<K, V, A = ()> {
    rest: Link<K, V, A>,
}

impl<K, V, A> IntoNodes<K, V, A> {
    pub(crate) fn new(root: Link<K, V, A>) -> IntoNodes<K, V, A> {
        IntoNodes { rest: root }
    }
}

impl<K, V, A> Iterator for IntoNodes<K, V, A> {
    type Item = Box<Node<K, V, A>>;

    /// Turns left children up until there is none: each link is turned once, so all nodes
    /// together take linear time and no stack.
    #[inline]
    fn next(&mut self) -> Option<Box<Node<K, V, A>>> {
        let mut at = self.rest.take()?;
        while let Some(mut left) = at.left.take() {
            at.left = left.right.take();
            left.right = Some(at);
            at = left;
        }
        self.rest = at.right.take();
        Some(at)
    }
}

impl<K, V, A> FusedIterator for IntoNodes<K, V, A> {}

impl<K, V, A> Drop for IntoNodes<K, V, A> {
    fn drop(&mut self) {
        self.for_each(drop);
    }
}
