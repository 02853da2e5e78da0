//! Regular files in memory, and directories, as open files.

use super::buffer::Buffer;
use super::busy::OpenForWriting;
use super::file::{File, Io, Mappable, OpenFile};
use super::inode::{FileData, Inode};
use super::seals::{F_SEAL_FUTURE_WRITE, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_WRITE, Writing};
use crate::linux::Stop;
use crate::mm::object::{Page, PageError, PageIntent, PageSource, Wanted};
use crate::mm::shrink::{Mappings, unmap_everywhere};
use crate::task::limits;
use abi::Errno;
use core::ops::Range;
use core::sync::atomic::Ordering;
use mem::{Frame, NoMemory, PAGE, Ref};

/// Largest size of a file (MAX_LFS_FILESIZE).
pub(crate) const MAX_SIZE: u64 = i64::MAX as u64;

/// An open regular file.
pub(crate) struct RegularFile {
    inode: Ref<Inode>,
    data: Ref<FileData>,
    /// Keeps programs from running from it.
    _writing: Option<OpenForWriting>,
}

impl RegularFile {
    /// The open file of an inode with data.
    pub(crate) fn try_new(inode: &Ref<Inode>, writing: Option<OpenForWriting>) -> Result<Ref<dyn File>, Errno> {
        let data = inode.data().ok_or(Errno::EINVAL)?.clone();
        let file =
            Ref::try_new(RegularFile { inode: inode.clone(), data, _writing: writing }).map_err(|NoMemory| Errno::ENOMEM)?;
        Ok(file.unsize(|p| p))
    }

    #[inline]
    fn copy_out(&self, start: u64, len: u64, to: &mut Buffer<'_>) -> usize {
        let mut at = start;
        let end = start.saturating_add(len);
        while at < end {
            let offset = (at % PAGE as u64) as usize;
            let n = (PAGE - offset).min((end - at) as usize);
            let moved = match self.data.object.existing(at / PAGE as u64) {
                Some(frame) => to.put_frame(&frame, offset, n),
                None => to.put_zeros(n),
            };
            at += moved as u64;
            if moved < n {
                break;
            }
        }
        (at - start) as usize
    }

    #[inline]
    fn copy_in(&self, start: u64, len: u64, from: &mut Buffer<'_>) -> Result<usize, PageError> {
        let mut at = start;
        let end = start.saturating_add(len);
        while at < end {
            let offset = (at % PAGE as u64) as usize;
            let n = (PAGE - offset).min((end - at) as usize);
            let frame = match self.data.object.page_for_write(at / PAGE as u64) {
                Ok(f) => f,
                Err(e) if at == start => return Err(e),
                Err(_) => break,
            };
            let moved = from.take_frame(&frame, offset, n);
            at += moved as u64;
            if moved < n {
                break;
            }
        }
        Ok((at - start) as usize)
    }

    /// Writes at the end. The place there is claimed first, so that two writers never get the same.
    fn append(&self, io: &Io<'_>, want: u64, from: &mut Buffer<'_>) -> Result<(), Stop> {
        let object = &self.data.object;
        let guard = self.data.resize.lock();
        let start = object.size();
        let n = self.allowed(io, start, want)?;
        if self.data.seals.bits() & F_SEAL_GROW != 0 {
            return Err(Errno::EPERM.into());
        }
        object.grow_to(start + n);
        drop(guard);
        let moved = self.copy_in(start, n, from);
        let done = moved.unwrap_or(0) as u64;
        if done < n {
            let guard = self.data.resize.lock();
            if object.size() == start + n {
                self.data.set_size(start + done);
            }
            drop(guard);
        }
        moved.map_err(no_page)?;
        if io.at.is_none() {
            io.of.position.store(start + done, Ordering::Release);
        }
        Ok(())
    }

