//! What `/proc/PID` shows of a process's memory: its sizes, and the strings that exec put on its stack.

use super::subject::Subject;
use super::text::{Made, Text};
use crate::mm::AddressSpace;
use crate::mm::region::{Prot, Source, Traits};
use crate::mm::space::Layout;
use mem::{PAGE, PteFlags};

/// Sizes of an address space, in bytes unless it says pages.
#[derive(Clone, Copy, Default)]
pub(super) struct Sizes {
    /// All regions.
    pub(super) total: u64,
    /// The most that `total` ever was.
    pub(super) peak: u64,
    /// Pages in memory.
    pub(super) resident_pages: u64,
    /// The most that `resident_pages` ever was, as far as it was looked at.
    pub(super) peak_pages: u64,
    /// Those of them that belong to objects (files, shared memory).
    pub(super) object_pages: u64,
    /// Private writable regions without the stack.
    pub(super) data: u64,
    /// The main stack.
    pub(super) stack: u64,
    /// The program's code.
    pub(super) code: u64,
    /// Executable mappings besides the program's code.
    pub(super) library: u64,
    /// Locked regions.
    pub(super) locked: u64,
    /// Pages of page tables.
    pub(super) table_pages: u64,
    /// Where things are.
    pub(super) layout: Layout,
}

impl Sizes {
    /// Measures an address space.
    pub(super) fn of(space: &AddressSpace) -> Sizes {
        let inner = space.lock();
        let l = inner.layout;
        let page = PAGE as u64;
        let mut s = Sizes {
            total: inner.regions.total_bytes(),
            resident_pages: inner.tables.resident_pages(),
            table_pages: inner.tables.table_pages(),
            code: l.code.1.next_multiple_of(page).saturating_sub(l.code.0 / page * page),
            locked: inner.bytes_with(Traits::LOCKED),
            layout: l,
            ..Sizes::default()
        };
        s.peak = inner.peak.0.max(s.total);
        s.peak_pages = inner.peak.1.max(s.resident_pages);
        let mut executable = 0u64;
        for (range, region) in inner.regions.iter() {
            let bytes = range.end.saturating_sub(range.start);
            let (start, end) = (range.start as usize, range.end as usize);
            if region.prot.contains(Prot::EXEC) {
                executable = executable.saturating_add(bytes);
            }
            if region.traits.contains(Traits::STACK) {
                s.stack = s.stack.saturating_add(bytes);
            } else if region.prot.contains(Prot::WRITE) && !region.is_shared() {
                s.data = s.data.saturating_add(bytes);
            }
            if let Source::Object { .. } = region.source {
                // A private page that can be written is the process's own copy.
                let shared = region.is_shared();
                let of_object = |flags: PteFlags| shared || !flags.contains(PteFlags::WRITE);
                let n = inner.tables.count_pages(start, end, |_, l| !l.flags.contains(PteFlags::SPECIAL) && of_object(l.flags));
                s.object_pages = s.object_pages.saturating_add(n);
            }
        }
        s.library = executable.saturating_sub(s.code);
        s
    }
}

/// Adds `[range.0, range.1)` of the process's memory.
fn put_range(subject: &Subject, t: &mut Text, range: impl FnOnce(&Layout) -> (u64, u64)) -> Made {
    subject.process()?;
    let Some(space) = subject.space() else { return Ok(()) };
    let (mut at, end) = range(&space.lock().layout);
    let mut chunk = [0u8; 512];
    while at < end {
        let want = usize::try_from(end - at).unwrap_or(usize::MAX).min(chunk.len());
        let n = space.peek(at as usize, chunk.get_mut(..want).unwrap_or_default());
        t.put(chunk.get(..n).unwrap_or_default())?;
        if n < want {
            break;
        }
        at += n as u64;
    }
    Ok(())
}

/// The arguments, each with its NUL.
pub(super) fn command_line(subject: &Subject, t: &mut Text) -> Made {
    put_range(subject, t, |l| l.args)
}

/// The environment that the program began with.
pub(super) fn environment(subject: &Subject, t: &mut Text) -> Made {
    put_range(subject, t, |l| l.env)
}

/// The auxiliary vector (getauxval(3)).
pub(super) fn auxv(subject: &Subject, t: &mut Text) -> Made {
    put_range(subject, t, |l| l.auxv)
}
