//! Memory objects: pages by index, shared by everyone who maps or reads them. Behind tmpfs files, memfd and shared
//! anonymous memory.

use alloc::boxed::Box;
use core::sync::atomic::{AtomicU64, Ordering};
use logic_tree::{Node, Tree};
use mem::{Frame, NoMemory, PAGE, Ref, try_box};
use sync::{Mutex, levels};

/// Pages of a chunk.
const CHUNK: u64 = 64;

type Chunk = [Option<Frame>; CHUNK as usize];

/// What a mapping gets its pages from.
pub(crate) trait PageSource: Send + Sync {
    /// The page with this index. `Err(PageError::BeyondEnd)` behind the last page of the object.
    fn page(&self, index: u64, intent: PageIntent) -> Result<Page, PageError>;
    /// Index of the first page behind the end.
    fn end_page(&self) -> u64;
    /// Puts the pages from `first` on that are there already, and lie within the object, into `out`.
    fn present(&self, first: u64, out: &mut [Option<Frame>]);
    /// Identity for futexes in shared memory and for `/proc/PID/maps`: device, inode.
    fn identity(&self) -> (u64, u64);
}

/// What a page is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageIntent {
    /// Reading: a hole needs no page.
    Read,
    /// Writing: the object's own page.
    Write,
}

/// A page of an object.
pub(crate) enum Page {
    /// The object's frame, shared.
    Frame(Frame),
    /// A hole that reads as zeros.
    Hole,
}

/// Why there is no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageError {
    /// Behind the end of the object.
    BeyondEnd,
    /// No memory within the budget.
    NoMemory,
    /// The file system that pays for the pages has reached its limit.
    Full,
}

impl From<NoMemory> for PageError {
    fn from(_: NoMemory) -> Self {
        PageError::NoMemory
    }
}

/// How much of something may exist, and how much does.
pub(crate) struct Quota {
    limit: AtomicU64,
    used: AtomicU64,
}

impl Quota {
    /// Nothing used of `limit`; `u64::MAX` is no limit.
    pub(crate) const fn new(limit: u64) -> Self {
        Quota { limit: AtomicU64::new(limit), used: AtomicU64::new(0) }
    }
    /// Takes `n`; false if the limit does not allow it.
    pub(crate) fn take(&self, n: u64) -> bool {
        let limit = self.limit.load(Ordering::Relaxed);
        if limit == u64::MAX {
            self.used.fetch_add(n, Ordering::Relaxed);
            return true;
        }
        let fits = |used: u64| used.checked_add(n).filter(|sum| *sum <= limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok()
    }
    /// Gives `n` back.
    pub(crate) fn give_back(&self, n: u64) {
        self.used.fetch_sub(n, Ordering::Relaxed);
    }
    /// The limit, and what is used.
    pub(crate) fn figures(&self) -> (u64, u64) {
        (self.limit.load(Ordering::Relaxed), self.used.load(Ordering::Relaxed))
    }
    /// Changes the limit; false if more than that is used already.
    pub(crate) fn set_limit(&self, limit: u64) -> bool {
        let fits = self.used.load(Ordering::Relaxed) <= limit;
        if fits {
            self.limit.store(limit, Ordering::Relaxed);
        }
        fits
    }
}

/// Pages in memory, found by index, with a size in bytes.
pub(crate) struct MemoryObject {
    size: AtomicU64,
    pages: Mutex<Pages, levels::MemoryObjectMutex>,
}

struct Pages {
    chunks: Tree<u64, Box<Chunk>>,
    count: u64,
    /// What the pages count against besides memory.
    payer: Option<Ref<Quota>>,
}

/// Pages of all objects.
static PAGES: AtomicU64 = AtomicU64::new(0);

/// The most that there may be for another to be made for a file: files may outlive every process.
static FILE_LIMIT: AtomicU64 = AtomicU64::new(u64::MAX);

/// Sets the most pages that files may take.
pub(crate) fn set_file_limit(pages: u64) {
    FILE_LIMIT.store(pages, Ordering::Relaxed);
}

/// Pages that files and shared memory take.
pub(crate) fn pages() -> u64 {
    PAGES.load(Ordering::Relaxed)
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.less(self.count);
    }
}