    /// Writes at a given place, or at the description's position.
    fn overwrite(&self, io: &Io<'_>, want: u64, from: &mut Buffer<'_>) -> Result<(), Stop> {
        let object = &self.data.object;
        let (start, n) = match io.at {
            Some(at) => (at, self.allowed(io, at, want)?),
            None => {
                let at = io.of.position.load(Ordering::Acquire);
                let n = self.allowed(io, at, want)?;
                io.of.claim(n, u64::MAX)
            }
        };
        let may_grow = self.data.seals.bits() & F_SEAL_GROW == 0;
        let fits = may_grow || start + n <= object.size();
        let moved = if fits { self.copy_in(start, n, from) } else { Ok(0) };
        let done = moved.unwrap_or(0) as u64;
        if io.at.is_none() {
            io.of.unclaim(start, n, done);
        }
        moved.map_err(no_page)?;
        if !fits {
            return Err(Errno::EPERM.into());
        }
        if done == 0 || start + done <= object.size() {
            return Ok(());
        }
        if self.data.seals.bits() == F_SEAL_SEAL {
            object.grow_to(start + done);
            return Ok(());
        }
        // The file may have been sealed meanwhile.
        let guard = self.data.resize.lock();
        if self.data.seals.bits() & F_SEAL_GROW != 0 {
            object.remove_pages(object.size().div_ceil(PAGE as u64), u64::MAX);
            return Err(Errno::EPERM.into());
        }
        object.grow_to(start + done);
        drop(guard);
        Ok(())
    }

    /// Begins a write to a file that has seals, or may get some.
    fn begin_writing(&self) -> Result<Option<Writing>, Errno> {
        let seals = self.data.seals.bits();
        if seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE) != 0 {
            return Err(Errno::EPERM);
        }
        // Once sealed for good, nothing changes under a write.
        if seals & F_SEAL_SEAL != 0 { Ok(None) } else { Writing::begin(&self.data).map(Some) }
    }

    /// How much of a write at `start` the limits let through.
    #[inline]
    fn allowed(&self, io: &Io<'_>, start: u64, len: u64) -> Result<u64, Stop> {
        let limit = io.me.process().limit(limits::FSIZE);
        if len != 0 && start >= limit {
            crate::task::signal::send_to_self(io.me, crate::task::signal::SIGXFSZ);
            return Err(Errno::EFBIG.into());
        }
        if start >= MAX_SIZE && len != 0 {
            return Err(Errno::EFBIG.into());
        }
        Ok(len.min(limit - start.min(limit)).min(MAX_SIZE - start.min(MAX_SIZE)))
    }
}

impl File for RegularFile {
    fn read(&self, io: &Io<'_>, to: &mut Buffer<'_>) -> Result<usize, Stop> {
        let size = self.data.object.size();
        let want = to.left() as u64;
        match io.at {
            Some(at) => {
                let n = want.min(size.saturating_sub(at));
                self.copy_out(at, n, to);
            }
            None => {
                let (start, n) = io.of.claim(want, size);
                let moved = self.copy_out(start, n, to);
                io.of.unclaim(start, n, moved as u64);
            }
        }
        Ok(to.result()?)
    }

    fn write(&self, io: &Io<'_>, from: &mut Buffer<'_>) -> Result<usize, Stop> {
        let want = from.left() as u64;
        if want == 0 {
            return Ok(0);
        }
        let writing = if self.data.seals.bits() == F_SEAL_SEAL { None } else { Some(self.begin_writing()?) };
        if io.append {
            self.append(io, want, from)?;
        } else {
            self.overwrite(io, want, from)?;
        }
        drop(writing);
        self.inode.touch_modified();
        drop_set_ids(io, &self.inode);
        Ok(from.result()?)
    }

    fn seek(&self, of: &OpenFile, offset: i64, whence: u32) -> Result<u64, Errno> {
        seek_in(of, offset, whence, self.data.object.size(), |from, wanted| {
            let size = self.data.object.size();
            if from >= size {
                return Err(Errno::ENXIO);
            }
            match self.data.object.seek(from / PAGE as u64, wanted) {
                Some(page) => {
                    let at = page.saturating_mul(PAGE as u64).max(from);
                    match wanted {
                        Wanted::Hole => Ok(at.min(size)),
                        Wanted::Data if at < size => Ok(at),
                        Wanted::Data => Err(Errno::ENXIO),
                    }
                }
                None => Err(Errno::ENXIO),
            }
        })
    }

    fn mappable(&self) -> Result<Mappable, Errno> {
        self.data.mapped.store(true, Ordering::Release);
        Ok(Mappable::Object(self.data.clone().unsize(|p| p)))
    }
    fn seekable(&self) -> bool {
        true
    }
}

/// Why a write got no page.
fn no_page(e: PageError) -> Errno {
    match e {
        PageError::NoMemory => Errno::ENOMEM,
        PageError::Full | PageError::BeyondEnd => Errno::ENOSPC,
    }
}

