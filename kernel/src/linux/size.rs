//! A file's size and its pages: truncate(2), fallocate(2), and advice on them: sync_file_range(2), readahead(2),
//! posix_fadvise(2).

use super::path::read_path;
use super::rw::readable;
use super::{Call, CallResult};
use crate::fs::busy::OpenForWriting;
use crate::fs::inode::{FileData, Inode, S_IFDIR, S_IFIFO, S_IFREG};
use crate::fs::notify;
use crate::fs::regular::{MAX_SIZE, truncate as set_size};
use crate::fs::seals::{F_SEAL_FUTURE_WRITE, F_SEAL_GROW, F_SEAL_WRITE};
use crate::fs::walk::Last;
use crate::mm::object::PageError;
use abi::{Errno, Rights};
use alloc::vec::Vec;
use core::ops::Range;
use mem::{PAGE, Ref};

const PAGE64: u64 = PAGE as u64;

fn check_size(c: &Call<'_>, size: i64) -> Result<u64, super::Stop> {
    let size = u64::try_from(size).map_err(|_| Errno::EINVAL)?;
    if size > c.me.process().limit(crate::task::limits::FSIZE) {
        crate::task::signal::send_to_self(c.me, crate::task::signal::SIGXFSZ);
        return Err(Errno::EFBIG.into());
    }
    Ok(size)
}

/// truncate(2).
pub(super) fn truncate(c: &mut Call<'_>) -> CallResult {
    let size = check_size(c, c.arg(1) as i64)?;
    let path = read_path(c.arg(0))?;
    let cx = c.context();
    let place = cx.walker().locate(&cx.fs.cwd(), &path, Last::Follow, Rights::WRITE)?;
    let inode: &Ref<Inode> = place.inode();
    if inode.is_dir() {
        return Err(Errno::EISDIR.into());
    }
    if !cx.cred.may(&inode.attrs.lock(), 2) {
        return Err(Errno::EACCES.into());
    }
    let writing = OpenForWriting::begin(inode)?;
    set_size(inode, size)?;
    notify::file(&place.dentry, notify::MODIFY);
    drop(writing);
    Ok(0)
}

/// ftruncate(2).
pub(super) fn ftruncate(c: &mut Call<'_>) -> CallResult {
    let size = check_size(c, c.arg(1) as i64)?;
    let of = c.file(0)?;
    if !of.writable() {
        return Err(Errno::EINVAL.into());
    }
    set_size(of.inode().ok_or(Errno::EINVAL)?, size)?;
    notify::open_file(&of, notify::MODIFY);
    Ok(0)
}

/// fallocate(2).
pub(super) fn fallocate(c: &mut Call<'_>) -> CallResult {
    const KEEP_SIZE: u32 = 1;
    const PUNCH_HOLE: u32 = 2;
    let (mode, offset, len) = (c.uint(1), c.arg(2) as i64, c.arg(3) as i64);
    let of = c.file(0)?;
    let (Ok(start), true) = (u64::try_from(offset), len > 0) else { return Err(Errno::EINVAL.into()) };
    if !matches!(mode, 0 | KEEP_SIZE) && mode != KEEP_SIZE | PUNCH_HOLE {
        return Err(Errno::EOPNOTSUPP.into());
    }
    if !of.writable() {
        return Err(Errno::EBADF.into());
    }
    let inode = match of.inode() {
        Some(i) if i.kind() == S_IFIFO => return Err(Errno::ESPIPE.into()),
        Some(i) if i.kind() == S_IFDIR => return Err(Errno::EISDIR.into()),
        Some(i) => i,
        None => return Err(if of.file.as_pipe().is_some() { Errno::ESPIPE } else { Errno::ENODEV }.into()),
    };
    let data = inode.data().ok_or(Errno::ENODEV)?;
    let end = start.checked_add(len as u64).filter(|e| *e <= MAX_SIZE).ok_or(Errno::EFBIG)?;
    let guard = data.resize.lock();
    let seals = data.seals.bits();
    if mode & PUNCH_HOLE != 0 {
        if seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE) != 0 {
            return Err(Errno::EPERM.into());
        }
        punch(data, start, end);
    } else {
        let grows = mode & KEEP_SIZE == 0 && end > data.object.size();
        if grows {
            if seals & F_SEAL_GROW != 0 {
                return Err(Errno::EPERM.into());
            }
            check_size(c, end as i64)?;
        }
        provide(c, data, start / PAGE64..end.div_ceil(PAGE64))?;
        if grows {
            data.object.grow_to(end);
        }
    }
    drop(guard);
    inode.touch_modified();
    notify::open_file(&of, notify::MODIFY);
    Ok(0)
}

