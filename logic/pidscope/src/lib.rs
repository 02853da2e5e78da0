//! Pids are names inside a scope (pid_namespaces(7)): a process has one in its own scope and one in each scope around it.
//!
//! [`Scopes`] is the table of all names: [`Scopes::enter`] hands out a number on each level, [`Scopes::resolve`] and
//! [`Scopes::seen`] translate between what a scope calls something and its number in the outermost scope, which is the
//! kernel's own handle for it. Memory is brought by the caller ([`Name::new`], [`Scopes::open`]), so that nothing here
//! fails for want of it, and handed back to be freed outside the caller's lock. Neighbours: `logic-tree`; `task/ids` of the
//! kernel, which keeps under each name what it is a name of.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

extern crate alloc;

#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::vec::Vec;
use logic_tree::{Node, Tree};

/// Scopes that can be inside each other, the outermost not counted (MAX_PID_NS_LEVEL).
pub const MAX_DEPTH: u32 = 32;

/// A scope; never used again for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeId(u64);

impl ScopeId {
    /// The outermost scope.
    pub const ROOT: ScopeId = ScopeId(0);

    /// Its number among all scopes that ever were.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// Which numbers are handed out.
#[derive(Clone, Copy, Debug)]
pub struct Numbers {
    /// One more than the largest.
    pub end: u32,
    /// Where it goes on after the largest.
    pub wrap_to: u32,
}

/// A number of an inner scope and what it is in the outermost.
pub type Inner = Node<u32, u32>;
/// A number of the outermost scope and what it names.
pub type Named<V> = Node<u32, Name<V>>;
/// A scope inside another.
pub type Scope = Node<ScopeId, Table>;

/// What one number of the outermost scope names, and its numbers further in.
#[derive(Debug)]
pub struct Name<V> {
    /// What it names.
    pub value: V,
    /// The inner scopes that see it, the outermost first; the last one is where it was made.
    places: Vec<Place>,
}

#[derive(Debug)]
struct Place {
    scope: ScopeId,
    number: u32,
    /// At home here while it is in no table.
    node: Option<Box<Inner>>,
}

impl<V> Name<V> {
    /// A name to be, of the outermost scope: see [`Name::add_level`].
    pub const fn new(value: V) -> Name<V> {
        Name { value, places: Vec::new() }
    }

    /// Brings memory for one level of scopes; a name needs as many as its scope is deep.
    ///
    /// # Errors
    /// No memory: gives the node back.
    pub fn add_level(&mut self, node: Box<Inner>) -> Result<(), Box<Inner>> {
        if self.places.try_reserve(1).is_err() {
            return Err(node);
        }
        self.places.push(Place { scope: ScopeId::ROOT, number: 0, node: Some(node) });
        Ok(())
    }

    /// Its numbers in inner scopes, the outermost first.
    pub fn numbers(&self) -> impl Iterator<Item = (ScopeId, u32)> + '_ {
        self.places.iter().map(|p| (p.scope, p.number))
    }

    /// What a scope calls it.
    fn seen(&self, scope: ScopeId) -> Option<u32> {
        self.places.iter().find(|p| p.scope == scope).map(|p| p.number)
    }
}

/// The numbers of an inner scope.
#[derive(Debug)]
pub struct Table {
    around: ScopeId,
    depth: u32,
    last: u32,
    closed: bool,
    numbers: Tree<u32, u32>,
}

impl Table {
    /// An empty one, for `Box`ing and [`Scopes::open`].
    #[must_use]
    pub fn new() -> Scope {
        Node::new(ScopeId::ROOT, Table { around: ScopeId::ROOT, depth: 0, last: 0, closed: false, numbers: Tree::new() })
    }
}

/// All names.
#[derive(Debug)]
pub struct Scopes<V> {
    names: Tree<u32, Name<V>>,
    inner: Tree<ScopeId, Table>,
    last: u32,
    handed_out: u64,
    last_scope: u64,
    range: Numbers,
}

