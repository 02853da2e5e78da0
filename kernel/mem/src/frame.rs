//! Page frames: the frame table, and the owned handle.

use crate::addr::{PAGE, Paddr, page_words_mut};
use crate::boxed::NoMemory;
use crate::frame_cache;
use crate::heap::{current_heap, note_refusal};
use crate::heaps::heap_by_index;
use core::sync::atomic::{AtomicU16, AtomicU32, AtomicU64, Ordering};
use logic_frames::{Frames, Node};
use sync::levels;
use sync::{Once, SpinLock};

/// What the table knows of one frame: references, and the heap that pays.
pub(crate) struct FrameInfo {
    refs: AtomicU32,
    owner: AtomicU16,
}

/// Owner of frames that are charged elsewhere.
const NOBODY: u16 = u16::MAX;

struct Table {
    first: u32,
    info: &'static [FrameInfo],
}

static TABLE: Once<Table> = Once::new();
pub(crate) static FREE: SpinLock<Option<Frames<'static>>, levels::Frames> = SpinLock::new(None);
static TOTAL: AtomicU32 = AtomicU32::new(0);
static ZERO: Once<Frame> = Once::new();

/// One owned reference to a frame. Cloning shares it; dropping the last one frees it and returns its charge.
#[derive(Debug)]
pub struct Frame {
    index: u32,
}

#[inline(always)]
fn table() -> &'static Table {
    match TABLE.get() {
        Some(t) => t,
        None => panic!("frame table used before it is there"),
    }
}

impl Frame {
    /// A frame charged to the running thread's heap, with whatever contents.
    fn alloc_raw() -> Result<u32, NoMemory> {
        let heap = current_heap();
        heap.charge_page()?;
        match frame_cache::take() {
            Some(i) => {
                let info = &table().info[i as usize];
                info.owner.store(heap.index(), Ordering::Relaxed);
                info.refs.store(1, Ordering::Relaxed);
                Ok(i)
            }
            None => {
                heap.uncharge_page();
                Err(note_refusal(0, 1))
            }
        }
    }

    /// A zeroed frame, charged to the running thread's heap.
    #[inline]
    pub fn try_zeroed() -> Result<Frame, NoMemory> {
        let index = Self::alloc_raw()?;
        let frame = Frame { index };
        // SAFETY: fresh and owned here alone.
        arch::zero_page(unsafe { page_words_mut(frame.ppn()) });
        Ok(frame)
    }

    /// A frame with whatever was in it before, for one who never shows bytes that he has not written (pipes).
    pub fn try_unfilled() -> Result<Frame, NoMemory> {
        Ok(Frame { index: Self::alloc_raw()? })
    }

    /// A zeroed frame whose charge is its user's business (kernel stacks).
    pub(crate) fn try_uncharged_zeroed() -> Result<Frame, NoMemory> {
        crate::heap::fault_injection()?;
        let index = frame_cache::take().ok_or(NoMemory)?;
        let info = &table().info[index as usize];
        info.owner.store(NOBODY, Ordering::Relaxed);
        info.refs.store(1, Ordering::Relaxed);
        let frame = Frame { index };
        // SAFETY: fresh and owned here alone.
        arch::zero_page(unsafe { page_words_mut(frame.ppn()) });
        Ok(frame)
    }

    /// A frame that holds a copy of this one's contents.
    pub fn try_copy(&self) -> Result<Frame, NoMemory> {
        let index = Self::alloc_raw()?;
        let frame = Frame { index };
        // SAFETY: the new frame is owned here alone; the old one may be written by user mode at the same time, which
        // makes the copy's contents racy but never invalid (plain words).
        unsafe { arch::copy_page(page_words_mut(frame.ppn()), page_words_mut(self.ppn())) };
        Ok(frame)
    }

