//! Budgets: who pays for what, and how much there may be. Each process has one; they form a tree.
//!
//! A [`Budget`] is a heap of `mem` (account and slab caches) with a place in the tree. What is charged is a [`Charge`],
//! which gives back when dropped. When a budget goes, its heap is closed: what survives belongs to the parent from then on.
//! Neighbours: `logic-budget` (the account), `mem::open_heap` (heaps), `members` (whose processes are in it), `kill`
//! (ending them), `events` (what happened to it), `fs/cgroup` and `native/budget` (how programs see it).

mod charge;
mod counts;
mod cpu;
mod events;
mod file;
mod kill;
mod members;
mod owners;
mod tree;

pub(crate) use charge::{ChannelCharge, Charge, SlotCharge};
pub(crate) use counts::{drain_heaps, heap_counts, heap_pages};
pub(crate) use cpu::{charge_the_rest, throttle, watch_cap, watch_cap_from_the_start};
pub(crate) use events::{Event, Events};
pub(crate) use file::{BudgetFile, answer_alarms};
pub(crate) use kill::kill;
pub(crate) use logic_budget::{Full, KINDS, Kind, Limit, SetLimitError, UNLIMITED};
pub(crate) use members::{Standing, adopt, current, each_member, move_process};

use crate::task::wait::{Observers, Watch};
use crate::task::{Process, users, with_current};
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use mem::{Heap, NoMemory, OpenError, Ref, Weak};
use sync::{Mutex, Once, SpinLock, levels};

/// How deep the tree may be below the kernel's budget.
const MOST_DEPTH: u32 = 16;

/// A budget.
pub(crate) struct Budget {
    /// Never reused; its name for the scheduler.
    id: u64,
    me: Weak<Budget>,
    heap: &'static Heap,
    depth: u32,
    /// Its name among its parent's children; empty if it has none.
    name: Vec<u8>,
    children: SpinLock<tree::Children, levels::BudgetTree>,
    /// Its weight and cap.
    cpu: cpu::Cpu,
    /// What happened to it.
    pub(crate) events: Events,
    /// Controllers that its children show (`cgroup.subtree_control`), as bits.
    pub(crate) subtree_control: AtomicU32,
    /// Processes that are in it and have not ended.
    live: AtomicU64,
    /// Those, and the children of which something is populated.
    populated: AtomicU64,
    /// The number of the last process that was made in it.
    last_entry: AtomicU64,
    /// Whether all inside end when one is to end because memory ran out (`memory.oom.group`).
    pub(crate) ends_together: AtomicBool,
    /// Who was chosen last to end because memory ran out.
    pub(crate) choice: Mutex<Option<Weak<Process>>, levels::OutOfMemoryMutex>,
    owners: Mutex<owners::Owners, levels::LeafMutex>,
    observers: SpinLock<Observers, levels::Observers>,
    /// How often those who watch it were told of something.
    changes: AtomicU64,
    /// Counted for who made it, unless it is within a limit.
    _made_by: Option<users::Counted>,
    /// The last that goes: what this budget is in at its parent's is gone by then.
    parent: Option<Ref<Budget>>,
}

/// Why there is no budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CreateError {
    /// No memory, or too many budgets.
    NoMemory,
    /// The parent has not got what is to be carved.
    Limits,
    /// Too deep in the tree.
    Depth,
    /// The parent has a child of this name.
    Exists,
}

impl From<NoMemory> for CreateError {
    fn from(_: NoMemory) -> Self {
        CreateError::NoMemory
    }
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);
static ROOT: Once<Ref<Budget>> = Once::new();
static INIT: Once<Ref<Budget>> = Once::new();
static SESSION: Once<Ref<Budget>> = Once::new();

fn fixed(of: &'static Once<Ref<Budget>>) -> &'static Ref<Budget> {
    match of.get() {
        Some(budget) => budget,
        None => panic!("a budget used before it is there"),
    }
}

/// The kernel's own budget, the root of the tree.
pub(crate) fn root() -> &'static Ref<Budget> {
    fixed(&ROOT)
}

/// Process 1's.
pub(crate) fn init() -> &'static Ref<Budget> {
    fixed(&INIT)
}

