//! What the assembly knows of threads and harts: `tp` points to the running thread's [`ThreadCore`].

use super::switch::Context;
use core::sync::atomic::{AtomicI64, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// Most harts that the kernel starts; more are left in firmware.
pub const MAX_HARTS: usize = 16;

/// Kinds of objects that a hart counts.
pub const OBJECT_KINDS: usize = 16;

/// Bits of [`ThreadCore::flags`]: what the thread has to see to before it goes on in user mode.
pub mod flag {
    /// The scheduler wants the hart.
    pub const RESCHED: u32 = 1;
    /// A signal, a stop or a kill may be due.
    pub const SIGNAL: u32 = 2;
    /// Something else is due on the way to user mode (deferred releases, rseq, throttle).
    pub const WORK: u32 = 4;
    /// An interrupt left a mark in [`HartBlock::pending`](super::HartBlock::pending) that nobody has looked at since.
    pub const MARK: u32 = 8;
}

/// Bits of [`HartBlock::pending`]: interrupts that arrived where they could not be handled.
pub mod pending {
    /// The timer fired.
    pub const TIMER: u32 = 1;
    /// Another hart wants attention.
    pub const IPI: u32 = 2;
    /// An external interrupt is waiting at the PLIC.
    pub const EXTERNAL: u32 = 4;
}

/// The part of a thread that traps and switches work on. The kernel's thread type begins with it.
#[repr(C)]
pub struct ThreadCore {
    /// Top of the kernel stack, where a trap from user mode begins. Offset 0.
    pub(crate) kernel_sp: AtomicUsize,
    /// Scratch of the trap entry. Offset 8.
    pub(crate) scratch: AtomicUsize,
    /// Depth of guards that keep this thread on its hart. Only the thread itself changes it. Offset 16.
    pub preempt: AtomicU32,
    /// Bits of [`flag`]; set from anywhere. Offset 20.
    pub flags: AtomicU32,
    /// The hart it runs on, or last ran on. Offset 24.
    pub(crate) hart: AtomicPtr<HartBlock>,
    /// Callee-saved registers while it does not run. Offset 32.
    pub(crate) context: core::cell::UnsafeCell<Context>,
    /// 1 while a hart runs it.
    pub(crate) on_cpu: AtomicU32,
    /// Sleeping locks held; user accesses do not fault pages in while it is not 0.
    pub mutexes: AtomicU32,
    /// Lock levels held, one bit a level (checked builds).
    pub held_levels: AtomicU64,
    /// The heap that allocations on behalf of this thread are charged to; the `mem` crate's business.
    pub heap: AtomicPtr<()>,
    /// Allocation number at which to fail (0: never), for tests; and allocations counted.
    pub fail_at: AtomicU32,
    /// Allocations since `fail_at` was set.
    pub allocations: AtomicU32,
    /// Pages of the last allocation that its budget refused, 0 once that was looked at.
    pub refused_pages: AtomicU32,
    /// What the object is that is being allocated (checked builds); the `mem` crate's business.
    pub alloc_tag: AtomicU32,
    /// Identity of the kernel's thread type.
    pub type_id: AtomicU64,
    /// The kernel's thread that contains this core.
    pub owner: AtomicPtr<()>,
}

// SAFETY: `context` is only touched by `switch_context` on the hart that owns the thread at that moment
// (`on_cpu` changes hands under the run-queue protocol); all else is atomic.
unsafe impl Sync for ThreadCore {}

impl ThreadCore {
    /// A core for a thread whose stack ends at `stack_top`; `type_id` identifies the kernel's thread type.
    pub const fn new(stack_top: usize, type_id: u64) -> Self {
        ThreadCore {
            kernel_sp: AtomicUsize::new(stack_top),
            scratch: AtomicUsize::new(0),
            preempt: AtomicU32::new(1),
            flags: AtomicU32::new(0),
            hart: AtomicPtr::new(core::ptr::null_mut()),
            context: core::cell::UnsafeCell::new(Context::empty()),
            on_cpu: AtomicU32::new(0),
            mutexes: AtomicU32::new(0),
            held_levels: AtomicU64::new(0),
            heap: AtomicPtr::new(core::ptr::null_mut()),
            fail_at: AtomicU32::new(0),
            allocations: AtomicU32::new(0),
            refused_pages: AtomicU32::new(0),
            alloc_tag: AtomicU32::new(0),
            type_id: AtomicU64::new(type_id),
            owner: AtomicPtr::new(core::ptr::null_mut()),
        }
    }
    /// Asks the thread to look at `bits` before it goes back to user mode.
    pub fn raise(&self, bits: u32) {
        self.flags.fetch_or(bits, Ordering::AcqRel);
    }
    /// Index of the hart it runs on, or last ran on; 0 before it first ran.
    pub fn hart_index(&self) -> usize {
        let block = self.hart.load(Ordering::Relaxed);
        // SAFETY: the pointer is null or points into the static table of harts, whose entries live for ever.
        unsafe { block.as_ref() }.map_or(0, |b| b.index as usize)
    }
    /// Whether a hart runs it at this moment.
    pub fn on_cpu(&self) -> bool {
        self.on_cpu.load(Ordering::Acquire) != 0
    }
}

/// The part of a hart that the assembly and the lowest layers work on, in cache lines of its own.
#[repr(C, align(64))]
pub struct HartBlock {
    /// Small index, 0 for the boot hart.
    pub index: u32,
    /// Interrupts that arrived and were not handled yet; bits of [`pending`].
    pub pending: AtomicU32,
    /// When preemption went off on this hart, in ticks; 0 if it is on (checked builds).
    pub preempt_since: AtomicU64,
    /// How the thread that just left the hart did so; the scheduler's business.
    pub leaving: AtomicU32,
    /// Hardware hart id.
    pub hart_id: AtomicU64,
    /// The thread that runs here.
    pub(crate) current: AtomicPtr<ThreadCore>,
    /// Identity of the thread whose floating-point state is in the registers, 0 for none.
    pub fp_owner: AtomicU64,
    /// Stack of the idle thread, given to a hart that starts.
    pub(crate) boot_core: AtomicPtr<ThreadCore>,
    /// Objects of each kind, made here less ended here; the kernel's business.
    pub objects: [AtomicI64; OBJECT_KINDS],
}

pub(super) static HARTS: [HartBlock; MAX_HARTS] = {
    let mut harts = [const { HartBlock::new(0) }; MAX_HARTS];
    let mut i = 0;
    while i < MAX_HARTS {
        harts[i].index = i as u32;
        i += 1;
    }
    harts
};

impl HartBlock {
    const fn new(index: u32) -> Self {
        HartBlock {
            index,
            pending: AtomicU32::new(0),
            preempt_since: AtomicU64::new(0),
            leaving: AtomicU32::new(0),
            hart_id: AtomicU64::new(0),
            current: AtomicPtr::new(core::ptr::null_mut()),
            fp_owner: AtomicU64::new(0),
            boot_core: AtomicPtr::new(core::ptr::null_mut()),
            objects: [const { AtomicI64::new(0) }; OBJECT_KINDS],
        }
    }
}

/// The block of hart `index`.
pub fn hart_block(index: usize) -> Option<&'static HartBlock> {
    HARTS.get(index)
}

