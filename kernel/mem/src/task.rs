//! Threads as the hardware sees them: a stack, a context, and the switch between two of them.

use crate::heap::current_heap;
use crate::refs::{Ref, Shared};
use crate::stack::KernelStack;
use crate::tables::SpaceHandle;
use arch::{FpState, HartBlock, IrqOff, MAX_HARTS, SSTATUS_FS_CLEAN, SSTATUS_FS_DIRTY, ThreadCore, TrapFrame};
use core::any::TypeId;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
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
    const NEW: UserState = UserState { fp: FpState::ZERO, fp_use: FpUse::Never, fp_hart: u32::MAX, space: None };
}

impl Task {
    /// Calls `f` with the user state; the task must be the running one.
    fn own<R>(&self, f: impl FnOnce(&mut UserState) -> R) -> R {
        assert!(arch::core(|c| core::ptr::eq(c, &self.core)), "only a thread itself touches its user state");
        let _guard = sync::preempt_off();
        // SAFETY: this thread runs, so no switch is reading the state, and preemption is off until `f` returns.
        f(unsafe { &mut *self.user.get() })
    }

    /// The thread executed its first floating-point instruction: from here on it has a state, all zero.
    /// False if it had one already (then the instruction is really illegal).
    pub fn start_fp(&self) -> bool {
        let id = core::ptr::from_ref(&self.core) as u64;
        self.own(|u| {
            if u.fp_use == FpUse::Yes {
                return false;
            }
            u.fp_use = FpUse::Yes;
            arch::fp_restore(&u.fp);
            arch::set_fs_live(SSTATUS_FS_CLEAN);
            claim_fp(u, id);
            true
        })
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
fn save_fp(u: &mut UserState) {
    if u.fp_use == FpUse::Yes && arch::fs_live() == SSTATUS_FS_DIRTY {
        arch::fp_save(&mut u.fp);
        arch::set_fs_live(SSTATUS_FS_CLEAN);
    }
}

/// Loads the registers unless this hart still holds them, and leaves `sstatus.FS` as the thread's.
#[inline]
fn load_fp(u: &mut UserState, id: u64) {
    if u.fp_use == FpUse::Never {
        arch::set_fs_live(0);
        return;
    }
    let hart = arch::core(ThreadCore::hart_block);
    if hart.fp_owner.load(Ordering::Relaxed) != id || u.fp_hart != hart.index {
        arch::fp_restore(&u.fp);
        claim_fp(u, id);
    }
    arch::set_fs_live(SSTATUS_FS_CLEAN);
}

/// Moves this hart from one page table to another.
fn change_space(old: Option<&SpaceHandle>, new: Option<&SpaceHandle>) {
    match (old, new) {
        (Some(a), Some(b)) if core::ptr::eq(a, b) => {}
        (a, b) => {
            match b {
                Some(b) => b.load(),
                None => crate::kernel_table::load_kernel_table(),
            }
            if let Some(a) = a {
                a.leave();
            }
        }
    }
}

/// References of the threads that run, and of those that were just left, one a hart.
static RUNNING: [AtomicPtr<()>; MAX_HARTS] = [const { AtomicPtr::new(core::ptr::null_mut()) }; MAX_HARTS];
static LEFT: [AtomicPtr<()>; MAX_HARTS] = [const { AtomicPtr::new(core::ptr::null_mut()) }; MAX_HARTS];

fn bind<T: Threaded>(thread: &Ref<T>) {
    let value: *const T = &**thread;
    let task: *const Task = thread.task();
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
    // one thread type); the thread that runs keeps itself alive through RUNNING, and `f` runs on it.
    f(unsafe { &*p })
}

/// Says that the running thread never comes back once it has left its hart.
pub fn end_current<T: Threaded>() {
    with_current::<T, _>(|t| t.task().ended.store(true, Ordering::Release));
}

/// Leaves the running thread for `next`. Returns when the calling thread is switched to again, with the reference of the
/// thread that ran on the hart just before, whose context is saved by then.
pub fn switch_to<T: Threaded>(next: Ref<T>, off: &IrqOff) -> Ref<T> {
    assert!(!next.task().ended.load(Ordering::Relaxed), "a thread is to run after its end");
    bind(&next);
    let index = arch::core(|c| c.hart_block().index as usize) & (MAX_HARTS - 1);
    let next_core: *const ThreadCore = next.task().core();
    let prev = RUNNING[index].swap(Ref::into_raw(next).cast(), Ordering::Relaxed);
    LEFT[index].store(prev, Ordering::Relaxed);
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
    // SAFETY: `next` is kept alive by RUNNING, `prev` by LEFT, and from there by the reference that this function (or the
    // trampoline) hands to the scheduler; `next` is suspended: a thread's reference is runnable in one place only, and
    // `switch_context` asserts it in checked builds.
    unsafe { arch::switch_context(&*prev_core, &*next_core, off) };
    arrive::<T>();
    take_left()
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

/// The reference of the thread that was left on this hart.
fn take_left<T: Threaded>() -> Ref<T> {
    let index = arch::core(|c| c.hart_block().index as usize) & (MAX_HARTS - 1);
    let p = LEFT[index].swap(core::ptr::null_mut(), Ordering::Relaxed);
    assert!(!p.is_null());
    // SAFETY: `switch_to` stored `Ref::into_raw` of the one thread type, and the swap takes it once.
    unsafe { Ref::from_raw(p.cast::<Shared<T>>()) }
}

extern "C" fn trampoline<T: Threaded>(prev: *const ThreadCore, start: usize) -> ! {
    // SAFETY: `prev` is kept alive by LEFT until `take_left`'s reference is dropped.
    unsafe { arch::switched_from(prev) };
    arrive::<T>();
    // SAFETY: `Task::new` passed a function of exactly this type.
    let start: fn(Ref<T>) -> ! = unsafe { core::mem::transmute(start) };
    start(take_left())
}

/// Makes the code that runs on this hart at boot the thread `idle`; used once on each hart, before any switch.
pub fn start_on_idle<T: Threaded>(idle: Ref<T>, block: &'static HartBlock) {
    bind(&idle);
    let raw = Ref::into_raw(idle);
    // SAFETY: the reference was just leaked into RUNNING's care and an idle thread never ends, so it lives for ever.
    let thread: &'static T = unsafe { Ref::raw_value(raw) };
    RUNNING[block.index as usize & (MAX_HARTS - 1)].store(raw.cast(), Ordering::Relaxed);
    block.become_thread(thread.task().core());
}

/// Starts a further hart on the stack of its idle thread; it begins in the function registered with
/// `arch::set_kernel_main`, running as `idle`.
pub fn start_hart<T: Threaded>(idle: Ref<T>, block: &'static HartBlock, hart_id: u64) -> Result<(), arch::sbi::SbiError> {
    bind(&idle);
    let raw = Ref::into_raw(idle);
    // SAFETY: as in `start_on_idle`.
    let thread: &'static T = unsafe { Ref::raw_value(raw) };
    RUNNING[block.index as usize & (MAX_HARTS - 1)].store(raw.cast(), Ordering::Relaxed);
    block.start(hart_id, thread.task().core())
}