/// That of the processes which process 1 starts, and of their children.
pub(crate) fn session() -> &'static Ref<Budget> {
    fixed(&SESSION)
}

/// Makes the budgets that the system begins with.
pub(crate) fn make_first() -> Result<(), NoMemory> {
    let name = |text: &[u8]| {
        let mut name = Vec::new();
        name.try_reserve_exact(text.len()).map_err(|_| NoMemory)?;
        name.extend_from_slice(text);
        Ok(name)
    };
    let root = Budget::enter(mem::ROOT_HEAP, None, name(b"kernel")?, None)?;
    let _ = INIT.set(Budget::enter(mem::INIT_HEAP, Some(root.clone()), name(b"init")?, None)?);
    let _ = SESSION.set(Budget::enter(mem::SESSION_HEAP, Some(root.clone()), name(b"session")?, None)?);
    let _ = ROOT.set(root);
    Ok(())
}

impl Budget {
    /// A budget below `parent`, which pays for it. Without a name it lasts as long as somebody has it; with one, until
    /// [`Budget::remove`].
    pub(crate) fn create(parent: &Ref<Budget>, name: Vec<u8>, limits: &[Limit; KINDS]) -> Result<Ref<Budget>, CreateError> {
        if parent.depth >= MOST_DEPTH {
            return Err(CreateError::Depth);
        }
        if !name.is_empty() && parent.child(&name).is_some() {
            return Err(CreateError::Exists);
        }
        let made_by = parent.count_one()?;
        let heap = mem::open_heap(parent.heap, limits).map_err(|e| match e {
            OpenError::NoMemory => CreateError::NoMemory,
            OpenError::Limits => CreateError::Limits,
        })?;
        parent
            .pay(|| Budget::enter(heap, Some(parent.clone()), name, made_by))
            .inspect_err(|_| mem::close_heap(heap))
            .map_err(Into::into)
    }

    /// Counts one more budget below this one for the caller's user. What is within a limit on frames has a part of the table of
    /// heaps with it; of all else of the session the superuser may have half of the table and others an eighth each, so that
    /// nobody fills it for those who have a limit, or for other users.
    #[inline(never)]
    fn count_one(&self) -> Result<Option<users::Counted>, NoMemory> {
        let session = session();
        let mut at = self;
        while at.id != session.id {
            match at.parent.as_deref() {
                Some(parent) if at.limit(Kind::Frames) >= UNLIMITED => at = parent,
                _ => return Ok(None),
            }
        }
        let uid = with_current(|me| me.cred().uid.real);
        let most = mem::FOREST.most() / if uid == 0 { 2 } else { 8 };
        users::count(uid, users::What::Budget, most).map(Some).ok_or(NoMemory)
    }

    /// Puts a budget for a heap into the tree.
    #[inline(never)]
    fn enter(
        heap: &'static Heap,
        parent: Option<Ref<Budget>>,
        name: Vec<u8>,
        made_by: Option<users::Counted>,
    ) -> Result<Ref<Budget>, NoMemory> {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        // Before the budget, whose end ends the heap.
        let node = tree::node(id)?;
        let cpu = cpu::Cpu::new(id, parent.as_ref())?;
        let budget = Ref::try_new_cyclic(|me| Budget {
            id,
            me: me.clone(),
            heap,
            depth: parent.as_ref().map_or(0, |p| p.depth.saturating_add(1)),
            parent,
            _made_by: made_by,
            name,
            children: SpinLock::new(tree::Children::new()),
            cpu,
            events: Events::new(),
            subtree_control: AtomicU32::new(0),
            live: AtomicU64::new(0),
            last_entry: AtomicU64::new(0),
            populated: AtomicU64::new(0),
            ends_together: AtomicBool::new(false),
            choice: Mutex::new(None),
            owners: Mutex::new(owners::Owners::default()),
            observers: SpinLock::new(Observers::new()),
            changes: AtomicU64::new(0),
        })?;
        budget.join_tree(node);
        Ok(budget)
    }

