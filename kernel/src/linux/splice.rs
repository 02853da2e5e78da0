//! Copying without user memory: splice(2), tee(2), vmsplice(2), sendfile(2), copy_file_range(2).

use super::rw::{readable, writable};
use super::{Call, CallResult, Stop};
use crate::fs::buffer::{Buffer, MAX_BYTES};
use crate::fs::file::{O_APPEND, OpenFile};
use crate::fs::inode::S_IFREG;
use crate::fs::regular::MAX_SIZE;
use crate::fs::splice::{self, Source};
use abi::Errno;
use core::sync::atomic::Ordering;
use mem::{PAGE, Ref, user};

const SPLICE_F_NONBLOCK: u32 = 2;
/// SPLICE_F_MOVE, SPLICE_F_NONBLOCK, SPLICE_F_MORE, SPLICE_F_GIFT.
const SPLICE_F_ALL: u32 = 15;

/// Reads the position that argument `n` points to, if it is there.
fn position_at(c: &Call<'_>, n: usize) -> Result<Option<u64>, Errno> {
    if c.arg(n) == 0 {
        return Ok(None);
    }
    let at: i64 = user::read(c.arg(n)).map_err(|_| Errno::EFAULT)?;
    u64::try_from(at).map(Some).map_err(|_| Errno::EINVAL)
}

/// Writes the position behind what was moved back to where argument `n` points.
fn store_position(c: &Call<'_>, n: usize, at: Option<u64>, moved: usize) -> Result<(), Errno> {
    match at {
        Some(at) => user::write(c.arg(n), &at.saturating_add(moved as u64)).map_err(|_| Errno::EFAULT),
        None => Ok(()),
    }
}

fn flags(c: &Call<'_>, n: usize) -> Result<u32, Errno> {
    if c.uint(n) & !SPLICE_F_ALL != 0 { Err(Errno::EINVAL) } else { Ok(c.uint(n)) }
}

/// splice(2).
pub(super) fn splice(c: &mut Call<'_>) -> CallResult {
    let len = c.arg(4).min(MAX_BYTES);
    if len == 0 {
        return Ok(0);
    }
    let flags = flags(c, 5)?;
    let (from, to) = (c.file(0)?, c.file(2)?);
    let (source, target) = (from.file.as_pipe(), to.file.as_pipe());
    if source.is_some() && c.arg(1) != 0 || target.is_some() && c.arg(3) != 0 {
        return Err(Errno::ESPIPE.into());
    }
    let (at, place) = (position_at(c, 1)?, position_at(c, 3)?);
    readable(&from)?;
    writable(&to)?;
    let asked = flags & SPLICE_F_NONBLOCK != 0;
    let moved = match (source, target) {
        (Some(a), Some(b)) if Ref::ptr_eq(a, b) => return Err(Errno::EINVAL.into()),
        (Some(a), Some(b)) => splice::pipe_to_pipe(c.me, a, b, len, asked || from.nonblock() || to.nonblock(), Source::Consumed)?,
        (Some(a), None) => {
            if to.flags() & O_APPEND != 0 || place.is_some() && !to.file.seekable() {
                return Err(Errno::EINVAL.into());
            }
            splice::pipe_to_file(c.me, a, &to, place, len, asked || from.nonblock())?
        }
        (None, Some(b)) => {
            if at.is_some() && !from.file.seekable() || from.inode().is_some_and(|i| i.is_dir()) {
                return Err(Errno::EINVAL.into());
            }
            splice::file_to_pipe(c.me, &from, at, b, len, asked || to.nonblock())?
        }
        (None, None) => return Err(Errno::EINVAL.into()),
    };
    store_position(c, 1, at, moved)?;
    store_position(c, 3, place, moved)?;
    Ok(moved)
}

/// tee(2).
pub(super) fn tee(c: &mut Call<'_>) -> CallResult {
    let flags = flags(c, 3)?;
    let len = c.arg(2).min(MAX_BYTES);
    if len == 0 {
        return Ok(0);
    }
    let (from, to) = (c.file(0)?, c.file(1)?);
    readable(&from)?;
    writable(&to)?;
    match (from.file.as_pipe(), to.file.as_pipe()) {
        (Some(a), Some(b)) if !Ref::ptr_eq(a, b) => {
            let nonblock = flags & SPLICE_F_NONBLOCK != 0 || from.nonblock() || to.nonblock();
            splice::pipe_to_pipe(c.me, a, b, len, nonblock, Source::Kept)
        }
        _ => Err(Errno::EINVAL.into()),
    }
}

