//! read(2), write(2) and their family; lseek(2).

use super::{Call, CallResult, needs};
use crate::fs::buffer::Buffer;
use crate::fs::file::{Io, O_PATH, OpenFile};
use abi::{Errno, Rights, nr};
use mem::Ref;

impl Call<'_> {
    /// The description behind argument `n`, which must be more than a name (open(2), O_PATH).
    #[inline]
    pub(crate) fn file(&self, n: usize) -> Result<Ref<OpenFile>, Errno> {
        self.any_file(n).and_then(|of| if of.flags() & O_PATH == 0 { Ok(of) } else { Err(Errno::EBADF) })
    }
    /// The description behind argument `n`, which may be only a name; readable and writable ones are more.
    #[inline]
    pub(crate) fn any_file(&self, n: usize) -> Result<Ref<OpenFile>, Errno> {
        self.me.any_file(self.int(n), self.need(n))
    }
    /// The description behind the first argument of `CALL`, which may be only a name. The rights are looked up when this is
    /// compiled.
    #[inline(always)]
    pub(super) fn file_of<const CALL: usize>(&self) -> Result<Ref<OpenFile>, Errno> {
        self.me.any_file(self.int(0), const { needs::of(CALL, 0) })
    }
    /// The same, which must be more than a name, looked up inside the caller.
    #[inline(always)]
    pub(crate) fn used_file_of<const CALL: usize>(&self) -> Result<Ref<OpenFile>, Errno> {
        let of = self.me.any_file_here(self.int(0), const { needs::of(CALL, 0) })?;
        if of.flags() & O_PATH == 0 { Ok(of) } else { Err(Errno::EBADF) }
    }
    /// The description behind the first argument of `CALL`, a transfer of data that it must have been opened for. The rights
    /// are looked up when this is compiled.
    #[inline(always)]
    fn file_for_transfer<const CALL: usize>(&self) -> Result<Ref<OpenFile>, Errno> {
        self.me.file_for_transfer(self.int(0), const { needs::of(CALL, 0) })
    }
    /// The description behind argument `n` of a call that takes a path too, and got none: no path begins there.
    pub(crate) fn file_itself(&self, n: usize) -> Result<Ref<OpenFile>, Errno> {
        self.me.any_file(self.int(n), self.need(n).difference(Rights::WALK))
    }
}

pub(super) fn readable(of: &OpenFile) -> Result<(), Errno> {
    if of.readable() { Ok(()) } else { Err(Errno::EBADF) }
}

pub(super) fn writable(of: &OpenFile) -> Result<(), Errno> {
    if of.writable() { Ok(()) } else { Err(Errno::EBADF) }
}

/// read(2).
pub(super) fn read(c: &mut Call<'_>) -> CallResult {
    let of = c.file_for_transfer::<{ nr::read }>()?;
    of.read(c.me, None, &mut Buffer::user(c.arg(1), check_len(c.arg(2))?))
}

/// write(2).
pub(super) fn write(c: &mut Call<'_>) -> CallResult {
    let of = c.file_for_transfer::<{ nr::write }>()?;
    of.write(c.me, None, &mut Buffer::user(c.arg(1), check_len(c.arg(2))?))
}

fn check_len(len: usize) -> Result<usize, Errno> {
    if len > isize::MAX as usize { Err(Errno::EINVAL) } else { Ok(len) }
}

/// readv(2).
pub(super) fn readv(c: &mut Call<'_>) -> CallResult {
    let of = c.file_for_transfer::<{ nr::readv }>()?;
    of.read(c.me, None, &mut Buffer::vector(c.arg(1), c.arg(2))?)
}

/// writev(2).
pub(super) fn writev(c: &mut Call<'_>) -> CallResult {
    let of = c.file_for_transfer::<{ nr::writev }>()?;
    of.write(c.me, None, &mut Buffer::vector(c.arg(1), c.arg(2))?)
}

fn position(c: &Call<'_>, of: &OpenFile, n: usize) -> Result<u64, Errno> {
    let at = u64::try_from(c.arg(n) as i64).map_err(|_| Errno::EINVAL)?;
    if of.file.seekable() { Ok(at) } else { Err(Errno::ESPIPE) }
}