/// A write by someone who is not the superuser takes set-id bits away.
fn drop_set_ids(io: &Io<'_>, inode: &Inode) {
    if inode.mode() & 0o6000 != 0 && !io.me.cred().capable(super::context::cap::FSETID) {
        inode.change(|a| a.mode &= !0o6000);
    }
}

/// lseek(2) for directories and files that are made up when they are read: they have no end to count from.
pub(crate) fn seek_without_end(of: &OpenFile, offset: i64, whence: u32) -> Result<u64, Errno> {
    if whence == 2 {
        return Err(Errno::EINVAL);
    }
    seek_in(of, offset, whence, 0, |_, _| Err(Errno::EINVAL))
}

/// lseek(2) for files with a size; `find` looks for data or holes.
pub(crate) fn seek_in(
    of: &OpenFile,
    offset: i64,
    whence: u32,
    size: u64,
    find: impl FnOnce(u64, Wanted) -> Result<u64, Errno>,
) -> Result<u64, Errno> {
    let base = match whence {
        0 => 0,
        1 => of.position.load(Ordering::Acquire) as i64,
        2 => size as i64,
        3 | 4 => {
            let from = u64::try_from(offset).map_err(|_| Errno::ENXIO)?;
            let at = find(from, if whence == 3 { Wanted::Data } else { Wanted::Hole })?;
            of.position.store(at, Ordering::Release);
            return Ok(at);
        }
        _ => return Err(Errno::EINVAL),
    };
    let to = base.checked_add(offset).ok_or(Errno::EINVAL)?;
    let to = u64::try_from(to).map_err(|_| Errno::EINVAL)?;
    of.position.store(to, Ordering::Release);
    Ok(to)
}

impl PageSource for FileData {
    fn page(&self, index: u64, intent: PageIntent) -> Result<Page, PageError> {
        self.object.page(index, intent)
    }
    fn end_page(&self) -> u64 {
        self.object.size().div_ceil(PAGE as u64)
    }
    fn present(&self, first: u64, out: &mut [Option<Frame>]) {
        self.object.present(first, out);
    }
    fn identity(&self) -> (u64, u64) {
        self.identity
    }
}

impl FileData {
    fn set_size(&self, size: u64) {
        self.object.set_size(size, |keep| self.unmap(keep..u64::MAX, Mappings::All));
    }

    /// Takes pages out of the file; they read as zeros from then on (fallocate(2), FALLOC_FL_PUNCH_HOLE).
    pub(crate) fn punch(&self, pages: Range<u64>) {
        self.object.remove_pages(pages.start, pages.end);
        self.unmap(pages, Mappings::Shared);
    }

    fn unmap(&self, pages: Range<u64>, which: Mappings) {
        if self.mapped.load(Ordering::Acquire) {
            unmap_everywhere(self, pages, which);
        }
    }
}

/// Sets a file's size (ftruncate(2)).
pub(crate) fn truncate(inode: &Inode, size: u64) -> Result<(), Errno> {
    let data = inode.data().ok_or(Errno::EINVAL)?;
    let guard = data.resize.lock();
    let seals = data.seals.bits();
    let old = data.object.size();
    if (size < old && seals & F_SEAL_SHRINK != 0) || (size > old && seals & F_SEAL_GROW != 0) {
        return Err(Errno::EPERM);
    }
    data.set_size(size);
    drop(guard);
    inode.touch_modified();
    Ok(())
}

/// An open directory.
pub(crate) struct DirectoryFile;

impl File for DirectoryFile {
    fn read(&self, _io: &Io<'_>, _to: &mut Buffer<'_>) -> Result<usize, Stop> {
        Err(Errno::EISDIR.into())
    }
    fn seek(&self, of: &OpenFile, offset: i64, whence: u32) -> Result<u64, Errno> {
        seek_without_end(of, offset, whence)
    }
}

/// An O_PATH descriptor: a name only.
pub(crate) struct PathOnly;

impl File for PathOnly {
    fn read(&self, _io: &Io<'_>, _to: &mut Buffer<'_>) -> Result<usize, Stop> {
        Err(Errno::EBADF.into())
    }
    fn write(&self, _io: &Io<'_>, _from: &mut Buffer<'_>) -> Result<usize, Stop> {
        Err(Errno::EBADF.into())
    }
}
