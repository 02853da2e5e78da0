//! Threads as the hardware sees them: a stack, a context, and the switch between two of them.

use crate::heap::current_heap;
use crate::refs::Ref;
use crate::stack::KernelStack;
use crate::tables::SpaceHandle;
use arch::{FpState, HartBlock, IrqOff, SSTATUS_FS_CLEAN, SSTATUS_FS_DIRTY, ThreadCore, TrapFrame};
use core::any::TypeId;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};
use sync::{SpinLock, levels};

/// Stack and context of a thread. The kernel's thread type holds one and implements [`Threaded`].
pub struct Task {
    core: ThreadCore,
    /// Gone once the thread has left its hart for ever.
    stack: SpinLock<Option<KernelStack>, levels::TaskStack>,
    /// The thread said that it never comes back ([`end_current`]): nobody switches to it again.
    ended: AtomicBool,
    /// Only touched by the thread itself, or by the switch on its hart, with preemption off.
    user: UnsafeCell<UserState>,
}

/// What of a thread's user context is not in its trap frame.
struct UserState {
    fp: FpState,
    fp_use: FpUse,
    /// Hart index whose registers were last loaded from `fp`.
    fp_hart: u32,
    /// How many more times the registers are loaded when the thread comes to a hart. Without any left they are loaded at their
    /// first use.
    fp_eager: u8,
    space: Option<Ref<SpaceHandle>>,
}

/// Whether a thread uses floating point.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FpUse {
    Never,
    Yes,
}

// SAFETY: `user` is only accessed by the thread itself (see the assertions in `own`) and by `switch_to` on its hart.
unsafe impl Sync for Task {}

/// The kernel's thread type. There is one.
pub trait Threaded: Send + Sync + Sized + 'static {
    /// Its task, a field of it.
    fn task(&self) -> &Task;
}

fn type_word<T: 'static>() -> u64 {
    // TypeId is 128 bits of hash; its first word is enough to tell two thread types apart, of which there is one.
    let id = TypeId::of::<T>();
    // SAFETY: TypeId is 16 bytes of plain data.
    let words: [u64; 2] = unsafe { core::mem::transmute(id) };
    words[0] | 1
}

impl Task {
    /// A task on `stack` that will begin in `start` when it is first switched to; `start` gets the thread that ran before.
    /// It pays from the heap that its maker's allocations are charged to at this moment.
    pub fn new<T: Threaded>(stack: KernelStack, start: fn(Ref<T>) -> !) -> Task {
        let mut core = ThreadCore::new(stack.top(), type_word::<T>());
        arch::start_context(&mut core, size_of::<TrapFrame>(), trampoline::<T>, start as usize);
        core.heap.store(core::ptr::from_ref(current_heap()).cast_mut().cast(), Ordering::Relaxed);
        Task::build(core, Some(stack))
    }
    /// The task of the code that boots the first hart.
    pub fn for_boot<T: Threaded>() -> Task {
        Task::build(ThreadCore::new(0, type_word::<T>()), None)
    }
    fn build(core: ThreadCore, stack: Option<KernelStack>) -> Task {
        Task { core, stack: SpinLock::new(stack), ended: AtomicBool::new(false), user: UnsafeCell::new(UserState::NEW) }
    }
    /// The part that traps work on.
    #[inline(always)]
    pub fn core(&self) -> &ThreadCore {
        &self.core
    }
    /// Most bytes of stack ever in use.
    pub fn stack_high_water(&self) -> usize {
        self.stack.lock().as_ref().map_or(0, KernelStack::high_water)
    }
    /// Frees the stack of a thread that ended and has left its hart.
    pub fn free_stack(&self) {
        // Left after `end_current`: no switch leads to it any more, so nothing runs on the stack, now or later.
        assert!(self.ended.load(Ordering::Acquire) && !self.core.on_cpu(), "the stack of a thread that may run");
        let stack = self.stack.lock().take();
        drop(stack);
    }
}

impl UserState {
    const NEW: UserState = UserState { fp: FpState::ZERO, fp_use: FpUse::Never, fp_hart: u32::MAX, fp_eager: 0, space: None };
}

/// How many times the registers of a thread are loaded when it comes, after it used them.
const EAGER: u8 = 8;

impl Task {
    /// Calls `f` with the user state; the task must be the running one.
    fn own<R>(&self, f: impl FnOnce(&mut UserState) -> R) -> R {
        assert!(arch::core(|c| core::ptr::eq(c, &self.core)), "only a thread itself touches its user state");
        let _guard = sync::preempt_off();
        // SAFETY: this thread runs, so no switch is reading the state, and preemption is off until `f` returns.
        f(unsafe { &mut *self.user.get() })
    }