/// Clears a range: whole pages go, parts of pages become zeros.
fn punch(data: &FileData, start: u64, end: u64) {
    let (first, last) = (start.div_ceil(PAGE64), end / PAGE64);
    data.punch(first..last.max(first));
    let head = start..end.min(first.saturating_mul(PAGE64));
    let tail = start.max(last.saturating_mul(PAGE64))..end;
    for part in [head.clone(), tail] {
        if part.start < part.end
            && let Some(frame) = data.object.existing(part.start / PAGE64)
        {
            frame.zero((part.start % PAGE64) as usize, part.end.saturating_sub(part.start) as usize);
        }
    }
}

/// Makes the pages that a file lacks; all of them or, when one cannot be had or a signal ends the call, none.
fn provide(c: &Call<'_>, data: &FileData, pages: Range<u64>) -> Result<(), Errno> {
    let mut made: Vec<Range<u64>> = Vec::new();
    let failed = 'all: {
        for index in pages {
            if c.me.signal_pending() {
                break 'all Errno::EINTR;
            }
            // Room to note it comes first, so that what was made is never forgotten.
            if made.try_reserve(1).is_err() {
                break 'all Errno::ENOMEM;
            }
            match data.object.make_page(index) {
                Ok((_, false)) => {}
                Ok((_, true)) => match made.last_mut() {
                    Some(last) if last.end == index => last.end = index.saturating_add(1),
                    _ => made.push(index..index.saturating_add(1)),
                },
                Err(PageError::NoMemory) => break 'all Errno::ENOMEM,
                Err(_) => break 'all Errno::ENOSPC,
            }
        }
        return Ok(());
    };
    for range in made {
        data.punch(range);
    }
    Err(failed)
}

/// sync_file_range(2): memory needs no writing back.
pub(super) fn sync_file_range(c: &mut Call<'_>) -> CallResult {
    const WAIT_BEFORE_WRITE_WAIT_AFTER: u32 = 7;
    let of = c.file(0)?;
    let (offset, len) = (c.arg(1) as i64, c.arg(2) as i64);
    if c.uint(3) & !WAIT_BEFORE_WRITE_WAIT_AFTER != 0 || offset < 0 || len < 0 || offset.checked_add(len).is_none() {
        return Err(Errno::EINVAL.into());
    }
    match of.inode() {
        Some(i) if matches!(i.kind(), S_IFREG | S_IFDIR) => Ok(0),
        _ => Err(Errno::ESPIPE.into()),
    }
}

/// readahead(2): files in memory are there already.
pub(super) fn readahead(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    readable(&of)?;
    if of.inode().is_none_or(|i| i.data().is_none()) {
        return Err(Errno::EINVAL.into());
    }
    Ok(0)
}

/// fadvise64(2): the same.
pub(super) fn fadvise64(c: &mut Call<'_>) -> CallResult {
    const POSIX_FADV_NOREUSE: u32 = 5;
    let of = c.file(0)?;
    if of.file.as_pipe().is_some() || of.inode().is_some_and(|i| i.kind() == S_IFIFO) {
        return Err(Errno::ESPIPE.into());
    }
    if c.uint(3) > POSIX_FADV_NOREUSE || (c.arg(2) as i64) < 0 {
        return Err(Errno::EINVAL.into());
    }
    Ok(0)
}
