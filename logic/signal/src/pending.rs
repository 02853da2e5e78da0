//! Pending signals of a thread or a process: a bit for each, and a queue of [`SigInfo`].
//!
//! Key types: [`Pending`], [`Supply`] (memory that the caller brings before it takes the lock),
//! [`Taken`]. Every operation takes constant time, however much is queued, but for [`Pending::clear`].
//!
//! Standard signals are pending at most once; a second one is lost with its siginfo (signal(7)).
//! Real-time signals queue in order. Nodes lie in blocks of [`BLOCK_NODES`]; what is freed is
//! handed out as [`Storage`], so that it can be dropped outside the lock. The count against
//! `RLIMIT_SIGPENDING` is the shell's: each operation says how many nodes it freed.
//!
//! A POSIX timer *holds* a node from timer_create on, so that its expiry never fails; the node is
//! held again when the signal has been taken or discarded.

use crate::{SigInfo, SigSet, Signal, code};
use alloc::{boxed::Box, vec::Vec};

/// Nodes in one block.
pub const BLOCK_NODES: usize = 16;
/// Most nodes of one [`Pending`]; beyond it, as beyond the rlimit, sigqueue(3) gets EAGAIN.
pub const MAX_QUEUED: usize = 4096;

const NIL: u16 = u16::MAX;
const NO_QUEUE: Queue = Queue { head: NIL, tail: NIL, nodes: 0, held: 0 };

/// The allocator had nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoMemory;

/// Why a signal was not queued; nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostError {
    /// Bring a [`Supply`] with [`Pending::add_supply`], then try again; or fall back to
    /// [`Pending::post_bare`].
    NeedsSupply,
    /// [`MAX_QUEUED`] is reached: EAGAIN for sigqueue(3), [`Pending::post_bare`] for the rest.
    Full,
}

/// What became of a signal that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    /// It is pending now; a node was used.
    Queued,
    /// It is pending without a node: its siginfo will be [`SigInfo::plain`] with `SI_USER`.
    Bare,
    /// A standard signal that was pending already; this one is lost.
    Collapsed,
}

/// A signal taken from a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its information.
    pub info: SigInfo,
    /// Nodes freed (0 or 1), for the count against the rlimit. Held nodes count while held.
    pub freed: u32,
}

/// Memory for more nodes.
#[derive(Debug)]
pub struct Supply {
    queues: Vec<Queue>,
    block: Box<[Node]>,
}

/// Memory that came out of a [`Pending`]; drop it outside the lock.
#[derive(Debug)]
pub struct Storage {
    _queues: Vec<Queue>,
    _blocks: Vec<Box<[Node]>>,
}

/// Pending signals. Empty, it owns no memory.
#[derive(Debug)]
pub struct Pending {
    set: SigSet,
    /// One per signal once a supply has come, else empty.
    queues: Vec<Queue>,
    blocks: Vec<Box<[Node]>>,
    free_head: u16,
    free: u32,
    /// Free nodes that timers hold: others may not use them.
    held_free: u32,
}

#[derive(Clone, Copy, Debug)]
struct Queue {
    head: u16,
    tail: u16,
    nodes: u16,
    /// How many of them are held by timers.
    held: u16,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    next: u16,
    kind: NodeKind,
    info: SigInfo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NodeKind {
    Plain,
    Held,
}

/// Takes the next signal outside `blocked`: the thread's before the process's, and in each a
/// fault's first, then the lowest number, as Linux does. SIGKILL goes before everything.
pub fn dequeue(thread: &mut Pending, process: &mut Pending, blocked: SigSet) -> Option<Taken> {
    let wanted = SigSet::ALL.without(blocked.as_mask());
    let (mine, shared) = (thread.set.intersection(wanted), process.set.intersection(wanted));
    if mine.union(shared).is_empty() {
        return None;
    }
    let of_thread = mine.contains(Signal::KILL) || !mine.is_empty() && !shared.contains(Signal::KILL);
    let (from, set) = if of_thread { (thread, mine) } else { (process, shared) };
    from.take(if set.contains(Signal::KILL) { SigSet::of(&[Signal::KILL]) } else { set })
}

impl Supply {
    /// One block of nodes.
    ///
    /// # Errors
    /// [`NoMemory`].
    pub fn try_new() -> Result<Supply, NoMemory> {
        let mut queues = Vec::new();
        queues.try_reserve_exact(64).map_err(|_| NoMemory)?;
        queues.resize(64, NO_QUEUE);
        let mut block = Vec::new();
        block.try_reserve_exact(BLOCK_NODES).map_err(|_| NoMemory)?;
        let info = SigInfo::plain(Signal::HUP, 0);
        block.resize(BLOCK_NODES, Node { next: NIL, kind: NodeKind::Plain, info });
        Ok(Supply { queues, block: block.into_boxed_slice() })
    }
}

impl Pending {
    /// Nothing pending.
    #[must_use]
    pub const fn new() -> Pending {
        Pending { set: SigSet::EMPTY, queues: Vec::new(), blocks: Vec::new(), free_head: NIL, free: 0, held_free: 0 }
    }