    /// The thread executed a floating-point instruction while the registers were off: from here on they hold its state, all zero
    /// if it had none.
    pub fn start_fp(&self) {
        let id = core::ptr::from_ref(&self.core) as u64;
        self.own(|u| {
            u.fp_use = FpUse::Yes;
            u.fp_eager = EAGER;
            arch::fp_restore(&u.fp);
            arch::set_fs_live(SSTATUS_FS_CLEAN);
            claim_fp(u, id);
        });
    }

    /// Whether it has a floating-point state.
    pub fn uses_fp(&self) -> bool {
        self.own(|u| u.fp_use == FpUse::Yes)
    }

    /// The running thread's floating-point state, saved from the registers if these are newer.
    pub fn fp_state(&self) -> FpState {
        self.own(|u| {
            save_fp(u);
            u.fp
        })
    }

    /// Replaces the running thread's floating-point state.
    pub fn set_fp_state(&self, state: &FpState) {
        let id = core::ptr::from_ref(&self.core) as u64;
        self.own(|u| {
            u.fp = *state;
            u.fp_use = FpUse::Yes;
            arch::fp_restore(&u.fp);
            arch::set_fs_live(SSTATUS_FS_CLEAN);
            claim_fp(u, id);
        });
    }

    /// Gives a thread that has not run yet the state of its creator.
    pub fn inherit_fp(&mut self, from: &Task) {
        let (state, used) = (from.fp_state(), from.uses_fp());
        let u = self.user.get_mut();
        u.fp = state;
        u.fp_use = if used { FpUse::Yes } else { FpUse::Never };
    }

    /// Forgets the floating-point state (exec).
    pub fn reset_fp(&self) {
        self.own(|u| {
            u.fp = FpState::ZERO;
            u.fp_use = FpUse::Never;
            arch::set_fs_live(0);
        });
    }

    /// Makes the running thread use another address space, or none; returns what it used before.
    pub fn set_space(&self, space: Option<Ref<SpaceHandle>>) -> Option<Ref<SpaceHandle>> {
        self.own(|u| {
            let old = core::mem::replace(&mut u.space, space);
            change_space(old.as_deref(), u.space.as_deref());
            old
        })
    }

    /// Gives a thread that has not run yet its address space.
    pub fn inherit_space(&mut self, space: Ref<SpaceHandle>) {
        self.user.get_mut().space = Some(space);
    }
}

fn claim_fp(u: &mut UserState, id: u64) {
    let hart = arch::core(ThreadCore::hart_block);
    hart.fp_owner.store(id, Ordering::Relaxed);
    u.fp_hart = hart.index;
}

/// Saves the registers if they are newer than memory.
#[inline(always)]
fn save_fp(u: &mut UserState) {
    if u.fp_use == FpUse::Yes && arch::fs_live() == SSTATUS_FS_DIRTY {
        u.fp_eager = EAGER;
        arch::fp_save(&mut u.fp);
        arch::set_fs_live(SSTATUS_FS_CLEAN);
    }
}

/// Leaves `sstatus.FS` as the thread's, with its state in the registers: this hart still holds it, or it is loaded for a thread
/// that used it lately. For another they are off until it does ([`Task::start_fp`]).
#[inline]
fn load_fp(u: &mut UserState, id: u64) {
    let mut fs = 0;
    if u.fp_use == FpUse::Yes {
        let hart = arch::core(ThreadCore::hart_block);
        if hart.fp_owner.load(Ordering::Relaxed) == id && u.fp_hart == hart.index {
            fs = SSTATUS_FS_CLEAN;
        } else if u.fp_eager != 0 {
            u.fp_eager -= 1;
            arch::fp_restore(&u.fp);
            claim_fp(u, id);
            fs = SSTATUS_FS_CLEAN;
        }
    }
    arch::set_fs_live(fs);
}

/// Moves this hart from one page table to another.
#[inline(always)]
fn change_space(old: Option<&SpaceHandle>, new: Option<&SpaceHandle>) {
    match (old, new) {
        (Some(a), Some(b)) if core::ptr::eq(a, b) => {}
        (a, b) => {
            let me = tlb::me();
            match b {
                Some(b) => b.load(me),
                None => crate::kernel_table::load_kernel_table(),
            }
            if let Some(a) = a {
                a.leave(me);
            }
        }
    }
}

#[inline]
fn bind<T: Threaded>(thread: &Ref<T>) {
    let value: *const T = &**thread;
    let task: *const Task = thread.task();
    if core::ptr::eq(value.cast(), thread.task().core.owner.load(Ordering::Relaxed)) {
        return;
    }
    assert!(
        task as usize >= value as usize && task as usize + size_of::<Task>() <= value as usize + size_of::<T>(),
        "a thread's task must be a field of it"
    );
    thread.task().core.owner.store(value.cast_mut().cast(), Ordering::Release);
}