/// A number was handed out on each level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entered {
    /// The number in the outermost scope.
    pub root: u32,
    /// The number in the scope that was asked for.
    pub own: u32,
}

/// Why a name was not entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// No free number was among those looked at: the next call goes on behind them.
    Search,
    /// The scope takes no names any more, is unknown, or the name has not as many levels as the scope.
    Closed,
}

/// A name that was not entered, handed back.
#[derive(Debug)]
pub struct Refused<V> {
    /// The name.
    pub node: Box<Named<V>>,
    /// Why.
    pub why: Why,
}

/// The next number behind `last` that is not `taken`, among the first `tries`; and where the search came to.
fn search(range: Numbers, last: u32, tries: usize, taken: impl Fn(u32) -> bool) -> (u32, bool) {
    let mut at = last;
    for _ in 0..tries {
        let next = at.saturating_add(1);
        at = if next >= range.end { range.wrap_to } else { next };
        if !taken(at) {
            return (at, true);
        }
    }
    (at, false)
}

impl<V> Scopes<V> {
    /// A table with the outermost scope alone.
    #[must_use]
    pub const fn new(range: Numbers) -> Scopes<V> {
        Scopes { names: Tree::new(), inner: Tree::new(), last: 0, handed_out: 0, last_scope: 0, range }
    }

    /// Makes a scope inside another. `None`: too many inside each other, or `around` takes no names any more.
    pub fn open(&mut self, around: ScopeId, mut node: Box<Scope>) -> Result<ScopeId, Box<Scope>> {
        let depth = match self.inner.get(&around) {
            Some(t) if !t.closed => t.depth,
            None if around == ScopeId::ROOT => 0,
            _ => return Err(node),
        };
        if depth >= MAX_DEPTH {
            return Err(node);
        }
        self.last_scope = self.last_scope.saturating_add(1);
        node.key = ScopeId(self.last_scope);
        node.value.around = around;
        node.value.depth = depth.saturating_add(1);
        self.inner.insert(node)?;
        Ok(ScopeId(self.last_scope))
    }

    /// Lets a scope take no new names.
    pub fn close(&mut self, scope: ScopeId) {
        if let Some(t) = self.inner.get_mut(&scope) {
            t.closed = true;
        }
    }

    /// Whether a scope takes new names: it and all around it are open.
    #[must_use]
    pub fn is_open(&self, mut scope: ScopeId) -> bool {
        while scope != ScopeId::ROOT {
            match self.inner.get(&scope) {
                Some(t) if !t.closed => scope = t.around,
                _ => return false,
            }
        }
        true
    }

    /// Forgets a scope, to be dropped outside locks. Names that it knew live on in the scopes around it.
    pub fn forget(&mut self, scope: ScopeId) -> Option<Box<Scope>> {
        self.inner.remove(&scope)
    }

    /// How many scopes are around it; 0 for the outermost.
    #[must_use]
    pub fn depth(&self, scope: ScopeId) -> u32 {
        self.inner.get(&scope).map_or(0, |t| t.depth)
    }

    /// Whether `scope` is `outer` or inside it.
    #[must_use]
    pub fn is_within(&self, mut scope: ScopeId, outer: ScopeId) -> bool {
        while scope != outer {
            match self.inner.get(&scope) {
                Some(t) => scope = t.around,
                None => return false,
            }
        }
        true
    }

