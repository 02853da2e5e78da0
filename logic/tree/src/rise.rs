//! The way down and up again. [`Path`] goes down and turns each link it follows around, so that
//! it points back up; [`rise`] turns them back and balances each node on the way.
//!
//! Between the two the tree is in pieces, each owned by exactly one link. Neighbour: `lib.rs`,
//! whose operations are all "down, change, up".

use alloc::boxed::Box;
use core::mem;

use crate::{Augment, Link, Node, height};

/// The smallest node of a subtree, and the subtree without it.
type FirstAndRest<K, V, A> = (Box<Node<K, V, A>>, Link<K, V, A>);

/// The nodes above a place in the tree, from the lowest up.
pub(crate) struct Path<K, V, A> {
    /// The lowest; the link through which it was left leads to the one above it.
    above: Link<K, V, A>,
    /// One bit per node above, the lowest node's in bit 0: 1 means that the way goes right.
    /// A height above 64 would need 2^44 nodes.
    turns: u64,
}

impl<K, V, A> Path<K, V, A> {
    /// The place above the root.
    #[inline(always)]
    pub(crate) fn new() -> Path<K, V, A> {
        Path { above: None, turns: 0 }
    }

    /// Goes on to the smaller side of `node`; returns what is there.
    #[inline(always)]
    pub(crate) fn go_left(&mut self, mut node: Box<Node<K, V, A>>) -> Link<K, V, A> {
        let below = mem::replace(&mut node.left, self.above.take());
        self.above = Some(node);
        self.turns <<= 1;
        below
    }

    /// Goes on to the larger side of `node`; returns what is there.
    #[inline(always)]
    pub(crate) fn go_right(&mut self, mut node: Box<Node<K, V, A>>) -> Link<K, V, A> {
        let below = mem::replace(&mut node.right, self.above.take());
        self.above = Some(node);
        self.turns = self.turns << 1 | 1;
        below
    }
}

/// Puts `subtree` at the place where `path` ended and returns the root of the whole.
#[inline]
pub(crate) fn rise<K, V, A: Augment<K, V>>(mut subtree: Link<K, V, A>, path: Path<K, V, A>) -> Link<K, V, A> {
    let Path { mut above, mut turns } = path;
    while let Some(mut node) = above {
        let side = if turns & 1 == 0 { &mut node.left } else { &mut node.right };
        above = mem::replace(side, subtree);
        turns >>= 1;
        subtree = Some(balance(node));
    }
    subtree
}

/// Takes the smallest node out of a subtree; returns it and the rest.
#[inline]
pub(crate) fn take_first<K, V, A: Augment<K, V>>(root: Box<Node<K, V, A>>) -> FirstAndRest<K, V, A> {
    let mut path = Path::new();
    let mut first = root;
    loop {
        match first.left.take() {
            None => break,
            Some(left) => {
                // `go_left` finds the link empty and stores the way up in it.
                let _nothing = path.go_left(first);
                first = left;
            }
        }
    }
    let rest = rise(first.right.take(), path);
    (first, rest)
}

/// Brings a node up to date whose children are sound and differ in height by at most two.
#[inline]
pub(crate) fn balance<K, V, A: Augment<K, V>>(mut node: Box<Node<K, V, A>>) -> Box<Node<K, V, A>> {
    let (left, right) = (height(&node.left), height(&node.right));
    if left > right.wrapping_add(1) {
        lift(node, Side::Left)
    } else if right > left.wrapping_add(1) {
        lift(node, Side::Right)
    } else {
        node.refresh_with(left, right);
        node
    }
}

/// One of a node's children.
#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
}

impl Side {
    #[inline(always)]
    fn other(self) -> Side {
        match self {
            Side::Left => Side::Right,
            Side::Right => Side::Left,
        }
    }
    #[inline(always)]
    fn of<K, V, A>(self, node: &mut Node<K, V, A>) -> &mut Link<K, V, A> {
        match self {
            Side::Left => &mut node.left,
            Side::Right => &mut node.right,
        }
    }
}

/// This side is two higher: its root, or that one's child on the other side, becomes the root.
#[inline(never)]
fn lift<K, V, A: Augment<K, V>>(mut node: Box<Node<K, V, A>>, side: Side) -> Box<Node<K, V, A>> {
    let place = side.of(&mut node);
    if let Some(mut child) = place.take() {
        let (outer, inner) = (height(side.of(&mut child)), height(side.other().of(&mut child)));
        *place = Some(if outer < inner { rotate(child, side.other()) } else { child });
    }
    rotate(node, side)
}

/// The child on this side becomes the root.
#[inline(never)]
fn rotate<K, V, A: Augment<K, V>>(mut node: Box<Node<K, V, A>>, side: Side) -> Box<Node<K, V, A>> {
    let Some(mut top) = side.of(&mut node).take() else {
        return node;
    };
    *side.of(&mut node) = side.other().of(&mut top).take();
    node.refresh();
    *side.other().of(&mut top) = Some(node);
    top.refresh();
    top
}
