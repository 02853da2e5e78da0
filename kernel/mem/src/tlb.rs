//! TLB shoot-down, and what waits for it.
//!
//! Invalid to valid needs nothing (a spurious fault flushes locally). Any other change: the entries are changed, the
//! frames gathered, all harts that may hold a translation flushed, and only then the frames are let go.

use crate::asid::Asid;
use crate::frame::Frame;
use arch::{MAX_HARTS, hart_block};
use core::sync::atomic::{AtomicU64, Ordering};
use logic_shootdown::{Depth, EntryFlush, Flush, Hart, Harts, Shootdown, Space};
use sync::{Once, PreemptGuard};

const ROOM: usize = 32;

/// Frames unmapped but not yet free, and the range to flush before they are.
pub struct Gather {
    frames: [Option<Frame>; ROOM],
    count: usize,
    low: usize,
    high: usize,
}

impl Default for Gather {
    fn default() -> Self {
        Self::new()
    }
}

impl Gather {
    /// Nothing gathered.
    pub const fn new() -> Self {
        Gather { frames: [const { None }; ROOM], count: 0, low: usize::MAX, high: 0 }
    }
    /// Notes that the translation of `[va, va + bytes)` changed.
    #[inline]
    pub fn note(&mut self, va: usize, bytes: usize) {
        self.low = self.low.min(va);
        self.high = self.high.max(va + bytes);
    }
    /// Keeps a frame until the flush. The caller flushes when [`Gather::is_full`].
    #[inline]
    pub fn keep(&mut self, frame: Frame) {
        debug_assert!(self.count < ROOM);
        if let Some(slot) = self.frames.get_mut(self.count) {
            *slot = Some(frame);
            self.count += 1;
        }
    }
    /// Whether the next frame has no room.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.count == ROOM
    }
    /// Has the harts forget the translations and lets the frames go.
    #[inline]
    pub(crate) fn flush(&mut self, translations: &Translations) {
        if self.low < self.high {
            translations.flush(self.low, self.high - self.low, Depth::Leaves);
        }
        for f in self.frames.iter_mut().take(self.count) {
            *f = None;
        }
        self.count = 0;
        self.low = usize::MAX;
        self.high = 0;
    }
}

/// Pages up to which single flushes are cheaper than one of everything.
const SINGLE_PAGES: u64 = 16;

/// What harts may have kept of an address space's page table.
pub(crate) struct Translations {
    asid: Asid,
    space: Space,
}

impl Translations {
    /// Of a table that no hart has loaded.
    pub(crate) fn new() -> Self {
        let (asid, history) = Asid::take();
        Translations { asid, space: Space::new(history) }
    }
    /// The identifier under which harts keep them.
    pub(crate) fn asid(&self) -> u16 {
        self.asid.number()
    }
    /// Harts that may use the table, by index.
    pub(crate) fn users(&self) -> u64 {
        self.space.loaded().0
    }
    /// This hart, `me`, is about to load the table: `load` does, then what is stale is forgotten. Preemption is off.
    #[inline]
    pub(crate) fn enter(&self, me: Hart, load: impl FnOnce()) {
        let flush = self.space.enter(me);
        load();
        if flush == EntryFlush::Space || self.asid.is_shared() {
            arch::sfence_asid(usize::from(self.asid.number()));
            arch::fence_i();
        }
    }
    /// This hart, `me`, has loaded another table.
    #[inline]
    pub(crate) fn leave(&self, me: Hart) {
        self.space.unload(me);
    }
    /// Returns when no hart uses the old translations of `[va, va + bytes)` any more.
    #[inline]
    pub(crate) fn flush(&self, va: usize, bytes: usize, depth: Depth) {
        let guard = sync::preempt_off();
        let pages = Flush::Pages { asid: self.asid.number(), start: va as u64, pages: bytes.div_ceil(crate::PAGE) as u64 };
        ask(&guard, pages, self.space.targets(online(), depth));
    }
    /// Has harts fetch instructions anew, at once or when they come to the address space.
    pub(crate) fn code_changed(&self) {
        let guard = sync::preempt_off();
        ask(&guard, Flush::Instructions, self.space.targets(online(), Depth::Leaves));
    }
}

/// Harts that have a table loaded, by index.
static ONLINE: AtomicU64 = AtomicU64::new(0);
static SHOOTDOWN: Once<Shootdown<MAX_HARTS>> = Once::new();

/// Makes the mail boxes; before a second hart runs.
pub(crate) fn init() {
    let _ = SHOOTDOWN.set(Shootdown::new());
    hart_comes();
}

/// This hart. Preemption is off.
#[inline]
pub(crate) fn me() -> Hart {
    // There are no more harts, which spares a look at the number wherever it is shifted by.
    Hart(arch::core(|c| c.hart_block().index) & 63)
}

/// Forgets translations on this hart.
#[inline]
fn obey(flush: Flush) {
    match flush {
        Flush::Pages { start, pages, .. } | Flush::Kernel { start, pages } if pages <= SINGLE_PAGES => {
            for page in 0..pages {
                arch::sfence_page(start as usize + page as usize * crate::PAGE);
            }
        }
        Flush::Pages { asid, .. } | Flush::Space { asid } | Flush::Unload { asid } => arch::sfence_asid(usize::from(asid)),
        Flush::Kernel { .. } | Flush::Everything => arch::sfence_all(),
        Flush::Instructions => arch::fence_i(),
    }
}

/// Has the harts of `targets` do something; returns when they have.
fn ask(_guard: &PreemptGuard, flush: Flush, targets: Harts) {
    let me = me();
    if targets.contains(me) {
        obey(flush);
    }
    let others = targets.without(me);
    if !others.is_empty()
        && let Some(shootdown) = SHOOTDOWN.get()
    {
        let pending = shootdown.begin(me, flush, others);
        let interrupt = hardware_mask(pending.interrupt());
        if interrupt != 0 {
            arch::sbi::send_ipi(interrupt, 0);
        }
        pending.wait(obey);
    }
}

/// Does what other harts ask of this one: in the interrupt between harts.
#[inline]
pub fn serve_shootdowns() {
    if let Some(shootdown) = SHOOTDOWN.get() {
        shootdown.serve(me(), obey);
    }
}

/// Hardware hart ids of a set of harts.
fn hardware_mask(harts: Harts) -> usize {
    let ids = harts.iter().filter_map(|h| hart_block(h.0 as usize));
    ids.fold(0, |mask, b| mask | 1usize << (b.hart_id.load(Ordering::Relaxed) & 63))
}

/// The harts that run.
fn online() -> Harts {
    Harts(ONLINE.load(Ordering::Acquire))
}

/// This hart has loaded a table of the kernel's: from now on it is asked to forget.
pub(crate) fn hart_comes() {
    ONLINE.fetch_or(me().alone().0, Ordering::SeqCst);
}

/// Flushes kernel addresses on all harts.
pub(crate) fn flush_all_harts(va: usize, bytes: usize) {
    let guard = sync::preempt_off();
    let pages = bytes.div_ceil(crate::PAGE) as u64;
    ask(&guard, Flush::Kernel { start: va as u64, pages }, online());
}

/// Makes all harts fetch instructions anew.
pub fn fence_i_everywhere() {
    let guard = sync::preempt_off();
    ask(&guard, Flush::Instructions, online());
}