    /// Hands out a number in `scope` and each scope around it, looking at no more than `tries` numbers in each.
    ///
    /// # Errors
    /// Gives the name back; no number was taken.
    pub fn enter(&mut self, scope: ScopeId, mut node: Box<Named<V>>, tries: usize) -> Result<Entered, Refused<V>> {
        let mut found = true;
        let mut at = scope;
        for place in node.value.places.iter_mut().rev() {
            let Some(table) = self.inner.get_mut(&at).filter(|t| !t.closed) else {
                return Err(Refused { node, why: Why::Closed });
            };
            let (number, free) = search(self.range, table.last, tries, |n| table.numbers.get(&n).is_some());
            (place.scope, place.number) = (at, number);
            if !free {
                table.last = number;
            }
            found &= free;
            at = table.around;
        }
        if at != ScopeId::ROOT {
            return Err(Refused { node, why: Why::Closed });
        }
        let (root, free) = search(self.range, self.last, tries, |n| self.names.get(&n).is_some());
        if !free || !found {
            if !free {
                self.last = root;
            }
            return Err(Refused { node, why: Why::Search });
        }
        for place in &mut node.value.places {
            let Some(table) = self.inner.get_mut(&place.scope) else { continue };
            table.last = place.number;
            if let Some(mut n) = place.node.take() {
                (n.key, n.value) = (place.number, root);
                // The number is free: it was looked for a moment ago.
                place.node = table.numbers.insert(n).err();
            }
        }
        let own = node.value.places.last().map_or(root, |p| p.number);
        node.key = root;
        self.last = root;
        match self.names.insert(node) {
            Ok(()) => {
                self.handed_out = self.handed_out.saturating_add(1);
                Ok(Entered { root, own })
            }
            Err(node) => Err(Refused { node, why: Why::Search }),
        }
    }

    /// Takes a name out of all scopes, to be dropped outside locks.
    pub fn remove(&mut self, root: u32) -> Option<Box<Named<V>>> {
        let mut node = self.names.remove(&root)?;
        for place in &mut node.value.places {
            if let Some(table) = self.inner.get_mut(&place.scope) {
                place.node = table.numbers.remove(&place.number);
            }
        }
        Some(node)
    }

    /// What a number of the outermost scope names.
    #[must_use]
    pub fn get(&self, root: u32) -> Option<&V> {
        self.names.get(&root).map(|n| &n.value)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, root: u32) -> Option<&mut V> {
        self.names.get_mut(&root).map(|n| &mut n.value)
    }

    /// A name with its numbers.
    #[must_use]
    pub fn name(&self, root: u32) -> Option<&Name<V>> {
        self.names.get(&root)
    }

    /// The number in the outermost scope of what `scope` calls `number`.
    #[must_use]
    #[inline]
    pub fn resolve(&self, scope: ScopeId, number: u32) -> Option<u32> {
        if scope == ScopeId::ROOT {
            return self.names.get(&number).map(|_| number);
        }
        self.inner.get(&scope)?.numbers.get(&number).copied()
    }

    /// What `scope` calls what the outermost one calls `root`; `None` if it does not exist there.
    #[must_use]
    pub fn seen(&self, scope: ScopeId, root: u32) -> Option<u32> {
        if scope == ScopeId::ROOT {
            return Some(root);
        }
        self.names.get(&root)?.seen(scope)
    }

    /// The smallest number from `from` on that `scope` knows, and what it is in the outermost scope.
    #[must_use]
    pub fn next(&self, scope: ScopeId, from: u32) -> Option<(u32, u32)> {
        if scope == ScopeId::ROOT {
            return self.names.ceiling(&from).map(|(n, _)| (*n, *n));
        }
        self.inner.get(&scope)?.numbers.ceiling(&from).map(|(n, root)| (*n, *root))
    }

    /// How many names `scope` knows.
    #[must_use]
    pub fn len(&self, scope: ScopeId) -> usize {
        if scope == ScopeId::ROOT {
            return self.names.len();
        }
        self.inner.get(&scope).map_or(0, |t| t.numbers.len())
    }

    /// Whether `scope` knows no name.
    #[must_use]
    pub fn is_empty(&self, scope: ScopeId) -> bool {
        self.len(scope) == 0
    }

    /// Names entered since the beginning.
    #[must_use]
    pub const fn handed_out(&self) -> u64 {
        self.handed_out
    }

    /// The number that `scope` handed out last.
    #[must_use]
    pub fn last(&self, scope: ScopeId) -> u32 {
        self.inner.get(&scope).map_or(self.last, |t| t.last)
    }
}