/// The running thread's core. The reference must not outlive the calling function's stay on this thread, which
/// is why it is crate-internal; others use [`core`] with a closure.
#[inline(always)]
pub(crate) fn core_ptr() -> *const ThreadCore {
    let tp: *const ThreadCore;
    // SAFETY: reading tp has no effect; the value is volatile across context switches only in the sense that
    // every thread sees its own.
    unsafe { core::arch::asm!("mv {}, tp", out(reg) tp, options(nomem, nostack, preserves_flags)) };
    tp
}

/// Calls `f` with the running thread's core.
#[inline(always)]
pub fn core<R>(f: impl FnOnce(&ThreadCore) -> R) -> R {
    // SAFETY: tp always points to the running thread's core, which lives at least as long as the thread runs;
    // `f` runs on this thread, so the reference cannot outlive it.
    f(unsafe { &*core_ptr() })
}

impl ThreadCore {
    /// The hart that the *running* thread is on. Only meaningful with preemption off.
    #[inline(always)]
    pub fn hart_block(&self) -> &'static HartBlock {
        let p = self.hart.load(Ordering::Relaxed);
        debug_assert!(!p.is_null());
        // SAFETY: set to an entry of the static table before the thread first ran.
        unsafe { &*p }
    }
}

pub(crate) fn set_core(core: &ThreadCore, hart: &'static HartBlock) {
    core.hart.store(core::ptr::from_ref(hart).cast_mut(), Ordering::Relaxed);
    core.on_cpu.store(1, Ordering::Relaxed);
    hart.current.store(core::ptr::from_ref(core).cast_mut(), Ordering::Relaxed);
}