    /// Its number, never reused.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }
    /// Its heap.
    pub(crate) fn heap(&self) -> &'static Heap {
        self.heap
    }
    /// The budget above it.
    pub(crate) fn parent(&self) -> Option<&Ref<Budget>> {
        self.parent.as_ref()
    }
    /// Its name, empty if it has none.
    pub(crate) fn name(&self) -> &[u8] {
        &self.name
    }
    /// Levels below the root.
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }
    /// Charges units of a kind.
    #[inline]
    pub(crate) fn charge(&self, kind: Kind, units: u32) -> Result<Charge, Full> {
        match self.heap.charge(kind, units) {
            Ok(()) => Ok(Charge::of(self.heap, kind, units)),
            Err(full) => {
                self.above(full.levels_up).refused(kind);
                Err(full)
            }
        }
    }
    /// Charges units even above the maxima of budgets whose limits are not carved.
    pub(crate) fn charge_forced(&self, kind: Kind, units: u32) -> Result<Charge, Full> {
        self.heap.account().charge_forced(kind, units)?;
        Ok(Charge::of(self.heap, kind, units))
    }
    /// Runs `f` with the running thread's allocations charged here.
    #[inline]
    pub(crate) fn pay<R>(&self, f: impl FnOnce() -> R) -> R {
        mem::charged_to(self.heap, f)
    }
    /// What is charged here and below.
    pub(crate) fn usage(&self, kind: Kind) -> u64 {
        // What lies in the stocks of those below would count.
        self.each_below(|b| b.heap.account().drain(kind));
        self.heap.account().usage(kind)
    }
    /// The limit of a kind, [`UNLIMITED`] for none.
    pub(crate) fn limit(&self, kind: Kind) -> u64 {
        self.heap.account().limit(kind)
    }
    /// Changes a limit.
    pub(crate) fn set_limit(&self, kind: Kind, limit: u64) -> Result<(), SetLimitError> {
        let _one = tree::CHANGE.lock();
        self.each_below(|b| b.heap.account().drain(kind));
        self.heap.account().set_limit(kind, limit)?;
        if kind == Kind::Frames {
            self.heap.account().set_spare(kind, spare_frames(limit));
        }
        self.each_below(|b| b.heap.account().fit_stocks(kind));
        Ok(())
    }
    /// A counted reference to itself.
    pub(crate) fn to_ref(&self) -> Ref<Budget> {
        match self.me.upgrade() {
            Some(r) => r,
            // Whoever has a `&Budget` got it from a living reference.
            None => panic!("budget used after its end"),
        }
    }
    /// The budget so many levels above.
    #[inline(never)]
    pub(crate) fn above(&self, levels: u32) -> &Budget {
        let mut at = self;
        for _ in 0..levels {
            at = at.parent.as_deref().unwrap_or(at);
        }
        at
    }
    /// It, or the one above it that has this heap.
    pub(crate) fn with_heap(&self, index: u16) -> Option<&Budget> {
        let mut at = Some(self);
        while let Some(b) = at.filter(|b| b.heap.index() != index) {
            at = b.parent.as_deref();
        }
        at
    }
    /// The nearest one, from this one up, that frames are reserved for.
    #[inline(never)]
    pub(crate) fn reserved(&self) -> &Budget {
        let mut at = self;
        while !at.heap.account().is_carved(Kind::Frames)
            && let Some(parent) = at.parent.as_deref()
        {
            at = parent;
        }
        at
    }
    /// Whether it is `other` or below it.
    #[inline(never)]
    pub(crate) fn is_within(&self, other: &Budget) -> bool {
        core::ptr::eq(self.above(self.depth.saturating_sub(other.depth)), other)
    }
    /// A charge was refused because this one is full.
    #[cold]
    pub(crate) fn refused(&self, kind: Kind) {
        self.happened(Event::Refused(kind));
    }
}

/// Frames of a limit that are kept for kernel objects: what programs ask for page by page leaves them.
pub(crate) fn spare_frames(limit: u64) -> u64 {
    if limit >= UNLIMITED { 0 } else { (limit / 64).min(256) }
}

impl Drop for Budget {
    fn drop(&mut self) {
        self.hand_spent_on();
        self.leave_tree();
        mem::close_heap(self.heap);
    }
}

impl Watch for Budget {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        f(&mut self.observers.lock());
    }
}
