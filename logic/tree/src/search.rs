//! Looking things up. Each search is one way down. Neighbour: `lib.rs` changes the tree.

use core::cmp::Ordering;

use crate::Tree;

impl<K: Ord, V, A> Tree<K, V, A> {
    /// The value under this key.
    #[inline]
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&V> {
        let mut below = self.root();
        while let Some(at) = below {
            match key.cmp(&at.key) {
                Ordering::Less => below = at.left(),
                Ordering::Greater => below = at.right(),
                Ordering::Equal => return Some(&at.value),
            }
        }
        None
    }

    /// As [`Tree::get`], to change the value. What a summary depends on is changed by
    /// [`Tree::modify`] instead; that holds for all `_mut` searches.
    #[inline]
    #[must_use]
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let mut below = self.root.as_deref_mut();
        while let Some(at) = below {
            match key.cmp(&at.key) {
                Ordering::Less => below = at.left.as_deref_mut(),
                Ordering::Greater => below = at.right.as_deref_mut(),
                Ordering::Equal => return Some(&mut at.value),
            }
        }
        None
    }

    /// The last entry whose key is at most `key`.
    #[inline]
    #[must_use]
    pub fn floor(&self, key: &K) -> Option<(&K, &V)> {
        self.last_where(|at| at <= key)
    }

    /// The first entry whose key is at least `key`.
    #[inline]
    #[must_use]
    pub fn ceiling(&self, key: &K) -> Option<(&K, &V)> {
        self.first_where(|at| at >= key)
    }

    /// The first entry whose key is above `key`.
    #[inline]
    #[must_use]
    pub fn next_after(&self, key: &K) -> Option<(&K, &V)> {
        self.first_where(|at| at > key)
    }

    /// The last entry whose key is below `key`.
    #[inline]
    #[must_use]
    pub fn last_before(&self, key: &K) -> Option<(&K, &V)> {
        self.last_where(|at| at < key)
    }

    /// As [`Tree::floor`], to change the value.
    #[inline]
    #[must_use]
    pub fn floor_mut(&mut self, key: &K) -> Option<(&K, &mut V)> {
        let mut best = None;
        let mut below = self.root.as_deref_mut();
        while let Some(at) = below {
            if at.key <= *key {
                best = Some((&at.key, &mut at.value));
                below = at.right.as_deref_mut();
            } else {
                below = at.left.as_deref_mut();
            }
        }
        best
    }

    /// As [`Tree::ceiling`], to change the value.
    #[inline]
    #[must_use]
    pub fn ceiling_mut(&mut self, key: &K) -> Option<(&K, &mut V)> {
        let mut best = None;
        let mut below = self.root.as_deref_mut();
        while let Some(at) = below {
            if at.key >= *key {
                best = Some((&at.key, &mut at.value));
                below = at.left.as_deref_mut();
            } else {
                below = at.right.as_deref_mut();
            }
        }
        best
    }

    #[inline(always)]
    fn first_where(&self, holds: impl Fn(&K) -> bool) -> Option<(&K, &V)> {
        let mut best = None;
        let mut below = self.root();
        while let Some(at) = below {
            if holds(&at.key) {
                best = Some((&at.key, &at.value));
                below = at.left();
            } else {
                below = at.right();
            }
        }
        best
    }

    #[inline(always)]
    fn last_where(&self, holds: impl Fn(&K) -> bool) -> Option<(&K, &V)> {
        let mut best = None;
        let mut below = self.root();
        while let Some(at) = below {
            if holds(&at.key) {
                best = Some((&at.key, &at.value));
                below = at.right();
            } else {
                below = at.left();
            }
        }
        best
    }
}

impl<K, V, A> Tree<K, V, A> {
    /// The entry with the smallest key.
    #[inline]
    #[must_use]
    pub fn first(&self) -> Option<(&K, &V)> {
        let mut at = self.root()?;
        while let Some(left) = at.left() {
            at = left;
        }
        Some((&at.key, &at.value))
    }

    /// The entry with the largest key.
    #[inline]
    #[must_use]
    pub fn last(&self) -> Option<(&K, &V)> {
        let mut at = self.root()?;
        while let Some(right) = at.right() {
            at = right;
        }
        Some((&at.key, &at.value))
    }

    /// As [`Tree::first`], to change the value.
    #[inline]
    #[must_use]
    pub fn first_mut(&mut self) -> Option<(&K, &mut V)> {
        let root = self.root.as_deref_mut()?;
        let mut first = (&root.key, &mut root.value);
        let mut below = root.left.as_deref_mut();
        while let Some(at) = below {
            first = (&at.key, &mut at.value);
            below = at.left.as_deref_mut();
        }
        Some(first)
    }
}
