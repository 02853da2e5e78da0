//! `/proc/PID/maps` (proc_pid_maps(5)): a line for each region, made piece by piece as it is read; `smaps` with what is in memory
//! of it.

use super::mounts::split_dev;
use super::smaps;
use super::subject::Subject;
use super::text::{Failed, Made, Text};
use crate::fs::buffer::Buffer;
use crate::fs::file::{File, Io, OpenFile};
use crate::fs::regular::seek_without_end;
use crate::linux::Stop;
use crate::mm::region::{Prot, Region, Source, Traits};
use abi::Errno;
use alloc::vec::Vec;
use core::fmt::Write;
use core::ops::Range;
use core::sync::atomic::Ordering;
use mem::{NoMemory, Ref};
use sync::{Mutex, levels};

/// Regions of one piece: the address space is locked while it is made.
const PIECE: usize = 64;
/// Column of names.
pub(super) const NAME_COLUMN: usize = 73;
/// Longest path that is shown (PATH_MAX).
const MAX_PATH: usize = 4096;

/// Opens the list of regions.
pub(super) fn open(subject: &Subject) -> Result<Ref<dyn File>, Errno> {
    open_as(subject, false)
}

/// Opens the list that shows of each region what is in memory.
pub(super) fn open_long(subject: &Subject) -> Result<Ref<dyn File>, Errno> {
    open_as(subject, true)
}

fn open_as(subject: &Subject, is_long: bool) -> Result<Ref<dyn File>, Errno> {
    let space_id = subject.space().map_or(0, |s| s.id());
    let file = Maps { subject: *subject, is_long, space_id, window: Mutex::new(Window::default()) };
    Ok(Ref::try_new(file).map_err(|NoMemory| Errno::ENOMEM)?.unsize(|p| p))
}

struct Maps {
    subject: Subject,
    /// It is `smaps`.
    is_long: bool,
    /// The address space at the time of opening; another one (after exec) is not shown.
    space_id: u64,
    window: Mutex<Window, levels::PipeMutex>,
}

/// The piece of the text that was made last.
#[derive(Default)]
struct Window {
    bytes: Vec<u8>,
    /// Position of its first byte in the whole text.
    start: u64,
    /// Regions from this address on come next.
    next: u64,
}

impl File for Maps {
    fn read(&self, io: &Io<'_>, to: &mut Buffer<'_>) -> Result<usize, Stop> {
        let at = io.at.unwrap_or_else(|| io.of.position.load(Ordering::Acquire));
        let mut done = 0;
        let mut chunk = [0u8; 256];
        loop {
            let want = to.left().min(chunk.len());
            let n = self.copy(at.saturating_add(done as u64), chunk.get_mut(..want).unwrap_or_default())?;
            let moved = to.put(chunk.get(..n).unwrap_or_default());
            done += moved;
            if n == 0 || moved < n {
                break;
            }
        }
        if io.at.is_none() {
            io.of.position.store(at.saturating_add(done as u64), Ordering::Release);
        }
        Ok(to.result()?)
    }
    fn seek(&self, of: &OpenFile, offset: i64, whence: u32) -> Result<u64, Errno> {
        seek_without_end(of, offset, whence)
    }
    fn seekable(&self) -> bool {
        true
    }
}

impl Maps {
    /// Copies text from position `at` on; 0 at its end.
    fn copy(&self, at: u64, to: &mut [u8]) -> Result<usize, Errno> {
        let mut w = self.window.lock();
        if at < w.start || at == 0 {
            *w = Window::default();
        }
        loop {
            let from = usize::try_from(at - w.start).unwrap_or(usize::MAX);
            if let Some(rest) = w.bytes.get(from..).filter(|r| !r.is_empty()) {
                let n = rest.len().min(to.len());
                for (slot, b) in to.iter_mut().zip(rest) {
                    *slot = *b;
                }
                return Ok(n);
            }
            if !self.advance(&mut w)? {
                return Ok(0);
            }
        }
    }

    /// Makes the next piece; false at the end.
    fn advance(&self, w: &mut Window) -> Result<bool, Errno> {
        let Some(space) = self.subject.space().filter(|s| s.id() == self.space_id) else { return Ok(false) };
        let mut text = Text::default();
        let mut path = Vec::new();
        path.try_reserve_exact(MAX_PATH).map_err(|_| Errno::ENOMEM)?;
        path.resize(MAX_PATH, 0);
        let mut next = w.next;
        let inner = space.lock();
        for _ in 0..if self.is_long { 1 } else { PIECE } {
            let Some((range, region)) = inner.regions.next_at_or_after(next) else { break };
            next = range.end;
            line(&mut text, &range, region, &mut path).map_err(|Failed(e)| e)?;
            if self.is_long {
                smaps::put(&mut text, &inner, &range, region).map_err(|Failed(e)| e)?;
            }
        }
        drop(inner);
        let old = w.bytes.len() as u64;
        w.bytes = text.into_bytes();
        w.start = w.start.saturating_add(old);
        w.next = next;
        Ok(!w.bytes.is_empty())
    }
}

/// `start-end perms offset major:minor inode name`.
fn line(t: &mut Text, range: &Range<u64>, region: &Region, path: &mut [u8]) -> Made {
    let begin = t.len();
    let p = |bit: Prot, letter: char| if region.prot.contains(bit) { letter } else { '-' };
    let sharing = if region.is_shared() { 's' } else { 'p' };
    let (r, w, x) = (p(Prot::READ, 'r'), p(Prot::WRITE, 'w'), p(Prot::EXEC, 'x'));
    let (offset, (dev, ino), name_len) = match &region.source {
        Source::Anonymous => (0, (0, 0), 0),
        Source::Object { object, offset, name } => {
            let identity = name.as_ref().map_or_else(|| object.identity(), |n| n.identity());
            (*offset, identity, name.as_ref().map_or(0, |n| n.path(path)))
        }
    };
    let (major, minor) = split_dev(dev);
    write!(t, "{:08x}-{:08x} {r}{w}{x}{sharing} {offset:08x} {major:02x}:{minor:02x} {ino}", range.start, range.end)?;
    let name = path.get(..name_len).unwrap_or_default();
    let name = if name.is_empty() { fixed_name(region) } else { name };
    if name.is_empty() {
        return Ok(t.put(b" \n")?);
    }
    t.pad_to(NAME_COLUMN, begin)?;
    t.put_escaped_newlines(name)?;
    Ok(t.put(b"\n")?)
}

fn fixed_name(region: &Region) -> &'static [u8] {
    const NAMES: [(Traits, &[u8]); 4] =
        [(Traits::HEAP, b"[heap]"), (Traits::STACK, b"[stack]"), (Traits::VDSO, b"[vdso]"), (Traits::VVAR, b"[vvar]")];
    let found = NAMES.iter().find(|(t, _)| region.traits.contains(*t));
    match (found, &region.source) {
        (Some((_, name)), _) => name,
        // Shared memory without a name, as Linux shows it.
        (None, Source::Object { name: None, .. }) => b"/dev/zero (deleted)",
        (None, _) => b"",
    }
}
