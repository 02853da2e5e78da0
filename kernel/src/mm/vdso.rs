//! The two pages that the kernel gives every program: the vDSO's code and its data (vdso(7)).
//!
//! The code is a shared object that [`init`] composes around `arch::vdso_code`; the data, right before it, is what that code
//! needs to know of the clock. All programs share both; one that may write the code's page (a debugger) gets a copy of its own.

use super::object::{Page, PageError, PageIntent, PageSource};
use super::region::{Prot, Region, Source, Traits};
use super::space::{AddressSpace, Placement};
use crate::clock;
use crate::task::clocks::COARSE_NS;
use abi::Errno;
use alloc::vec::Vec;
use arch::vdso_clock as word;
use core::sync::atomic::{Ordering, fence};
use logic_vdso::{Code, Function, MAX_FUNCTIONS};
use logic_vmtree::new_node;
use mem::{Frame, NoMemory, PAGE, Ref, try_box};
use sync::Once;

/// Where a signal handler returns to, from the start of the code's page.
pub(crate) const SIGRETURN_OFFSET: usize = arch::VDSO_CODE_OFFSET + arch::VDSO_SIGRETURN_OFFSET;
/// What both pages take.
pub(crate) const BYTES: u64 = 2 * PAGE64;

const PAGE64: u64 = PAGE as u64;

static PAGES: Once<[Special; 2]> = Once::new();

/// A page, and what regions refer to.
struct Special {
    frame: Frame,
    source: Ref<dyn PageSource>,
    prot: Prot,
    max_prot: Prot,
    traits: Traits,
}

/// The object of one page behind a region.
struct OnePage(Frame);

impl PageSource for OnePage {
    fn page(&self, index: u64, _: PageIntent) -> Result<Page, PageError> {
        if index == 0 { Ok(Page::Frame(self.0.clone())) } else { Err(PageError::BeyondEnd) }
    }
    fn end_page(&self) -> u64 {
        1
    }
    fn present(&self, first: u64, out: &mut [Option<Frame>]) {
        if let (0, Some(slot)) = (first, out.first_mut()) {
            *slot = Some(self.0.clone());
        }
    }
    fn identity(&self) -> (u64, u64) {
        (0, 0)
    }
}

impl Special {
    fn try_new(frame: Frame, prot: Prot, max_prot: Prot, traits: Traits) -> Result<Self, NoMemory> {
        let source: Ref<dyn PageSource> = Ref::try_new(OnePage(frame.clone()))?.unsize(|p| p);
        Ok(Special { frame, source, prot, max_prot, traits })
    }
    fn region(&self) -> Region {
        let source = Source::Object { object: self.source.clone(), offset: 0, name: None };
        Region { prot: self.prot, max_prot: self.max_prot, traits: self.traits, source }
    }
}

/// Makes the pages. The clock is not set before all this is there, or afterwards.
pub(crate) fn init() -> Result<(), NoMemory> {
    let (data, code) = (Frame::try_zeroed()?, Frame::try_zeroed()?);
    let (start, mult) = clock::conversion();
    set(&data, word::START, start);
    set(&data, word::MULT, mult);
    set(&data, word::REAL_OFFSET, clock::real_offset_ns() as u64);
    set(&data, word::SECOND_RECIPROCAL, arch::VDSO_SECOND_RECIPROCAL);
    set(&data, word::COARSE_NS, COARSE_NS);
    compose(&code)?;
    let data = Special::try_new(data, Prot::READ, Prot::READ, Traits::VVAR)?;
    let code = Special::try_new(code, Prot::READ | Prot::EXEC, Prot::all(), Traits::VDSO)?;
    let _ = PAGES.set([data, code]);
    Ok(())
}

fn compose(to: &Frame) -> Result<(), NoMemory> {
    let mut functions = [Function { name: "", offset: 0, bytes: 0 }; MAX_FUNCTIONS];
    let (bytes, found) = (arch::vdso_code(), arch::vdso_functions());
    let ends = found.iter().skip(1).map(|(_, offset)| *offset).chain([bytes.len()]);
    for ((slot, (name, offset)), end) in functions.iter_mut().zip(&found).zip(ends) {
        *slot = Function { name, offset: *offset, bytes: end.saturating_sub(*offset) };
    }
    let code = Code {
        at: arch::VDSO_CODE_OFFSET,
        bytes,
        functions: functions.get(..found.len()).unwrap_or_default(),
        signal_bytes: arch::VDSO_SIGNAL_BYTES,
    };
    let mut page: Vec<u8> = Vec::new();
    page.try_reserve_exact(PAGE).map_err(|_| NoMemory)?;
    page.resize(PAGE, 0);
    if logic_vdso::compose(&code, &mut page).is_err() {
        panic!("the vDSO is larger than a page");
    }
    to.write(0, &page);
    Ok(())
}

fn set(data: &Frame, word: usize, value: u64) {
    if let Some(w) = data.word(word) {
        w.store(value, Ordering::Relaxed);
    }
}

/// Sets the time zone that programs read.
pub(crate) fn set_zone(minutes_west: i32, dst: i32) {
    if let Some([data, _]) = PAGES.get() {
        set(&data.frame, word::ZONE, u64::from(minutes_west as u32) | u64::from(dst as u32) << 32);
    }
}

/// Changes the real-time clock that programs read; who reads it waits until `meanwhile`, which does the same for the kernel, is over.
/// The caller lets nobody else in.
pub(crate) fn set_real_offset(offset_ns: u64, meanwhile: impl FnOnce()) {
    let Some([data, _]) = PAGES.get() else { return meanwhile() };
    let Some(changes) = data.frame.word(word::CHANGES) else { return meanwhile() };
    changes.fetch_add(1, Ordering::Relaxed);
    fence(Ordering::Release);
    set(&data.frame, word::REAL_OFFSET, offset_ns);
    meanwhile();
    changes.fetch_add(1, Ordering::Release);
}

/// Maps both pages into a new address space, side by side.
pub(crate) fn map(space: &AddressSpace) -> Result<(), Errno> {
    let Some(pages) = PAGES.get() else { return Err(Errno::ENOMEM) };
    let mut inner = space.lock();
    let inner = &mut *inner;
    let mut at = inner.place(0, BYTES, Placement::Anywhere)?;
    for page in pages {
        let node = try_box(new_node(page.region())).map_err(|NoMemory| Errno::ENOMEM)?;
        inner.regions.insert(at..at.saturating_add(PAGE64), node).map_err(|_| Errno::ENOMEM)?;
        // Every program uses them soon: without faults.
        let flags = page.region().pte_flags();
        inner.tables.map(at as usize, page.frame.clone(), flags).map_err(|NoMemory| Errno::ENOMEM)?;
        inner.layout.vdso = at;
        at = at.saturating_add(PAGE64);
    }
    inner.changed();
    Ok(())
}

/// Whether a region is one of the two: it is there once, as large as it is (VM_DONTEXPAND).
pub(super) fn is_special(region: &Region) -> bool {
    region.traits.intersects(Traits::VDSO | Traits::VVAR)
}
