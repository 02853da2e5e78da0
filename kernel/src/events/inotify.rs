//! Watching files (inotify(7)): instances with their queues, and the marks that watched inodes carry.
//!
//! A watch is two things: an entry of the instance's table, which holds the inode, and a [`Mark`] of the inode, which holds
//! the instance. Whoever takes the entry out ends the watch, and takes the mark away. `fs/notify` says what happened; it
//! looks no further while nothing is watched ([`watched`]).

use crate::budget::{self, Budget};
use crate::fs::buffer::Buffer;
use crate::fs::file::{Descriptor, File, Io, O_NONBLOCK, OpenFile, Special};
use crate::fs::inode::Inode;
use crate::linux::{Restart, Stop};
use crate::task::users::{self, Counted, What};
use crate::task::wait::{self, Ended, Interrupt, Observers, Watch};
use abi::Errno;
use alloc::boxed::Box;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use logic_inotify::{Event, EventNode, Front, MOST_BYTES, Pushed, Queue, Taken, bits};
use logic_tree::{Node, Tree};
use logic_waits::{Events, Mode};
use mem::{NoMemory, Ref, Weak, user};
use sync::{Mutex, SpinLock, levels};

/// Most events of a queue (fs.inotify.max_queued_events).
pub(crate) const MAX_EVENTS: usize = 16_384;
/// Most instances of a user (fs.inotify.max_user_instances).
pub(crate) const MAX_INSTANCES: u32 = 128;
/// Most watches of a user (fs.inotify.max_user_watches).
pub(crate) const MAX_WATCHES: u32 = 65_536;

/// Watches that exist.
static WATCHES: AtomicU32 = AtomicU32::new(0);
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

const READABLE: Events = Events::IN.union(Events::RDNORM);

/// Whether anything is watched at all.
#[inline(always)]
pub(crate) fn watched() -> bool {
    WATCHES.load(Ordering::Relaxed) != 0
}

/// Who watches an inode.
pub(crate) struct Marks {
    /// What any of them has ever wanted since there was none.
    wanted: AtomicU32,
    table: SpinLock<Tree<u64, Mark>, levels::Observers>,
}

/// An instance's watch, at the inode.
#[derive(Clone)]
struct Mark {
    instance: Ref<Inotify>,
    wd: i32,
    mask: u32,
}

/// What happened.
#[derive(Clone, Copy)]
pub(crate) struct Happened<'a> {
    /// Bits of `logic_inotify::bits`.
    pub(crate) mask: u32,
    /// The entry's name; empty if it is about the watched file itself.
    pub(crate) name: &'a [u8],
    /// Connects both halves of a rename.
    pub(crate) cookie: u32,
    /// It is about an entry whose name is gone.
    pub(crate) unlinked: bool,
}

impl Marks {
    /// Nobody watches.
    pub(crate) const fn new() -> Self {
        Marks { wanted: AtomicU32::new(0), table: SpinLock::new(Tree::new()) }
    }
    /// Whether anyone may want to know.
    pub(crate) fn want(&self, mask: u32) -> bool {
        self.wanted.load(Ordering::Relaxed) & mask != 0
    }
    fn next_after(&self, id: u64) -> Option<(u64, Mark)> {
        self.table.lock().next_after(&id).map(|(id, mark)| (*id, mark.clone()))
    }
    fn remove(&self, id: u64) {
        let mut table = self.table.lock();
        let mark = table.remove(&id);
        if table.is_empty() {
            self.wanted.store(0, Ordering::Relaxed);
        }
        drop(table);
        drop(mark);
    }
    /// Tells all whose watches are for it.
    pub(crate) fn tell(&self, what: Happened<'_>) {
        let mut id = 0;
        while let Some((next, mark)) = self.next_after(id) {
            id = next;
            if logic_inotify::wants(mark.mask, what.mask, what.unlinked) {
                mark.instance.post(mark.wd, what);
                if mark.mask & bits::ONESHOT != 0 {
                    mark.instance.end_watch(mark.wd, 0);
                }
            }
        }
    }
    /// The inode goes: all are told so, if `last` is an event, and their watches end.
    pub(crate) fn end(&self, last: u32) {
        while let Some((_, mark)) = self.next_after(0) {
            if logic_inotify::wants(mark.mask, last, false) || last == bits::UNMOUNT {
                mark.instance.post(mark.wd, Happened { mask: last, name: &[], cookie: 0, unlinked: false });
            }
            if !mark.instance.end_watch(mark.wd, 0) {
                // Somebody else ends it at this moment; the mark is not to be found again.
                self.remove(mark.instance.id);
            }
        }
    }
}

/// An instance.
pub(crate) struct Inotify {
    me: Weak<Inotify>,
    id: u64,
    /// The user who pays, in numbers, for the instance and its watches.
    uid: u32,
    _counted: Counted,
    /// What is queued is charged to it, whoever's doing it is.
    budget: Ref<Budget>,
    /// Held while watches are added.
    adding: Mutex<(), levels::LeafMutex>,
    state: SpinLock<State, levels::ObjectState>,
}