    /// Page number (physical address / 4096).
    #[inline(always)]
    pub fn ppn(&self) -> u32 {
        table().first + self.index
    }
    /// Physical address.
    #[inline]
    pub fn paddr(&self) -> Paddr {
        Paddr(self.ppn() as usize * PAGE)
    }
    /// References to it at this moment.
    #[inline(always)]
    pub fn refs(&self) -> u32 {
        table().info[self.index as usize].refs.load(Ordering::Acquire)
    }
    /// Reads from the frame; `offset + to.len()` must lie within the page (short otherwise). Returns bytes read.
    pub fn read(&self, offset: usize, to: &mut [u8]) -> usize {
        let n = to.len().min(PAGE.saturating_sub(offset));
        let from = self.paddr().direct() + offset;
        // SAFETY: inside the frame, which this handle keeps; user mode may write it meanwhile, bytes stay bytes.
        unsafe { core::ptr::copy_nonoverlapping(from as *const u8, to.as_mut_ptr(), n) };
        n
    }
    /// Writes to the frame within the page (short otherwise). Returns bytes written.
    pub fn write(&self, offset: usize, from: &[u8]) -> usize {
        let n = from.len().min(PAGE.saturating_sub(offset));
        let to = self.paddr().direct() + offset;
        // SAFETY: as in `read`; shared frames are byte arrays for everyone.
        unsafe { core::ptr::copy_nonoverlapping(from.as_ptr(), to as *mut u8, n) };
        n
    }
    /// Clears `[offset, offset + len)` within the page.
    pub fn zero(&self, offset: usize, len: usize) {
        let n = len.min(PAGE.saturating_sub(offset));
        // SAFETY: as in `write`.
        unsafe { core::ptr::write_bytes((self.paddr().direct() + offset) as *mut u8, 0, n) };
    }
    /// The word at `offset` (a multiple of 8 within the page), for what programs read while the kernel changes it.
    pub fn word(&self, offset: usize) -> Option<&AtomicU64> {
        if !offset.is_multiple_of(8) || offset >= PAGE {
            return None;
        }
        // SAFETY: aligned, inside the frame, which this handle keeps; any bytes are a word, and other accesses are bytes for everyone.
        Some(unsafe { &*((self.paddr().direct() + offset) as *const AtomicU64) })
    }
    /// Copies from user memory into the frame without faulting pages in beyond what the trap handler resolves; returns
    /// bytes copied.
    #[inline]
    pub fn copy_from_user(&self, offset: usize, src: usize, len: usize) -> usize {
        let n = len.min(PAGE.saturating_sub(offset));
        // SAFETY: inside the frame; nobody holds a Rust reference to frame contents.
        let dst = unsafe { core::slice::from_raw_parts_mut((self.paddr().direct() + offset) as *mut u8, n) };
        crate::user::copy_in_short(dst, src)
    }
    /// Copies from the frame to user memory; returns bytes copied.
    pub fn copy_to_user(&self, offset: usize, dst: usize, len: usize) -> usize {
        let n = len.min(PAGE.saturating_sub(offset));
        // SAFETY: as above, read only.
        let src = unsafe { core::slice::from_raw_parts((self.paddr().direct() + offset) as *const u8, n) };
        crate::user::copy_out_short(dst, src)
    }
    /// Gives up the handle but not the reference; undone by [`Frame::from_ppn`].
    #[inline(always)]
    pub(crate) fn into_ppn(self) -> u32 {
        let ppn = self.ppn();
        core::mem::forget(self);
        ppn
    }
    /// Takes a reference back.
    ///
    /// # Safety
    /// `ppn` came from [`Frame::into_ppn`], and each is taken back once.
    #[inline(always)]
    pub(crate) unsafe fn from_ppn(ppn: u32) -> Frame {
        Frame { index: ppn - table().first }
    }
    /// One more handle to the frame that the reference `ppn` (given up earlier, still held) refers to.
    ///
    /// # Safety
    /// The reference behind `ppn` is held during the call.
    #[inline]
    pub(crate) unsafe fn share_ppn(ppn: u32) -> Frame {
        let index = ppn - table().first;
        table().info[index as usize].refs.fetch_add(1, Ordering::Relaxed);
        Frame { index }
    }
}

impl Clone for Frame {
    #[inline]
    fn clone(&self) -> Self {
        table().info[self.index as usize].refs.fetch_add(1, Ordering::Relaxed);
        Frame { index: self.index }
    }
}

impl Drop for Frame {
    #[inline]
    fn drop(&mut self) {
        let info = &table().info[self.index as usize];
        if info.refs.load(Ordering::Acquire) == 1 || info.refs.fetch_sub(1, Ordering::AcqRel) == 1 {
            info.refs.store(0, Ordering::Relaxed);
            let owner = info.owner.load(Ordering::Relaxed);
            if owner != NOBODY {
                heap_by_index(owner).uncharge_page();
            }
            frame_cache::give(self.index);
        }
    }
}

