//! What the tree holds: [`RegionNode`] with its [`Slot`] and its summary [`Gaps`], and the
//! [`Spare`] nodes of a caller. Neighbour: `gap` reads the summaries.

use alloc::boxed::Box;

use logic_tree::{Augment, Node};

/// Memory for one region, boxed by the caller and moved into and out of a map. The key is the
/// region's first address.
pub type RegionNode<V> = Node<u64, Slot<V>, Gaps>;

/// A node with a value, for `RegionMap::insert`.
#[inline]
pub fn new_node<V>(value: V) -> RegionNode<V> {
    Node::new(0, Slot::new(0, Some(value)))
}

/// A node without a value, for a [`Spare`].
#[inline]
#[must_use]
pub fn spare_node<V>() -> RegionNode<V> {
    Node::new(0, Slot::new(0, None))
}

/// End and value of a region.
#[derive(Debug)]
pub struct Slot<V> {
    pub(crate) end: u64,
    /// `None` only while the node is in no map, and within `RegionMap::merge`.
    pub(crate) value: Option<V>,
}

impl<V> Slot<V> {
    #[inline]
    pub(crate) fn new(end: u64, value: Option<V>) -> Slot<V> {
        Slot { end, value }
    }

    /// The value of a node that came out of a map.
    #[inline]
    pub fn value(&self) -> Option<&V> {
        self.value.as_ref()
    }

    /// Takes the value, so that the node may serve as a spare.
    #[inline]
    pub fn take(&mut self) -> Option<V> {
        self.value.take()
    }
}

/// The extent of a subtree and the largest gap between two regions within it, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gaps {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) largest: u64,
}

impl<V> Augment<u64, Slot<V>> for Gaps {
    #[inline]
    fn summarize(start: &u64, slot: &Slot<V>, left: Option<&Gaps>, right: Option<&Gaps>) -> Gaps {
        let mut gaps = Gaps { start: *start, end: slot.end, largest: 0 };
        if let Some(left) = left {
            gaps.largest = left.largest.max(start.wrapping_sub(left.end));
            gaps.start = left.start;
        }
        if let Some(right) = right {
            let between = right.start.wrapping_sub(slot.end);
            gaps.largest = gaps.largest.max(right.largest).max(between);
            gaps.end = right.end;
        }
        gaps
    }
}

/// Up to two nodes for the two cuts that an operation can make. What is left stays here, and
/// nodes that become free come back.
#[derive(Debug)]
pub struct Spare<V> {
    nodes: [Option<Box<RegionNode<V>>>; 2],
}

impl<V> Spare<V> {
    /// Without a node.
    #[inline]
    #[must_use]
    pub const fn new() -> Spare<V> {
        Spare { nodes: [None, None] }
    }

    /// How many nodes there are, 0–2.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.iter().flatten().count()
    }

    /// Whether there are none.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a node.
    ///
    /// # Errors
    /// Gives the node back when there are two already.
    #[inline]
    pub fn put(&mut self, node: Box<RegionNode<V>>) -> Result<(), Box<RegionNode<V>>> {
        match self.nodes.iter_mut().find(|place| place.is_none()) {
            Some(place) => {
                *place = Some(node);
                Ok(())
            }
            None => Err(node),
        }
    }

    /// Takes a node out.
    #[inline]
    pub fn take(&mut self) -> Option<Box<RegionNode<V>>> {
        self.nodes.iter_mut().find_map(Option::take)
    }
}

impl<V> Default for Spare<V> {
    fn default() -> Spare<V> {
        Spare::new()
    }
}
