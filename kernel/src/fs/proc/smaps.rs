//! `/proc/PID/smaps` and `smaps_rollup` (proc_pid_smaps(5)): what is in memory of each region, or of all.
//!
//! Every file lives in memory alone, as Linux's tmpfs does: its pages count as written.

use super::subject::Subject;
use super::text::{Made, Text};
use crate::mm::region::{Prot, Region, Source, Traits};
use crate::mm::space::Inner;
use abi::Errno;
use core::fmt::{self, Write};
use core::ops::Range;
use mem::{Frame, PAGE, PteFlags};

const PAGE64: u64 = PAGE as u64;
/// Fractions of a byte that a page's part is counted in.
const PSS_SHIFT: u32 = 12;

/// What is in memory, in bytes; of shares, `1 << PSS_SHIFT` to a byte.
#[derive(Clone, Copy, Default)]
struct Figures {
    resident: u64,
    shared: u64,
    accessed: u64,
    anonymous: u64,
    /// Of each page the part that is left when it is split among all that map it: pages of the process's own, of objects.
    share: [u64; 2],
    /// The same of locked regions.
    locked: u64,
}

impl Figures {
    /// Adds a region's.
    fn add(&mut self, inner: &Inner, range: &Range<u64>, region: &Region) {
        let is_locked = region.traits.contains(Traits::LOCKED);
        inner.tables.count_pages(range.start as usize, range.end as usize, |va, leaf| {
            if leaf.flags.contains(PteFlags::SPECIAL) {
                return false;
            }
            let of_object = is_of_object(region, (va as u64).saturating_sub(range.start), leaf.ppn);
            let users = u64::from(inner.tables.frame_refs(leaf)).saturating_sub(u64::from(of_object)).max(1);
            let share = (PAGE64 << PSS_SHIFT) / users;
            let [own, objects] = &mut self.share;
            let place = if of_object { objects } else { own };
            *place = place.saturating_add(share);
            let count =
                |figure: &mut u64, counts: bool, bytes: u64| *figure = figure.saturating_add(if counts { bytes } else { 0 });
            count(&mut self.resident, true, PAGE64);
            count(&mut self.shared, users > 1, PAGE64);
            count(&mut self.accessed, leaf.flags.contains(PteFlags::ACCESSED), PAGE64);
            count(&mut self.anonymous, !of_object, PAGE64);
            count(&mut self.locked, is_locked, share);
            true
        });
    }

    fn put(&self, t: &mut Text, is_rollup: bool) -> fmt::Result {
        let bytes = |share: u64| share >> PSS_SHIFT;
        let [own, objects] = self.share;
        let all = bytes(own.saturating_add(objects));
        let private = self.resident.saturating_sub(self.shared);
        put_all(t, &[("Rss", self.resident), ("Pss", all), ("Pss_Dirty", all)])?;
        if is_rollup {
            put_all(t, &[("Pss_Anon", bytes(own)), ("Pss_File", 0), ("Pss_Shmem", bytes(objects))])?;
        }
        put_all(t, &[("Shared_Clean", 0), ("Shared_Dirty", self.shared), ("Private_Clean", 0), ("Private_Dirty", private)])?;
        put_all(t, &[("Referenced", self.accessed), ("Anonymous", self.anonymous)])?;
        for name in ["KSM", "LazyFree", "AnonHugePages", "ShmemPmdMapped", "FilePmdMapped", "Shared_Hugetlb", "Private_Hugetlb"] {
            put_all(t, &[(name, 0)])?;
        }
        put_all(t, &[("Swap", 0), ("SwapPss", 0), ("Locked", bytes(self.locked))])
    }
}

/// Whether a page of a region, so many bytes from its start, is its object's, not a copy.
fn is_of_object(region: &Region, distance: u64, ppn: u32) -> bool {
    let Source::Object { object, offset, .. } = &region.source else { return false };
    if region.is_shared() {
        return true;
    }
    let mut found: [Option<Frame>; 1] = [None];
    object.present(offset.saturating_add(distance) / PAGE64, &mut found);
    found.iter().flatten().any(|f| f.ppn() == ppn)
}

fn put_all(t: &mut Text, lines: &[(&str, u64)]) -> fmt::Result {
    lines.iter().try_for_each(|(name, bytes)| {
        let begin = t.len();
        write!(t, "{name}:")?;
        while t.len().saturating_sub(begin) < 16 {
            t.put(b" ")?;
        }
        writeln!(t, "{:8} kB", bytes / 1024)
    })
}

/// What follows a region's line in `smaps`.
pub(super) fn put(t: &mut Text, inner: &Inner, range: &Range<u64>, region: &Region) -> Made {
    put_all(t, &[("Size", range.end.saturating_sub(range.start)), ("KernelPageSize", PAGE64), ("MMUPageSize", PAGE64)])?;
    let mut figures = Figures::default();
    figures.add(inner, range, region);
    figures.put(t, false)?;
    t.put(b"THPeligible:           0\nVmFlags: ")?;
    let (now, most) = (region.prot, region.max_prot);
    let accounted = !region.is_shared() && now.contains(Prot::WRITE) && !region.traits.contains(Traits::NO_RESERVE);
    let flags = [
        (now.contains(Prot::READ), b"rd "),
        (now.contains(Prot::WRITE), b"wr "),
        (now.contains(Prot::EXEC), b"ex "),
        (region.is_shared(), b"sh "),
        (most.contains(Prot::READ), b"mr "),
        (most.contains(Prot::WRITE), b"mw "),
        (most.contains(Prot::EXEC), b"me "),
        (region.is_shared(), b"ms "),
        (region.traits.contains(Traits::GROWS_DOWN), b"gd "),
        (region.traits.contains(Traits::LOCKED), b"lo "),
        (region.traits.contains(Traits::DONT_FORK), b"dc "),
        (region.traits.contains(Traits::LOCK_ON_FAULT), b"lf "),
        (accounted, b"ac "),
        (region.traits.contains(Traits::NO_RESERVE), b"nr "),
        (region.traits.contains(Traits::WIPE_ON_FORK), b"wf "),
        (region.traits.contains(Traits::DONT_DUMP), b"dd "),
    ];
    for (_, name) in flags.iter().filter(|(is, _)| *is) {
        t.put(*name)?;
    }
    Ok(t.put(b"\n")?)
}

/// `smaps_rollup`: the sums.
pub(super) fn rollup(subject: &Subject, t: &mut Text) -> Made {
    let space = subject.space().ok_or(Errno::ESRCH)?;
    let mut figures = Figures::default();
    let (mut first, mut last) = (None, 0);
    // A region at a time, so that nobody waits for all of them.
    loop {
        let inner = space.lock();
        let Some((range, region)) = inner.regions.next_at_or_after(last) else { break };
        figures.add(&inner, &range, region);
        first.get_or_insert(range.start);
        last = range.end;
    }
    write!(t, "{:08x}-{last:08x} ---p 00000000 00:00 0", first.unwrap_or(0))?;
    t.pad_to(super::maps::NAME_COLUMN, 0)?;
    t.put(b"[rollup]\n")?;
    Ok(figures.put(t, true)?)
}