/// `n` contiguous frames for the heap's large allocations, as the virtual address in the direct map; `None` when there
/// is no such run. The caller has charged them.
pub(crate) fn alloc_run(order: u8) -> Option<usize> {
    let index = if order == 0 { frame_cache::take()? } else { FREE.lock().as_mut()?.alloc(order)? };
    Some(Paddr((table().first + index) as usize * PAGE).direct())
}

/// Frees a run of [`alloc_run`].
pub(crate) fn free_run(va: usize, order: u8) {
    let index = ((va - arch::DIRECT_BASE) / PAGE) as u32 - table().first;
    if order == 0 {
        frame_cache::give(index);
        return;
    }
    if let Some(f) = FREE.lock().as_mut()
        && f.free(index, order).is_err()
    {
        panic!("heap run {va:#x} freed twice");
    }
}

/// A frame of zeros that everyone may map read-only.
pub fn zero_frame() -> &'static Frame {
    match ZERO.get() {
        Some(f) => f,
        None => panic!("zero frame used before it is there"),
    }
}

/// Frames of the machine.
#[derive(Clone, Copy, Debug)]
pub struct FrameCounts {
    /// Frames that the kernel manages.
    pub total: u64,
    /// Frames that are free (including those in harts' caches).
    pub free: u64,
}

/// Counts frames, exactly when nothing else runs.
pub fn frame_counts() -> FrameCounts {
    let free = FREE.lock().as_ref().map_or(0, |f| u64::from(f.free_frames()));
    FrameCounts { total: u64::from(TOTAL.load(Ordering::Relaxed)), free: free + frame_cache::cached() }
}

/// Builds the frame table for memory `[start, end)` (physical); the table itself is taken from its beginning, at
/// `table_at`. Frames of `usable` ranges become free.
pub fn init_frames(start: Paddr, end: Paddr, table_at: Paddr, usable: &[(Paddr, Paddr)]) -> Paddr {
    crate::heaps::init();
    let first = (start.0 / PAGE) as u32;
    let count = (end.0 - start.0) / PAGE;
    let info_bytes = count * size_of::<FrameInfo>();
    let nodes_at = (table_at.0 + info_bytes).next_multiple_of(16);
    let after = Paddr((nodes_at + count * size_of::<Node>()).next_multiple_of(PAGE));
    // SAFETY: boot, one hart: the memory at `table_at` is free by the caller's layout and belongs to the tables for ever.
    // FrameInfo is valid as zero bytes; nodes are written one by one before the slice is made.
    let (info, nodes) = unsafe {
        let info = table_at.direct() as *mut FrameInfo;
        core::ptr::write_bytes(info, 0, count);
        let nodes = Paddr(nodes_at).direct() as *mut Node;
        for i in 0..count {
            nodes.add(i).write(Node::ABSENT);
        }
        (core::slice::from_raw_parts(info, count), core::slice::from_raw_parts_mut(nodes, count))
    };
    let mut frames = Frames::new(nodes);
    for (from, to) in usable {
        let from = from.0.max(start.0).next_multiple_of(PAGE);
        let to = to.0.min(end.0) / PAGE * PAGE;
        let from = if from < after.0 && to > table_at.0 { after.0.max(from) } else { from };
        if to > from {
            frames.add_range((from / PAGE) as u32 - first, ((to - from) / PAGE) as u32);
        }
    }
    TOTAL.store(frames.free_frames(), Ordering::Relaxed);
    *FREE.lock() = Some(frames);
    let _ = TABLE.set(Table { first, info });
    if let Ok(f) = Frame::try_zeroed() {
        let _ = ZERO.set(f);
    }
    after
}

/// Adds frames that were in use during boot (the initramfs, once it is unpacked).
pub fn release_boot_range(from: Paddr, to: Paddr) {
    let first = table().first;
    let a = from.0.div_ceil(PAGE);
    let b = to.0 / PAGE;
    if b > a
        && let Some(f) = FREE.lock().as_mut()
    {
        let n = f.add_range(a as u32 - first, (b - a) as u32);
        TOTAL.fetch_add(n, Ordering::Relaxed);
    }
}

fn run_info(va: usize) -> &'static FrameInfo {
    let t = table();
    &t.info[(va - arch::DIRECT_BASE) / PAGE - t.first as usize]
}

/// Notes which heap paid for a run of [`alloc_run`].
pub(crate) fn set_run_owner(va: usize, heap: u16) {
    run_info(va).owner.store(heap, Ordering::Relaxed);
}

/// The heap that paid for a run.
pub(crate) fn run_owner(va: usize) -> u16 {
    run_info(va).owner.load(Ordering::Relaxed)
}