struct State {
    queue: Queue,
    observers: Observers,
    watches: Tree<i32, Entry>,
    last_wd: i32,
    closed: bool,
}

/// A watch, at the instance.
struct Entry {
    inode: Ref<Inode>,
    _counted: Counted,
}

/// An instance, with its first descriptor.
pub(crate) fn create(uid: u32, flags: u32) -> Result<Descriptor, Errno> {
    const NO_MEMORY: fn(NoMemory) -> Errno = |NoMemory| Errno::ENOMEM;
    let counted = users::count(uid, What::InotifyInstance, MAX_INSTANCES).ok_or(Errno::EMFILE)?;
    let spare = Event { wd: -1, mask: 0, cookie: 0, name: Box::default() };
    let queue = Queue::new(MAX_EVENTS, mem::try_box(logic_inotify::node(spare)).map_err(NO_MEMORY)?);
    let state = State { queue, observers: Observers::new(), watches: Tree::new(), last_wd: 0, closed: false };
    let instance = Ref::try_new_cyclic(|me| Inotify {
        me: me.clone(),
        id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
        uid,
        _counted: counted,
        budget: budget::current(),
        adding: Mutex::new(()),
        state: SpinLock::new(state),
    })
    .map_err(NO_MEMORY)?;
    OpenFile::open(instance.unsize(|p| p), None, flags & O_NONBLOCK).map_err(NO_MEMORY)
}

impl Inotify {
    /// Watches an inode, or changes what its watch is for; gives the watch's number.
    pub(crate) fn add_watch(&self, inode: &Ref<Inode>, mask: u32) -> Result<i32, Errno> {
        let _one = self.adding.lock();
        let marks = &inode.marks;
        {
            let mut table = marks.table.lock();
            if let Some(mark) = table.get_mut(&self.id) {
                mark.mask = logic_inotify::updated(mark.mask, mask).ok_or(Errno::EEXIST)?;
                marks.wanted.fetch_or(mark.mask, Ordering::Relaxed);
                return Ok(mark.wd);
            }
        }
        let no_memory = |NoMemory| Errno::ENOMEM;
        let counted = users::count(self.uid, What::InotifyWatch, MAX_WATCHES).ok_or(Errno::ENOSPC)?;
        let instance = self.me.upgrade().ok_or(Errno::EBADF)?;
        let mask = mask & bits::KEPT;
        let mut entry = mem::try_box(Node::new(0, Entry { inode: inode.clone(), _counted: counted })).map_err(no_memory)?;
        let mut mark = mem::try_box(Node::new(self.id, Mark { instance, wd: 0, mask })).map_err(no_memory)?;
        // Point of no return.
        let wd = {
            let mut s = self.state.lock();
            // Numbers are given in turn, as on Linux; they come around after two thousand million.
            while {
                s.last_wd = s.last_wd.checked_add(1).unwrap_or(1);
                s.watches.get(&s.last_wd).is_some()
            } {}
            let wd = s.last_wd;
            (entry.key, mark.value.wd) = (wd, wd);
            let _ = s.watches.insert(entry);
            wd
        };
        WATCHES.fetch_add(1, Ordering::Relaxed);
        {
            let mut table = marks.table.lock();
            marks.wanted.fetch_or(mask, Ordering::Relaxed);
            let _ = table.insert(mark);
        }
        // The last descriptor may have gone meanwhile, and seen the watch or not.
        if self.state.lock().closed {
            let _ = self.end_watch(wd, 0);
            marks.remove(self.id);
        }
        Ok(wd)
    }

    /// Ends a watch (inotify_rm_watch(2)).
    pub(crate) fn remove_watch(&self, wd: i32) -> Result<(), Errno> {
        // Its mark may be under way.
        let _one = self.adding.lock();
        if self.end_watch(wd, 0) { Ok(()) } else { Err(Errno::EINVAL) }
    }

    /// Ends a watch, and says so in the queue, with `also` in the mask; false: it had ended.
    fn end_watch(&self, wd: i32, also: u32) -> bool {
        let entry = self.state.lock().watches.remove(&wd);
        let Some(entry) = entry else { return false };
        entry.value.inode.marks.remove(self.id);
        WATCHES.fetch_sub(1, Ordering::Relaxed);
        self.post(wd, Happened { mask: bits::IGNORED | also, name: &[], cookie: 0, unlinked: false });
        true
    }

