//! What stands between an entry and an access: [`permits`]. Neighbour: the fault path of
//! `kernel/src`, which acts on the [`Permit`].

use crate::PteFlags;

/// What an instruction wants of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// A load.
    Read,
    /// A store or an atomic.
    Write,
    /// An instruction fetch.
    Execute,
}

/// What has to happen before the access works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permit {
    /// Nothing: a fault was spurious, flush this hart's entry for the page.
    Yes,
    /// Set `ACCESSED`.
    NeedsAccessed,
    /// Set `ACCESSED` and `DIRTY`.
    NeedsDirty,
    /// Copy the page, or make it writable if nobody else has it.
    Cow,
    /// The entry does not allow it: not valid, not a leaf, or the permission is missing.
    No,
}

/// Whether a leaf with these flags allows the access. `USER` is the caller's matter, since it
/// depends on the mode.
#[inline]
#[must_use]
pub const fn permits(flags: PteFlags, access: Access) -> Permit {
    let wanted = match access {
        Access::Read => PteFlags::READ,
        Access::Write => PteFlags::WRITE,
        Access::Execute => PteFlags::EXECUTE,
    };
    if !flags.contains(wanted.union(PteFlags::VALID)) {
        let cow = PteFlags::VALID.union(PteFlags::COW);
        return match access {
            Access::Write if flags.contains(cow) => Permit::Cow,
            _ => Permit::No,
        };
    }
    match access {
        Access::Write if !flags.contains(PteFlags::ACCESSED.union(PteFlags::DIRTY)) => Permit::NeedsDirty,
        _ if !flags.contains(PteFlags::ACCESSED) => Permit::NeedsAccessed,
        _ => Permit::Yes,
    }
}