    /// The signals that are pending.
    #[must_use]
    pub fn set(&self) -> SigSet {
        self.set
    }

    /// Nodes in use, those that timers hold among them: the count against the rlimit.
    #[must_use]
    pub fn nodes(&self) -> u32 {
        let all = u32::try_from(self.blocks.len().wrapping_mul(BLOCK_NODES)).unwrap_or(u32::MAX);
        all.wrapping_sub(self.free).wrapping_add(self.held_free)
    }

    /// Adds nodes.
    ///
    /// # Errors
    /// Gives the supply back at [`MAX_QUEUED`] nodes, or where the table of blocks cannot grow.
    pub fn add_supply(&mut self, supply: Supply) -> Result<(), Supply> {
        let blocks = self.blocks.len();
        if blocks >= MAX_QUEUED / BLOCK_NODES || self.blocks.try_reserve(1).is_err() {
            return Err(supply);
        }
        if self.queues.is_empty() {
            self.queues = supply.queues;
        }
        let first = blocks.wrapping_mul(BLOCK_NODES);
        self.blocks.push(supply.block);
        for at in first..first.wrapping_add(BLOCK_NODES) {
            self.free_node(u16::try_from(at).unwrap_or(NIL));
        }
        Ok(())
    }

    /// Makes a signal pending with its information.
    ///
    /// # Errors
    /// See [`PostError`].
    pub fn post(&mut self, info: SigInfo) -> Result<Posted, PostError> {
        if self.collapses(info.signal) {
            return Ok(Posted::Collapsed);
        }
        if self.free <= self.held_free {
            let full = self.blocks.len() >= MAX_QUEUED / BLOCK_NODES;
            return Err(if full { PostError::Full } else { PostError::NeedsSupply });
        }
        self.append(info, NodeKind::Plain);
        Ok(Posted::Queued)
    }

    /// Makes a signal pending without a node: never fails, loses the information.
    pub fn post_bare(&mut self, signal: Signal) -> Posted {
        if self.collapses(signal) {
            return Posted::Collapsed;
        }
        self.set.insert(signal);
        Posted::Bare
    }

    /// Sets a node aside for a timer.
    ///
    /// # Errors
    /// See [`PostError`].
    pub fn hold(&mut self) -> Result<(), PostError> {
        if self.free <= self.held_free {
            let full = self.blocks.len() >= MAX_QUEUED / BLOCK_NODES;
            return Err(if full { PostError::Full } else { PostError::NeedsSupply });
        }
        self.held_free = self.held_free.wrapping_add(1);
        Ok(())
    }

    /// Gives up a node that was held and is not queued (timer_delete(2)).
    pub fn release_hold(&mut self) {
        self.held_free = self.held_free.saturating_sub(1);
    }

    /// Makes a timer's signal pending with its held node. The shell calls it only while the
    /// timer's signal isn't queued yet, else it counts an overrun.
    pub fn post_held(&mut self, info: SigInfo) -> Posted {
        if self.collapses(info.signal) {
            return Posted::Collapsed;
        }
        if self.held_free == 0 {
            return self.post_bare(info.signal);
        }
        self.held_free = self.held_free.wrapping_sub(1);
        self.append(info, NodeKind::Held);
        Posted::Queued
    }

    /// Takes the first signal among `wanted` (rt_sigtimedwait(2), signalfd(2), delivery).
    pub fn take(&mut self, wanted: SigSet) -> Option<Taken> {
        let signal = self.set.intersection(wanted).first()?;
        Some(self.take_signal(signal))
    }

