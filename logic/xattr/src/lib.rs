//! Extended attributes of a file (xattr(7)): what names mean, and the set of attributes that a file has.
//!
//! - [`space_of`]: which part of the names one belongs to; who may read and write there is the kernel's affair.
//! - [`Attributes`]: a set that never changes: a change makes a new one, so that readers need no lock. Names and values are the
//!   caller's ([`Entry`]), handles that are cheap to copy.
//!
//! Neighbour: the kernel's `fs/xattr`.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

extern crate alloc;
#[cfg(test)]
extern crate std;

use alloc::vec::Vec;

#[cfg(test)]
mod tests;

/// Most bytes of a name (XATTR_NAME_MAX).
pub const NAME_MOST: usize = 255;
/// Most bytes of a value (XATTR_SIZE_MAX).
pub const VALUE_MOST: usize = 65_536;
/// Most bytes of all names of a file, each with its NUL (XATTR_LIST_MAX).
pub const LIST_MOST: usize = 65_536;
/// Most attributes of a file: the set needs no more than a page.
pub const COUNT_MOST: usize = 512;
/// What an attribute counts besides its name and value (`struct simple_xattr`).
const OVERHEAD: u64 = 40;

/// The parts of the names that files in memory have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// `user.`: for whoever may read or write the file.
    User,
    /// `trusted.`: for the superuser.
    Trusted,
    /// `security.`: read by all, written by the superuser.
    Security,
}

/// Why a name cannot be that of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoName {
    /// Nothing stands behind the prefix.
    Bare,
    /// There is no such part of the names here.
    Unknown,
}

/// The part of the names that one belongs to, whatever stands behind the prefix.
#[must_use]
pub fn prefix_of(name: &[u8]) -> Option<(Space, &[u8])> {
    let known = [(&b"user."[..], Space::User), (b"trusted.", Space::Trusted), (b"security.", Space::Security)];
    known.iter().find_map(|(prefix, space)| Some((*space, name.strip_prefix(*prefix)?)))
}

/// The same for the name of an attribute.
pub fn space_of(name: &[u8]) -> Result<Space, NoName> {
    match prefix_of(name) {
        Some((_, [])) => Err(NoName::Bare),
        Some((space, _)) => Ok(space),
        None => Err(NoName::Unknown),
    }
}

/// A name with its value.
pub trait Entry: Clone {
    /// The name, with its prefix.
    fn name(&self) -> &[u8];
    /// Bytes of the value.
    fn value_len(&self) -> usize;
}

/// What setxattr(2) says about an attribute of this name that is there, or is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Either is fine.
    Any,
    /// There must be none (XATTR_CREATE).
    Refused,
    /// There must be one (XATTR_REPLACE).
    Needed,
}

/// Why there is no new set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is such an attribute.
    Exists,
    /// There is no such attribute.
    Missing,
    /// There are too many.
    Full,
    /// Memory.
    NoMemory,
}

/// The attributes of a file, in the order of their names.
#[derive(Debug, Default)]
pub struct Attributes<E>(Vec<E>);

impl<E: Entry> Attributes<E> {
    /// None.
    #[must_use]
    pub const fn new() -> Self {
        Attributes(Vec::new())
    }

    fn search(&self, name: &[u8]) -> Result<usize, usize> {
        self.0.binary_search_by(|e| e.name().cmp(name))
    }

    /// The attribute with this name.
    #[must_use]
    pub fn find(&self, name: &[u8]) -> Option<&E> {
        self.0.get(self.search(name).ok()?)
    }

    /// All of them.
    pub fn iter(&self) -> core::slice::Iter<'_, E> {
        self.0.iter()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What they count against the file system's limit, in bytes.
    #[must_use]
    pub fn space(&self) -> u64 {
        self.0.iter().fold(0, |sum: u64, e| {
            sum.saturating_add(OVERHEAD).saturating_add((e.name().len() as u64).saturating_add(e.value_len() as u64))
        })
    }

    /// These, with one more or one in another's place.
    pub fn with(&self, entry: E, existing: Existing) -> Result<Self, Refused> {
        let (at, after) = match (self.search(entry.name()), existing) {
            (Ok(_), Existing::Refused) => return Err(Refused::Exists),
            (Err(_), Existing::Needed) => return Err(Refused::Missing),
            (Ok(at), _) => (at, at.saturating_add(1)),
            (Err(_), _) if self.0.len() >= COUNT_MOST => return Err(Refused::Full),
            (Err(at), _) => (at, at),
        };
        self.spliced(at, Some(entry), after)
    }

    /// These without one.
    pub fn without(&self, name: &[u8]) -> Result<Self, Refused> {
        let at = self.search(name).map_err(|_| Refused::Missing)?;
        self.spliced(at, None, at.saturating_add(1))
    }

    /// Those before `at`, one in between, and those from `after` on.
    fn spliced(&self, at: usize, entry: Option<E>, after: usize) -> Result<Self, Refused> {
        let (before, behind) = (self.0.get(..at).unwrap_or_default(), self.0.get(after..).unwrap_or_default());
        let mut all = Vec::new();
        let count = before.len().saturating_add(behind.len()).saturating_add(usize::from(entry.is_some()));
        all.try_reserve_exact(count).map_err(|_| Refused::NoMemory)?;
        all.extend_from_slice(before);
        all.extend(entry);
        all.extend_from_slice(behind);
        Ok(Attributes(all))
    }
}
