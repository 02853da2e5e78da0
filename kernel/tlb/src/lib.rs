//! What harts keep of page tables: identifiers of address spaces, and TLB shoot-down.
//!
//! Neighbours: `logic-shootdown` has the protocol; `kernel/mem` changes page tables and keeps frames until nobody uses them.
#![no_std]
#![forbid(unsafe_code)]

mod asid;

pub use asid::init as init_asids;

use arch::{FRAME_BYTES, MAX_HARTS, hart_block};
use asid::Asid;
use core::sync::atomic::{AtomicU64, Ordering};
use logic_shootdown::{Depth, EntryFlush, Flush, Hart, Harts, Shootdown, Space};
use sync::{Once, PreemptGuard};

/// Pages up to which single flushes are cheaper than one of everything.
const SINGLE_PAGES: u64 = 16;

/// What harts may have kept of an address space's page table.
pub struct Translations {
    asid: Asid,
    space: Space,
}

impl Translations {
    /// Of a table that no hart has loaded.
    pub fn begin() -> Self {
        let (asid, history) = Asid::take();
        Translations { asid, space: Space::new(history) }
    }
    /// The identifier under which harts keep them.
    pub fn asid(&self) -> u16 {
        self.asid.number()
    }
    /// Harts that may use the table, by index.
    pub fn users(&self) -> u64 {
        self.space.loaded().0
    }
    /// This hart, `me`, is about to load the table: `load` does, then what is stale is forgotten. Preemption is off.
    #[inline]
    pub fn enter(&self, me: Hart, load: impl FnOnce()) {
        let flush = self.space.enter(me);
        load();
        if flush == EntryFlush::Space || self.asid.is_shared() {
            arch::sfence_asid(usize::from(self.asid.number()));
            arch::fence_i();
        }
    }
    /// This hart, `me`, has loaded another table.
    #[inline]
    pub fn leave(&self, me: Hart) {
        self.space.unload(me);
    }
    /// Returns when no hart uses the old translations of `[va, va + bytes)` any more.
    #[inline]
    pub fn flush(&self, va: usize, bytes: usize, depth: Depth) {
        let guard = sync::preempt_off();
        let pages = Flush::Pages { asid: self.asid.number(), start: va as u64, pages: bytes.div_ceil(FRAME_BYTES) as u64 };
        ask(&guard, pages, self.space.targets(online(), depth));
    }
    /// Has harts fetch instructions anew, at once or when they come to the address space.
    pub fn code_changed(&self) {
        let guard = sync::preempt_off();
        ask(&guard, Flush::Instructions, self.space.targets(online(), Depth::Leaves));
    }
}

/// Harts that have a table loaded, by index.
static ONLINE: AtomicU64 = AtomicU64::new(0);
static SHOOTDOWN: Once<Shootdown<MAX_HARTS>> = Once::new();

/// Makes the mail boxes; before a second hart runs.
pub fn init() {
    let _ = SHOOTDOWN.set(Shootdown::new());
    hart_comes();
}

/// This hart. Preemption is off.
#[inline]
pub fn me() -> Hart {
    // There are no more harts, which spares a look at the number wherever it is shifted by.
    Hart(arch::core(|c| c.hart_block().index) & 63)
}

/// Forgets translations on this hart.
#[inline]
fn obey(flush: Flush) {
    match flush {
        Flush::Pages { start, pages, .. } | Flush::Kernel { start, pages } if pages <= SINGLE_PAGES => {
            for page in 0..pages {
                arch::sfence_page(start as usize + page as usize * FRAME_BYTES);
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
pub fn hart_comes() {
    ONLINE.fetch_or(me().alone().0, Ordering::SeqCst);
}

/// Flushes kernel addresses on all harts.
pub fn flush_all_harts(va: usize, bytes: usize) {
    let guard = sync::preempt_off();
    let pages = bytes.div_ceil(FRAME_BYTES) as u64;
    ask(&guard, Flush::Kernel { start: va as u64, pages }, online());
}

/// Makes all harts fetch instructions anew.
pub fn fence_i_everywhere() {
    let guard = sync::preempt_off();
    ask(&guard, Flush::Instructions, online());
}
