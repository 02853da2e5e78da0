//! What a descriptor allows, and taking some of it away.

use crate::error;
use std::io;
use std::os::fd::AsFd;

pub use abi::Rights;

/// Takes all rights but `keep` from a descriptor; what it has left. Rights never come back, and whatever is obtained through the
/// descriptor has no more.
///
/// # Errors
/// `EINVAL` for bits that are no right.
pub fn restrict(fd: &impl AsFd, keep: Rights) -> io::Result<Rights> {
    let left = rt::restrict(fd.as_fd(), keep.bits()).map_err(error)?;
    Ok(Rights::from_bits_truncate(u32::try_from(left).unwrap_or(0)))
}
