//! Rights of descriptors: `fd_restrict`.

use crate::linux::{Call, CallResult};
use abi::{Errno, Rights};

/// fd_restrict(fd, rights): the descriptor keeps those of its rights that are in `rights`. Gives what it has then.
pub(super) fn fd_restrict(c: &mut Call<'_>) -> CallResult {
    let fd = c.int(0);
    if c.me.files().next_used(fd as usize) != Some(fd) {
        return Err(Errno::EBADF.into());
    }
    let keep = u32::try_from(c.arg(1)).ok().and_then(Rights::from_bits).ok_or(Errno::EINVAL)?;
    Ok(c.me.files().restrict(fd, keep)?.bits() as usize)
}