    /// Discards every pending signal of the set; says how many nodes were freed.
    pub fn discard(&mut self, signals: SigSet) -> u32 {
        let mut freed = 0u32;
        for signal in self.set.intersection(signals).iter() {
            freed = freed.wrapping_add(self.discard_signal(signal));
        }
        freed
    }

    /// Discards everything and hands out the memory (exit, exec of a thread that is not alone).
    pub fn clear(&mut self) -> (u32, Storage) {
        let freed = self.discard(SigSet::ALL);
        self.held_free = 0;
        self.free = 0;
        self.free_head = NIL;
        let storage = Storage { _queues: core::mem::take(&mut self.queues), _blocks: core::mem::take(&mut self.blocks) };
        (freed, storage)
    }

    /// Hands out the memory if nothing uses it.
    pub fn shrink(&mut self) -> Option<Storage> {
        let nodes = self.blocks.len().wrapping_mul(BLOCK_NODES);
        let idle = nodes != 0 && self.held_free == 0 && self.free as usize == nodes;
        idle.then(|| {
            let set = self.set;
            let (_, storage) = self.clear();
            // Signals that are pending without a node stay.
            self.set = set;
            storage
        })
    }

    fn collapses(&self, signal: Signal) -> bool {
        !signal.is_real_time() && self.set.contains(signal)
    }

    #[inline]
    fn append(&mut self, info: SigInfo, kind: NodeKind) {
        let at = self.free_head;
        let Some(node) = self.node_mut(at) else {
            return;
        };
        let rest = node.next;
        *node = Node { next: NIL, kind, info };
        self.free_head = rest;
        self.free = self.free.wrapping_sub(1);
        self.set.insert(info.signal);
        let Some(queue) = self.queues.get_mut(info.signal.index()) else {
            return;
        };
        let tail = queue.tail;
        queue.tail = at;
        queue.nodes = queue.nodes.wrapping_add(1);
        queue.held = queue.held.wrapping_add(u16::from(kind == NodeKind::Held));
        if tail == NIL {
            queue.head = at;
        } else if let Some(last) = self.node_mut(tail) {
            last.next = at;
        }
    }

    fn take_signal(&mut self, signal: Signal) -> Taken {
        let head = self.queues.get(signal.index()).map_or(NIL, |q| q.head);
        let free = self.free_head;
        let Some(node) = self.node_mut(head) else {
            self.set.remove(signal);
            return Taken { info: SigInfo::plain(signal, code::SI_USER), freed: 0 };
        };
        let (next, held) = (core::mem::replace(&mut node.next, free), node.kind == NodeKind::Held);
        let taken = Taken { info: node.info, freed: u32::from(!held) };
        self.free_head = head;
        self.free = self.free.wrapping_add(1);
        self.held_free = self.held_free.wrapping_add(u32::from(held));
        if let Some(queue) = self.queues.get_mut(signal.index()) {
            queue.head = next;
            queue.nodes = queue.nodes.wrapping_sub(1);
            queue.held = queue.held.wrapping_sub(u16::from(held));
            if next == NIL {
                queue.tail = NIL;
                self.set.remove(signal);
            }
        }
        taken
    }

    /// The whole queue joins the free list at once.
    fn discard_signal(&mut self, signal: Signal) -> u32 {
        self.set.remove(signal);
        let Some(slot) = self.queues.get_mut(signal.index()) else {
            return 0;
        };
        let queue = core::mem::replace(slot, NO_QUEUE);
        let old_free = self.free_head;
        let Some(last) = self.node_mut(queue.tail) else {
            return 0;
        };
        last.next = old_free;
        self.free_head = queue.head;
        self.free = self.free.wrapping_add(u32::from(queue.nodes));
        self.held_free = self.held_free.wrapping_add(u32::from(queue.held));
        u32::from(queue.nodes.wrapping_sub(queue.held))
    }

    #[inline]
    fn free_node(&mut self, at: u16) {
        let next = self.free_head;
        if let Some(node) = self.node_mut(at) {
            node.next = next;
            self.free_head = at;
            self.free = self.free.wrapping_add(1);
        }
    }

    fn node_mut(&mut self, at: u16) -> Option<&mut Node> {
        let at = usize::from(at);
        self.blocks.get_mut(at / BLOCK_NODES)?.get_mut(at % BLOCK_NODES)
    }
}

impl Default for Pending {
    fn default() -> Self {
        Pending::new()
    }
}