/// vmsplice(2): the pages are copied.
pub(super) fn vmsplice(c: &mut Call<'_>) -> CallResult {
    let flags = flags(c, 3)?;
    let of = c.file(0)?;
    let pipe = of.file.as_pipe().ok_or(Errno::EBADF)?;
    let mut buffer = Buffer::vector(c.arg(1), c.arg(2))?;
    if buffer.left() == 0 {
        return Ok(0);
    }
    let mut io = of.io(c.me, None);
    io.nonblock |= flags & SPLICE_F_NONBLOCK != 0;
    if !of.writable() {
        return of.file.read(&io, &mut buffer);
    }
    let result = pipe.write_some(c.me, &mut buffer, io.nonblock);
    if result == Err(Stop::Errno(Errno::EPIPE)) {
        crate::task::signal::send_to_self(c.me, crate::task::signal::SIGPIPE);
    }
    result
}

/// sendfile64(2).
pub(super) fn sendfile(c: &mut Call<'_>) -> CallResult {
    let from = c.file(1)?;
    let to = c.file(0)?;
    readable(&from)?;
    writable(&to)?;
    let at = position_at(c, 2)?;
    if !from.file.seekable() {
        return Err(if at.is_some() { Errno::ESPIPE } else { Errno::EINVAL }.into());
    }
    let len = c.arg(3).min(MAX_BYTES);
    let moved = if let Some(pipe) = to.file.as_pipe() {
        if len == 0 { 0 } else { splice::file_to_pipe(c.me, &from, at, pipe, len, to.nonblock())? }
    } else if to.flags() & O_APPEND != 0 {
        return Err(Errno::EINVAL.into());
    } else {
        copy(c, &from, at, &to, None, len)?
    };
    store_position(c, 2, at, moved)?;
    Ok(moved)
}

/// copy_file_range(2).
pub(super) fn copy_file_range(c: &mut Call<'_>) -> CallResult {
    let (from, to) = (c.file(0)?, c.file(2)?);
    if c.arg(5) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let (at, place) = (position_at(c, 1)?, position_at(c, 3)?);
    let (Some(source), Some(target)) = (from.inode(), to.inode()) else { return Err(Errno::EINVAL.into()) };
    if source.is_dir() || target.is_dir() {
        return Err(Errno::EISDIR.into());
    }
    if source.kind() != S_IFREG || target.kind() != S_IFREG {
        return Err(Errno::EINVAL.into());
    }
    readable(&from)?;
    writable(&to)?;
    if to.flags() & O_APPEND != 0 {
        return Err(Errno::EBADF.into());
    }
    let own = |of: &OpenFile, at: Option<u64>| at.unwrap_or_else(|| of.position.load(Ordering::Acquire));
    let (start, goal) = (own(&from, at), own(&to, place));
    let len = (c.arg(4) as u64).min(source.size().saturating_sub(start)).min(MAX_BYTES as u64);
    let (end, goal_end) = (start.saturating_add(len), goal.saturating_add(len));
    if goal_end > MAX_SIZE {
        return Err(Errno::EFBIG.into());
    }
    if Ref::ptr_eq(source, target) && goal_end > start && goal < end {
        return Err(Errno::EINVAL.into());
    }
    let moved = copy(c, &from, at, &to, place, len as usize)?;
    store_position(c, 1, at, moved)?;
    store_position(c, 3, place, moved)?;
    Ok(moved)
}

/// Copies through a page; stops at what the receiver takes, and the source's position counts only that.
fn copy(c: &Call<'_>, from: &OpenFile, at: Option<u64>, to: &OpenFile, place: Option<u64>, len: usize) -> Result<usize, Stop> {
    if len == 0 {
        return Ok(0);
    }
    let page = splice::bounce()?;
    let start = at.unwrap_or_else(|| from.position.load(Ordering::Acquire));
    let mut done = 0usize;
    while done < len {
        let want = PAGE.min(len.saturating_sub(done));
        let result = from.read(c.me, Some(start.saturating_add(done as u64)), &mut Buffer::frame(&page, 0, want)).and_then(|n| {
            let place = place.map(|p| p.saturating_add(done as u64));
            if n == 0 { Ok((0, 0)) } else { Ok((n, to.write(c.me, place, &mut Buffer::frame(&page, 0, n))?)) }
        });
        match result {
            Ok((n, written)) => {
                done = done.saturating_add(written);
                if written < n || n < want || c.me.signal_pending() {
                    break;
                }
            }
            Err(e) if done == 0 => return Err(e),
            Err(_) => break,
        }
    }
    if at.is_none() {
        from.position.store(start.saturating_add(done as u64), Ordering::Release);
    }
    Ok(done)
}