impl MemoryObject {
    /// An object of this size, all holes.
    pub(crate) const fn new(size: u64) -> Self {
        MemoryObject { size: AtomicU64::new(size), pages: Mutex::new(Pages { chunks: Tree::new(), count: 0, payer: None }) }
    }
    /// An empty object whose pages count against `payer`.
    pub(crate) fn paid_by(payer: Ref<Quota>) -> Self {
        let pages = Pages { chunks: Tree::new(), count: 0, payer: Some(payer) };
        MemoryObject { size: AtomicU64::new(0), pages: Mutex::new(pages) }
    }
    /// Size in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.size.load(Ordering::Acquire)
    }
    /// Pages that exist.
    pub(crate) fn page_count(&self) -> u64 {
        self.pages.lock().count
    }
    /// Makes the object at least this large.
    pub(crate) fn grow_to(&self, size: u64) {
        self.size.fetch_max(size, Ordering::AcqRel);
    }
    /// The page with this index, if it exists.
    pub(crate) fn existing(&self, index: u64) -> Option<Frame> {
        self.pages.lock().get(index)
    }
    /// The page with this index, made if it is a hole; beyond the size too (a write grows the object afterwards).
    pub(crate) fn page_for_write(&self, index: u64) -> Result<Frame, PageError> {
        Ok(self.make_page(index)?.0)
    }
    /// The same; also says whether it was a hole.
    pub(crate) fn make_page(&self, index: u64) -> Result<(Frame, bool), PageError> {
        let mut pages = self.pages.lock();
        if let Some(f) = pages.get(index) {
            return Ok((f, false));
        }
        let full = |p: &Ref<Quota>| PAGES.load(Ordering::Relaxed) >= FILE_LIMIT.load(Ordering::Relaxed) || !p.take(1);
        if pages.payer.as_ref().is_some_and(full) {
            return Err(PageError::Full);
        }
        let made = Frame::try_zeroed().and_then(|frame| pages.insert(index, frame.clone()).map(|()| frame));
        match made {
            Ok(frame) => Ok((frame, true)),
            Err(NoMemory) => {
                if let Some(payer) = &pages.payer {
                    payer.give_back(1);
                }
                Err(PageError::NoMemory)
            }
        }
    }
    /// For mappings: the page, or what stands for it.
    pub(crate) fn page(&self, index: u64, intent: PageIntent) -> Result<Page, PageError> {
        if index >= self.size().div_ceil(PAGE as u64) {
            return Err(PageError::BeyondEnd);
        }
        Ok(match intent {
            PageIntent::Write => Page::Frame(self.page_for_write(index)?),
            PageIntent::Read => self.existing(index).map_or(Page::Hole, Page::Frame),
        })
    }
    /// Puts the pages from `first` on that exist, and lie within the size, into `out`.
    pub(crate) fn present(&self, first: u64, out: &mut [Option<Frame>]) {
        let end = self.size().div_ceil(PAGE as u64);
        let pages = self.pages.lock();
        let mut chunk: Option<(u64, Option<&Chunk>)> = None;
        for (index, place) in (first..end).zip(out) {
            let number = index / CHUNK;
            let found = match chunk {
                Some((n, c)) if n == number => c,
                _ => {
                    let c = pages.chunks.get(&number).map(|c| &**c);
                    chunk = Some((number, c));
                    c
                }
            };
            *place = found.and_then(|c| c.get((index % CHUNK) as usize)).and_then(Clone::clone);
        }
    }
    /// Sets the size; pages behind it go, the rest of the last page is cleared. `unmap` takes the pages from an index on
    /// out of mappings.
    pub(crate) fn set_size(&self, size: u64, unmap: impl FnOnce(u64)) {
        let old = self.size.swap(size, Ordering::AcqRel);
        if size < old {
            let keep = size.div_ceil(PAGE as u64);
            unmap(keep);
            self.remove_pages(keep, u64::MAX);
            let tail = (size % PAGE as u64) as usize;
            if tail != 0
                && let Some(f) = self.existing(size / PAGE as u64)
            {
                f.zero(tail, PAGE);
            }
        }
    }
    /// Removes the pages `[from, to)`: they are holes then.
    pub(crate) fn remove_pages(&self, from: u64, to: u64) {
        let mut next = from / CHUNK;
        loop {
            // One chunk a lock hold.
            let mut pages = self.pages.lock();
            let Some((&at, _)) = pages.chunks.ceiling(&next) else { return };
            let first = at.saturating_mul(CHUNK);
            if first >= to {
                return;
            }
            let chunk = pages.take_from(at, from.saturating_sub(first), to.saturating_sub(first));
            drop(pages);
            drop(chunk);
            next = at.saturating_add(1);
        }
    }
    /// The first index from `from` on whose page exists (`Wanted::Data`) or does not (`Wanted::Hole`).
    pub(crate) fn seek(&self, from: u64, wanted: Wanted) -> Option<u64> {
        let pages = self.pages.lock();
        let mut index = from;
        loop {
            let chunk_no = index / CHUNK;
            match (pages.chunks.get(&chunk_no), wanted) {
                (Some(chunk), _) => {
                    let start = (index % CHUNK) as usize;
                    let found = chunk.iter().skip(start).position(|p| p.is_some() == (wanted == Wanted::Data));
                    if let Some(i) = found {
                        return Some(index.saturating_add(i as u64));
                    }
                    index = chunk_no.saturating_add(1).saturating_mul(CHUNK);
                }
                (None, Wanted::Hole) => return Some(index),
                (None, Wanted::Data) => match pages.chunks.ceiling(&chunk_no) {
                    Some((&c, _)) => index = c.saturating_mul(CHUNK),
                    None => return None,
                },
            }
        }
    }
}