    /// Queues an event.
    fn post(&self, wd: i32, what: Happened<'_>) {
        let node = self.budget.pay(|| -> Result<Box<EventNode>, NoMemory> {
            let name = crate::fs::dentry::boxed_bytes(what.name)?;
            mem::try_box(logic_inotify::node(Event { wd, mask: what.mask, cookie: what.cookie, name }))
        });
        let mut s = self.state.lock();
        if s.closed {
            drop(s);
            drop(node);
            return;
        }
        let (news, left) = match node.map(|n| s.queue.add(n)) {
            Ok(Pushed::Queued) => (true, None),
            Ok(Pushed::Merged(node)) => (false, Some(node)),
            Ok(Pushed::Lost(node, told)) => (told, Some(node)),
            Err(NoMemory) => (s.queue.lose(), None),
        };
        drop(s);
        drop(left);
        if news {
            wait::notify(self, READABLE);
        }
    }

    fn front(&self) -> Option<usize> {
        match self.state.lock().queue.front() {
            Front::Empty => None,
            Front::Bytes(n) => Some(n),
        }
    }

    /// Delivers events until there is no more, or no more room. `Err(None)`: there was nothing.
    fn deliver(&self, to: &mut Buffer<'_>) -> Result<(), Option<Errno>> {
        let mut result = Err(None);
        while let Some(bytes) = self.front() {
            if bytes > to.left() {
                return result.or(Err(Some(Errno::EINVAL)));
            }
            // What cannot be delivered is not taken.
            let start = to.mark();
            let zeros = [0; MOST_BYTES];
            let room = to.put(zeros.get(..bytes).unwrap_or_default());
            to.go_back(start);
            if room < bytes {
                return result.or(Err(Some(Errno::EFAULT)));
            }
            let taken = self.state.lock().queue.take(bytes);
            if let Some(taken) = taken {
                put(&taken, to);
                result = Ok(());
            }
        }
        result
    }
}

#[inline(never)]
fn put(taken: &Taken, to: &mut Buffer<'_>) {
    let (record, bytes) = taken.record();
    to.put(record.get(..bytes).unwrap_or_default());
}

impl Watch for Inotify {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        f(&mut self.state.lock().observers);
    }
    fn on(&self, events: logic_waits::Events) -> crate::see::On {
        let _ = events;
        crate::see::On::plain(crate::see::Waits::FileChange)
    }
}

impl File for Inotify {
    fn read(&self, io: &Io<'_>, to: &mut Buffer<'_>) -> Result<usize, Stop> {
        let mut attempt = || match self.deliver(to) {
            Ok(()) => Some(Ok(())),
            Err(Some(e)) => Some(Err(e)),
            Err(None) => None,
        };
        match attempt() {
            Some(r) => r?,
            None if io.nonblock => return Err(Errno::EAGAIN.into()),
            None => match wait::wait_at(io.me, self, READABLE, Mode::All, None, Interrupt::AnySignal, attempt) {
                Ok(r) => r?,
                Err(Ended::NoMemory) => return Err(Errno::ENOMEM.into()),
                Err(_) => return Err(Stop::Restart(Restart::Sys)),
            },
        }
        Ok(to.done())
    }
    fn poll(&self, _of: &OpenFile) -> Events {
        if self.front().is_some() { READABLE } else { Events::empty() }
    }
    fn watch(&self) -> Option<&dyn Watch> {
        Some(self)
    }
    fn seek(&self, of: &OpenFile, _offset: i64, _whence: u32) -> Result<u64, Errno> {
        Ok(of.position.load(Ordering::Relaxed))
    }
    fn ioctl(&self, _io: &Io<'_>, request: u32, arg: usize) -> Result<usize, Stop> {
        const FIONREAD: u32 = 0x541b;
        if request != FIONREAD {
            return Err(Errno::ENOTTY.into());
        }
        let bytes = self.state.lock().queue.bytes();
        user::write(arg, &(bytes as u32))?;
        Ok(0)
    }
    fn last_close(&self, _of: &OpenFile) {
        self.state.lock().closed = true;
        loop {
            let entry = self.state.lock().watches.pop_first();
            let Some(entry) = entry else { return };
            entry.value.inode.marks.remove(self.id);
            WATCHES.fetch_sub(1, Ordering::Relaxed);
        }
    }
    fn label(&self, out: &mut dyn core::fmt::Write) {
        let _ = out.write_str("anon_inode:inotify");
    }
    fn fdinfo(&self, _of: &OpenFile, out: &mut dyn core::fmt::Write) -> core::fmt::Result {
        let mut last = 0;
        loop {
            let next = self.state.lock().watches.next_after(&last).map(|(wd, e)| (*wd, e.inode.clone()));
            let Some((wd, inode)) = next else { return Ok(()) };
            last = wd;
            let mask = inode.marks.table.lock().get(&self.id).map_or(0, |m| m.mask);
            writeln!(out, "inotify wd:{wd} ino:{:x} sdev:{:x} mask:{mask:x} ignored_mask:0 ", inode.ino, inode.fs.dev)?;
        }
    }
    fn special(&self) -> Special<'_> {
        Special::Inotify(self)
    }
}
