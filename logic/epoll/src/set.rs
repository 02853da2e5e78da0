//! [`Set`]: the interests of one epoll set, found by their keys.

use crate::mutation::{Step, left_out};
use crate::ready::Ready;
use crate::slots::{Arm, Key, NoMemory, Shortage, Slots, Spare, Token};
use crate::{Invalid, Wanted};
use alloc::boxed::Box;
use logic_tree::Tree;

/// The index's node of one interest, which the caller brings.
pub type Node = logic_tree::Node<Key, u32>;

/// Why an interest is not added; the node and the file come back.
#[derive(Debug)]
pub enum Refused {
    /// There is one with this key (EEXIST).
    Exists,
    /// The set takes no more: it was closed (EBADF).
    Closed,
    /// Memory was not supplied.
    NoMemory,
}

/// What an interest was made of, to be dropped without a lock.
#[derive(Debug)]
pub struct Removed<F, B> {
    /// The file.
    pub file: F,
    /// What was tied with [`Set::tie`].
    pub bond: Option<B>,
    /// What names it no longer.
    pub token: Token,
    _node: Option<Box<Node>>,
}

/// A set. `F` names a watched file, `B` is what ends an interest's registrations.
#[derive(Debug)]
pub struct Set<F, B> {
    pub(crate) slots: Slots<F, B>,
    pub(crate) ready: Ready,
    index: Tree<Key, u32>,
    /// The node of an interest that was removed, for the next.
    spare: Option<Box<Node>>,
    closed: bool,
}

impl<F: Clone, B: Copy> Set<F, B> {
    /// A set without interests; does not allocate.
    #[must_use]
    pub const fn new() -> Self {
        Self { slots: Slots::new(), ready: Ready::new(), index: Tree::new(), spare: None, closed: false }
    }

    /// How many interests there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Whether the next [`Set::add`] lacks nothing besides its node.
    #[must_use]
    #[inline]
    pub const fn has_room(&self) -> bool {
        self.slots.has_free()
    }

    /// What the next [`Set::add`] lacks besides its node: `None` if nothing.
    ///
    /// # Errors
    /// [`NoMemory`] if the set has the most that it can have.
    #[inline]
    pub fn shortage(&self) -> Result<Option<Shortage>, NoMemory> {
        self.slots.shortage()
    }

    /// Takes memory for further interests; returns what is to be dropped without a lock.
    pub fn supply(&mut self, spare: Spare<F, B>) -> Spare<F, B> {
        self.slots.supply(spare)
    }

    /// A node that the set had kept.
    #[inline]
    pub fn node(&mut self) -> Option<Box<Node>> {
        self.spare.take()
    }

    /// The interest with this key.
    #[must_use]
    pub fn find(&self, key: &Key) -> Option<Token> {
        let index = *self.index.get(key)?;
        Some(Token { index, seq: self.slots.at(index)?.seq })
    }

    /// Adds an interest, which may be fired from now on; what it watches is asked afterwards.
    ///
    /// # Errors
    /// [`Refused`], with what the caller brought.
    pub fn add(
        &mut self,
        mut node: Box<Node>,
        key: Key,
        file: F,
        wanted: Wanted,
        data: u64,
    ) -> Result<Token, (Refused, Box<Node>, F)> {
        if self.closed {
            return Err((Refused::Closed, node, file));
        }
        let Some((token, slot)) = self.slots.take() else {
            return Err((Refused::NoMemory, node, file));
        };
        slot.wanted = wanted;
        slot.data = data;
        slot.key = key;
        slot.file = Some(file);
        slot.bond = None;
        node.key = key;
        node.value = token.index;
        if let Err(node) = self.index.insert(node) {
            let file = self.slots.get_mut(token).and_then(|slot| slot.file.take());
            self.slots.release(token.index);
            // The slot was given its file above.
            return file.map_or(Ok(token), |file| Err((Refused::Exists, node, file)));
        }
        Ok(token)
    }

    /// Notes what ends the interest's registrations. False: it was removed meanwhile, and the caller ends them.
    pub fn tie(&mut self, token: Token, bond: B) -> bool {
        let Some(slot) = self.slots.get_mut(token) else { return false };
        slot.bond = Some(bond);
        true
    }

    /// Changes what an interest wants and reports; gives what it wanted, its file and its bond.
    ///
    /// # Errors
    /// [`Invalid`]: an exclusive one is not changed.
    pub fn change(&mut self, token: Token, wanted: Wanted, data: u64) -> Result<Option<(F, Option<B>)>, Invalid> {
        let Some(slot) = self.slots.get_mut(token) else { return Ok(None) };
        if slot.wanted.exclusive() {
            return Err(Invalid);
        }
        slot.wanted = wanted;
        slot.data = data;
        slot.mark.advance();
        slot.arm = Arm::Armed;
        Ok(slot.file.clone().map(|file| (file, slot.bond)))
    }

    /// Takes an interest out.
    pub fn remove(&mut self, token: Token) -> Option<Removed<F, B>> {
        let key = self.slots.get(token)?.key;
        self.remove_key(&key)
    }

    /// Takes the interest with this key out.
    pub fn remove_key(&mut self, key: &Key) -> Option<Removed<F, B>> {
        let node = self.index.remove(key)?;
        let index = node.value;
        self.unlink(index);
        let slot = self.slots.at_mut(index)?;
        let token = Token { index, seq: slot.seq };
        let (file, bond) = (slot.file.take()?, slot.bond.take());
        self.slots.release(index);
        let node = if self.spare.is_none() && !self.closed {
            self.spare = Some(node);
            None
        } else {
            Some(node)
        };
        Some(Removed { file, bond, token, _node: node })
    }

    /// Takes any one out, for a set that goes; it takes no more from then on.
    pub fn drain(&mut self) -> Option<Removed<F, B>> {
        self.closed = true;
        let key = *self.index.first()?.0;
        self.remove_key(&key)
    }

    /// All memory of a set that was drained.
    pub fn memory(&mut self) -> Option<impl Sized + use<F, B>> {
        self.index.is_empty().then(|| (self.slots.all(), self.spare.take()))
    }

    /// (1) News for an interest: it comes on the ready list. Whether the set has news now.
    #[inline]
    pub fn fire(&mut self, token: Token) -> bool {
        let Some(slot) = self.slots.get_mut(token) else { return false };
        if slot.arm != Arm::Armed {
            slot.arm = Arm::Missed;
            return false;
        }
        if !left_out(Step::FireCounts) {
            slot.mark.advance();
        }
        if left_out(Step::FireQueues) && slot.mark.count() > 1 {
            return false;
        }
        if slot.stamp == 0 {
            self.link_last(token.index);
        }
        true
    }

    /// The interests in order, from the one after `key` on: key, wanted, data, file.
    pub fn next_after(&self, key: Option<&Key>) -> Option<(Key, Wanted, u64, F)> {
        let (key, &index) = match key {
            Some(key) => self.index.next_after(key)?,
            None => self.index.first()?,
        };
        let slot = self.slots.at(index)?;
        let wanted = if slot.arm == Arm::Armed { slot.wanted } else { slot.wanted.spent() };
        Some((*key, wanted, slot.data, slot.file.clone()?))
    }
}

impl<F: Clone, B: Copy> Default for Set<F, B> {
    fn default() -> Self {
        Self::new()
    }
}