/// What [`MemoryObject::seek`] looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A page that exists.
    Data,
    /// One that does not.
    Hole,
}

impl Pages {
    /// Notes that `n` pages went.
    fn less(&self, n: u64) {
        PAGES.fetch_sub(n, Ordering::Relaxed);
        if let Some(payer) = &self.payer {
            payer.give_back(n);
        }
    }
    #[inline]
    fn get(&self, index: u64) -> Option<Frame> {
        self.chunks.get(&(index / CHUNK))?.get((index % CHUNK) as usize)?.clone()
    }
    fn insert(&mut self, index: u64, frame: Frame) -> Result<(), NoMemory> {
        let chunk_no = index / CHUNK;
        if self.chunks.get(&chunk_no).is_none() {
            let chunk = try_box([const { None }; CHUNK as usize])?;
            let node = try_box(Node::new(chunk_no, chunk))?;
            // Looked up just above: the key is free.
            let _ = self.chunks.insert(node);
        }
        if let Some(slot) = self.chunks.get_mut(&chunk_no).and_then(|c| c.get_mut((index % CHUNK) as usize)) {
            *slot = Some(frame);
            self.count = self.count.saturating_add(1);
            PAGES.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
    /// Takes pages `[from, to)` (relative) out of a chunk; the frames, for dropping after unlock.
    fn take_from(&mut self, chunk_no: u64, from: u64, to: u64) -> Option<Box<Chunk>> {
        let mut out = try_box([const { None }; CHUNK as usize]).ok();
        let chunk = self.chunks.get_mut(&chunk_no)?;
        let (from, to) = (from.min(CHUNK) as usize, to.min(CHUNK) as usize);
        let mut taken = 0;
        for i in from..to {
            if let Some(slot) = chunk.get_mut(i)
                && let Some(f) = slot.take()
            {
                taken += 1;
                if let Some(keep) = out.as_mut().and_then(|o| o.get_mut(i)) {
                    *keep = Some(f);
                }
            }
        }
        let empty = chunk.iter().all(Option::is_none);
        self.less(taken);
        self.count = self.count.saturating_sub(taken);
        if empty {
            drop(self.chunks.remove(&chunk_no));
        }
        out
    }
}
