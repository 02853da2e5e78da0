//! read(2), write(2) and their family; lseek(2), sendfile(2).

use super::{Call, CallResult, Stop};
use crate::fs::buffer::Buffer;
use crate::fs::file::OpenFile;
use abi::Errno;
use mem::{Ref, user};

impl Call<'_> {
    /// The description behind argument `n`, which must be more than a name.
    #[inline]
    pub(crate) fn file(&self, n: usize) -> Result<Ref<OpenFile>, Errno> {
        self.me.files().get(self.int(n))
    }
}

fn readable(of: &OpenFile) -> Result<(), Errno> {
    if of.readable() { Ok(()) } else { Err(Errno::EBADF) }
}

fn writable(of: &OpenFile) -> Result<(), Errno> {
    if of.writable() { Ok(()) } else { Err(Errno::EBADF) }
}

/// read(2).
pub(super) fn read(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    readable(&of)?;
    of.read(c.me, None, &mut Buffer::user(c.arg(1), check_len(c.arg(2))?))
}

/// write(2).
pub(super) fn write(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    writable(&of)?;
    of.write(c.me, None, &mut Buffer::user(c.arg(1), check_len(c.arg(2))?))
}

fn check_len(len: usize) -> Result<usize, Errno> {
    if len > isize::MAX as usize { Err(Errno::EINVAL) } else { Ok(len) }
}

/// readv(2).
pub(super) fn readv(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    readable(&of)?;
    of.read(c.me, None, &mut Buffer::vector(c.arg(1), c.arg(2))?)
}

/// writev(2).
pub(super) fn writev(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    writable(&of)?;
    of.write(c.me, None, &mut Buffer::vector(c.arg(1), c.arg(2))?)
}

fn position(c: &Call<'_>, of: &OpenFile, n: usize) -> Result<u64, Errno> {
    let at = u64::try_from(c.arg(n) as i64).map_err(|_| Errno::EINVAL)?;
    if of.file.seekable() { Ok(at) } else { Err(Errno::ESPIPE) }
}

/// pread64(2).
pub(super) fn pread64(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let at = position(c, &of, 3)?;
    readable(&of)?;
    of.read(c.me, Some(at), &mut Buffer::user(c.arg(1), check_len(c.arg(2))?))
}

/// pwrite64(2).
pub(super) fn pwrite64(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let at = position(c, &of, 3)?;
    writable(&of)?;
    of.write(c.me, Some(at), &mut Buffer::user(c.arg(1), check_len(c.arg(2))?))
}

/// preadv(2).
pub(super) fn preadv(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let at = position(c, &of, 3)?;
    readable(&of)?;
    of.read(c.me, Some(at), &mut Buffer::vector(c.arg(1), c.arg(2))?)
}

/// pwritev(2).
pub(super) fn pwritev(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let at = position(c, &of, 3)?;
    writable(&of)?;
    of.write(c.me, Some(at), &mut Buffer::vector(c.arg(1), c.arg(2))?)
}

/// lseek(2).
pub(super) fn lseek(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    Ok(of.file.seek(&of, c.arg(1) as i64, c.uint(2))? as usize)
}

/// sendfile64(2).
pub(super) fn sendfile(c: &mut Call<'_>) -> CallResult {
    let (out, from) = (c.file(0)?, c.file(1)?);
    writable(&out)?;
    readable(&from)?;
    let mut at = if c.arg(2) != 0 { Some(user::read::<u64>(c.arg(2))?) } else { None };
    if at.is_some() && !from.file.seekable() {
        return Err(Errno::ESPIPE.into());
    }
    // A file that cannot be sought in could lose data that was read and not written (sendfile(2)).
    if !from.file.seekable() {
        return Err(Errno::EINVAL.into());
    }
    let result = copy(c, &out, None, &from, &mut at, c.arg(3));
    if let Some(at) = at {
        user::write(c.arg(2), &at)?;
    }
    result
}

/// copy_file_range(2).
pub(super) fn copy_file_range(c: &mut Call<'_>) -> CallResult {
    let (from, out) = (c.file(0)?, c.file(2)?);
    readable(&from)?;
    writable(&out)?;
    if c.arg(5) != 0 || from.inode().is_none_or(|i| i.data().is_none()) || out.inode().is_none_or(|i| i.data().is_none()) {
        return Err(Errno::EINVAL.into());
    }
    let mut at = if c.arg(1) != 0 { Some(user::read::<u64>(c.arg(1))?) } else { None };
    let mut to = if c.arg(3) != 0 { Some(user::read::<u64>(c.arg(3))?) } else { None };
    let n = copy(c, &out, to, &from, &mut at, c.arg(4))?;
    if let Some(at) = at {
        user::write(c.arg(1), &at)?;
    }
    if let Some(t) = to.as_mut() {
        *t = t.saturating_add(n as u64);
        user::write(c.arg(3), t)?;
    }
    Ok(n)
}

/// Copies through a small buffer; stops at what the receiver takes.
fn copy(c: &Call<'_>, out: &OpenFile, to: Option<u64>, from: &OpenFile, at: &mut Option<u64>, len: usize) -> Result<usize, Stop> {
    let mut chunk = [0u8; 512];
    let mut done = 0usize;
    while done < len {
        let want = chunk.len().min(len - done);
        let part = chunk.get_mut(..want).unwrap_or_default();
        let n = match from.read(c.me, *at, &mut Buffer::kernel_out(part)) {
            Ok(0) => break,
            Ok(n) => n,
            Err(_) if done != 0 => break,
            Err(e) => return Err(e),
        };
        let place = to.map(|t| t.saturating_add(done as u64));
        let written = match out.write(c.me, place, &mut Buffer::kernel_in(chunk.get(..n).unwrap_or_default())) {
            Ok(w) => w,
            Err(_) if done != 0 => break,
            Err(e) => return Err(e),
        };
        if let Some(at) = at {
            *at = at.saturating_add(written as u64);
        }
        done += written;
        if written < n {
            break;
        }
    }
    Ok(done)
}
