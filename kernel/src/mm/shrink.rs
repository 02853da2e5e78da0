//! Pages that leave an object while it is mapped: a truncated file, a hole punched into it.
//!
//! The object changes first – its size, or a hole instead of a page – then [`unmap_everywhere`] takes the pages out of
//! every address space. A fault that got a page before notices the space's new generation, and asks the object again. A fork that
//! copied the pages before compares [`epoch`] once its child can be found, and looks through the child itself
//! ([`AddressSpace::drop_stale`]).

use super::object::PageSource;
use super::region::Source;
use super::space::{AddressSpace, Inner};
use crate::task::ids;
use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};
use mem::{Gather, PAGE};

/// Times that pages left mapped objects.
static EPOCH: AtomicU64 = AtomicU64::new(0);

/// Changes whenever pages leave a mapped object.
pub(crate) fn epoch() -> u64 {
    EPOCH.load(Ordering::Acquire)
}

/// Whose pages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mappings {
    /// Those of all mappings, own copies too (truncation).
    All,
    /// Those of shared mappings (a hole).
    Shared,
}

/// Unmaps the pages `[pages.start, pages.end)` of an object in every address space.
pub(crate) fn unmap_everywhere(object: &dyn PageSource, pages: Range<u64>, which: Mappings) {
    EPOCH.fetch_add(1, Ordering::AcqRel);
    let identity = object.identity();
    let mut from = 0;
    while let Some((pid, process)) = ids::next_process(from) {
        from = pid.saturating_add(1);
        let mut last = 0;
        process.each_thread(|t| {
            // The threads of a process share one space, but for those that are ending.
            if let Some(space) = t.space()
                && space.id() != last
            {
                last = space.id();
                let mut inner = space.lock();
                inner.drop_pages(|o, shared| {
                    let wanted = o.identity() == identity && (shared || which == Mappings::All);
                    wanted.then(|| pages.clone())
                });
            }
        });
    }
}

impl AddressSpace {
    /// Unmaps pages that lie behind the end of their object.
    pub(crate) fn drop_stale(&self) {
        self.lock().drop_pages(|o, _| Some(o.end_page()..u64::MAX));
    }
}

impl Inner {
    /// Unmaps of each object the pages that `which(object, shared)` names.
    fn drop_pages(&mut self, which: impl Fn(&dyn PageSource, bool) -> Option<Range<u64>>) {
        let mut gather = Gather::new();
        let tables = &mut self.tables;
        for (range, region) in self.regions.iter() {
            let Source::Object { object, offset, .. } = &region.source else { continue };
            let Some(pages) = which(&**object, region.is_shared()) else { continue };
            let page = PAGE as u64;
            let first = offset / page;
            let behind = first.saturating_add(range.end.saturating_sub(range.start) / page);
            let (from, to) = (pages.start.max(first), pages.end.min(behind));
            if from < to {
                let at = |index: u64| range.start.saturating_add(index.saturating_sub(first).saturating_mul(page)) as usize;
                tables.unmap(at(from), at(to), &mut gather);
            }
        }
        self.tables.flush(&mut gather);
        self.generation = self.generation.wrapping_add(1);
    }
}