/// Calls `f` with the running thread.
#[inline(always)]
pub fn with_current<T: Threaded, R>(f: impl FnOnce(&T) -> R) -> R {
    let p = arch::core(|c| {
        debug_assert!(c.type_id.load(Ordering::Relaxed) == type_word::<T>());
        c.owner.load(Ordering::Relaxed).cast::<T>()
    });
    // SAFETY: `owner` was set by `bind` to the value that contains this core, of the type that `type_id` records (there is
    // one thread type); its hart holds a reference to the thread that runs, and `f` runs on it.
    f(unsafe { &*p })
}

/// Says that the running thread never comes back once it has left its hart.
pub fn end_current<T: Threaded>() {
    with_current::<T, _>(|t| t.task().ended.store(true, Ordering::Release));
}

/// Leaves the running thread for `next`. Returns when the calling thread is switched to again, with the reference of the
/// thread that ran on the hart just before, whose context is saved by then.
#[inline(always)]
pub fn switch_to<T: Threaded>(next: Ref<T>, off: &IrqOff) -> Ref<T> {
    assert!(!next.task().ended.load(Ordering::Relaxed), "a thread is to run after its end");
    bind(&next);
    let next_core: *const ThreadCore = next.task().core();
    // The hart's, until it has left the thread again (`take_left`).
    core::mem::forget(next);
    let prev_core = arch::core(core::ptr::from_ref);
    // SAFETY: both tasks are alive (see below). The running thread's state is not in use: it is inside this function with
    // interrupts off. The next thread is suspended, so nobody else touches its state.
    unsafe {
        let prev_thread = &*(*prev_core).owner.load(Ordering::Relaxed).cast::<T>();
        let from = &mut *prev_thread.task().user.get();
        let to = &mut *(*next_core_task::<T>(next_core)).user.get();
        save_fp(from);
        change_space(from.space.as_deref(), to.space.as_deref());
    }
    // SAFETY: the hart holds a reference to each, to `prev` until this function (or the trampoline) hands it to the scheduler;
    // `next` is suspended: a thread's reference is runnable in one place only, and `switch_context` asserts it in checked builds.
    let left = unsafe { arch::switch_context(&*prev_core, &*next_core, off) };
    arrive::<T>();
    // SAFETY: the switch has just left it.
    unsafe { take_left(left) }
}

/// The task that contains a core of a bound thread.
///
/// # Safety
/// The core belongs to a live thread of type `T` that went through `bind`.
unsafe fn next_core_task<T: Threaded>(core: *const ThreadCore) -> *const Task {
    // SAFETY: by contract `owner` points to a live `T`.
    unsafe { (*(*core).owner.load(Ordering::Relaxed).cast::<T>()).task() }
}

/// First act of a thread that was switched to: its floating-point registers.
#[inline]
fn arrive<T: Threaded>() {
    let core = arch::core(core::ptr::from_ref);
    // SAFETY: the running thread is alive and bound; interrupts are off, so its state is not in use elsewhere.
    unsafe { load_fp(&mut *(*next_core_task::<T>(core)).user.get(), core as u64) };
}

/// The reference that this hart held to the thread that it has left.
///
/// # Safety
/// `left` is the core that the last switch on this hart left; called once after each.
#[inline]
unsafe fn take_left<T: Threaded>(left: *const ThreadCore) -> Ref<T> {
    // SAFETY: by contract the reference that `switch_to` (or what began on the hart) gave up for the thread is there still.
    unsafe { Ref::from_value((*left).owner.load(Ordering::Relaxed).cast::<T>()) }
}

extern "C" fn trampoline<T: Threaded>(prev: *const ThreadCore, start: usize) -> ! {
    // SAFETY: the hart holds a reference to it until `take_left`'s is dropped.
    unsafe { arch::switched_from(prev) };
    arrive::<T>();
    // SAFETY: `Task::new` passed a function of exactly this type.
    let start: fn(Ref<T>) -> ! = unsafe { core::mem::transmute(start) };
    // SAFETY: the switch to here has just left it.
    start(unsafe { take_left(prev) })
}

/// Makes the code that runs on this hart at boot the thread `idle`; used once on each hart, before any switch.
pub fn start_on_idle<T: Threaded>(idle: Ref<T>, block: &'static HartBlock) {
    bind(&idle);
    block.become_thread(Ref::leak(idle).task().core());
}

/// Starts a further hart on the stack of its idle thread; it begins in the function registered with
/// `arch::set_kernel_main`, running as `idle`.
pub fn start_hart<T: Threaded>(idle: Ref<T>, block: &'static HartBlock, hart_id: u64) -> Result<(), arch::sbi::SbiError> {
    bind(&idle);
    block.start(hart_id, Ref::leak(idle).task().core())
}