/// pread64(2).
pub(super) fn pread64(c: &mut Call<'_>) -> CallResult {
    let of = c.any_file(0)?;
    let at = position(c, &of, 3)?;
    readable(&of)?;
    of.read(c.me, Some(at), &mut Buffer::user(c.arg(1), check_len(c.arg(2))?))
}

/// pwrite64(2).
pub(super) fn pwrite64(c: &mut Call<'_>) -> CallResult {
    let of = c.any_file(0)?;
    let at = position(c, &of, 3)?;
    writable(&of)?;
    of.write(c.me, Some(at), &mut Buffer::user(c.arg(1), check_len(c.arg(2))?))
}

/// preadv(2).
pub(super) fn preadv(c: &mut Call<'_>) -> CallResult {
    let of = c.any_file(0)?;
    let at = position(c, &of, 3)?;
    readable(&of)?;
    of.read(c.me, Some(at), &mut Buffer::vector(c.arg(1), c.arg(2))?)
}

/// pwritev(2).
pub(super) fn pwritev(c: &mut Call<'_>) -> CallResult {
    let of = c.any_file(0)?;
    let at = position(c, &of, 3)?;
    writable(&of)?;
    of.write(c.me, Some(at), &mut Buffer::vector(c.arg(1), c.arg(2))?)
}

/// What RWF_* flags ask for; they are refused where they mean nothing (readv(2), EOPNOTSUPP).
fn flagged<'a>(c: &Call<'a>, of: &'a OpenFile, at: Option<u64>) -> Result<Io<'a>, Errno> {
    const RWF_HIPRI: u32 = 1;
    const RWF_DSYNC: u32 = 2;
    const RWF_SYNC: u32 = 4;
    const RWF_NOWAIT: u32 = 8;
    const RWF_APPEND: u32 = 16;
    const RWF_NOAPPEND: u32 = 32;
    let flags = c.uint(5);
    if flags & !(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND | RWF_NOAPPEND) != 0 {
        return Err(Errno::EOPNOTSUPP);
    }
    if flags & (RWF_APPEND | RWF_NOAPPEND) == RWF_APPEND | RWF_NOAPPEND {
        return Err(Errno::EINVAL);
    }
    // Files in memory never wait, and Linux's do not know the flag.
    if flags & RWF_NOWAIT != 0 && of.inode().is_some_and(|i| i.data().is_some()) {
        return Err(Errno::EOPNOTSUPP);
    }
    let mut io = of.io(c.me, at);
    io.nonblock |= flags & RWF_NOWAIT != 0;
    io.append = (io.append || flags & RWF_APPEND != 0) && flags & RWF_NOAPPEND == 0;
    Ok(io)
}

/// The position of preadv2(2) and pwritev2(2): -1 stands for the description's own.
fn position_or_own(c: &Call<'_>, of: &OpenFile) -> Result<Option<u64>, Errno> {
    if c.arg(3) == usize::MAX { Ok(None) } else { position(c, of, 3).map(Some) }
}

/// preadv2(2).
pub(super) fn preadv2(c: &mut Call<'_>) -> CallResult {
    let of = c.any_file(0)?;
    let at = position_or_own(c, &of)?;
    readable(&of)?;
    let mut to = Buffer::vector(c.arg(1), c.arg(2))?;
    of.file.read(&flagged(c, &of, at)?, &mut to).inspect(|n| of.was_read(*n))
}

/// pwritev2(2).
pub(super) fn pwritev2(c: &mut Call<'_>) -> CallResult {
    let of = c.any_file(0)?;
    let at = position_or_own(c, &of)?;
    writable(&of)?;
    let mut from = Buffer::vector(c.arg(1), c.arg(2))?;
    of.file.write(&flagged(c, &of, at)?, &mut from).inspect(|n| of.was_written(*n))
}

/// lseek(2).
pub(super) fn lseek(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    Ok(of.file.seek(&of, c.arg(1) as i64, c.uint(2))? as usize)
}
