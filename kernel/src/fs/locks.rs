//! Advisory locks of files: record locks (fcntl(2)) and whole-file locks (flock(2)), with those who wait for them.
//!
//! An inode has a [`FileLocks`], which is empty until the first lock; the [`Book`] behind it holds two lists of
//! `logic-filelock`. A record lock belongs to a table of descriptors, as on Linux, or to an open description; a lock of
//! flock(2) always to an open description. Who waits for a table's record lock is noted in [`WAITS`], so that a circle of
//! waiting processes is found before it closes (EDEADLK).

use crate::see::{On, Waits};
use crate::task::Thread;
use crate::task::wait::{self, Ended, Interrupt, Observers, Watch};
use abi::Errno;
use alloc::boxed::Box;
use alloc::vec::Vec;
use logic_filelock::{Lock, LockList, Refused, Span};
use logic_tree::{Node, Tree};
use logic_waits::{Events, Mode};
use mem::{NoMemory, Ref, try_box};
use sync::{SpinGuard, SpinLock, levels};

/// Who holds a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A table of descriptors: the record locks of a process.
    Table(u64),
    /// An open description.
    Description(u64),
}

/// Which of a file's two lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// fcntl(2).
    Records,
    /// flock(2).
    Whole,
}

/// A lock as this file's callers see it.
pub(crate) type Held = Lock<Owner>;

/// Locks on one inode.
pub(crate) struct FileLocks {
    book: SpinLock<Option<Ref<Book>>, levels::InodeAttrs>,
}

struct Book {
    state: SpinLock<State, levels::FileLocks>,
}

struct State {
    records: LockList<Owner>,
    whole: LockList<Owner>,
    observers: Observers,
    /// Tables whose threads wait for a record lock here: keys of [`WAITS`].
    waiting: Vec<(u64, u32)>,
}

/// Which table waits for which, by the number of the table that waits and of the thread that waits for it. The value is
/// the other table, 0 while it is not known to be in the way any more.
static WAITS: SpinLock<Tree<(u64, u32), u64>, levels::LockWaits> = SpinLock::new(Tree::new());

/// How many waiting tables are followed (Linux's MAX_DEADLK_ITERATIONS is 10).
const MAX_CHAIN: usize = 32;
/// How many waits are looked at for that, as it is done under a lock.
const MAX_LOOKS: usize = 64;

impl State {
    fn list(&mut self, list: List) -> &mut LockList<Owner> {
        match list {
            List::Records => &mut self.records,
            List::Whole => &mut self.whole,
        }
    }
    /// Nobody in the way is known any more: everyone who waits looks again.
    fn forget_waits(&self) {
        for key in &self.waiting {
            if let Some(other) = WAITS.lock().get_mut(key) {
                *other = 0;
            }
        }
    }
}

impl Watch for Book {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        f(&mut self.state.lock().observers);
    }
    fn on(&self, events: Events) -> On {
        let _ = events;
        On::plain(Waits::FileLock)
    }
}

impl Book {
    fn try_new() -> Result<Ref<Book>, NoMemory> {
        let (records, whole) = (LockList::new(), LockList::new());
        Ref::try_new(Book { state: SpinLock::new(State { records, whole, observers: Observers::new(), waiting: Vec::new() }) })
    }

    /// Sets a lock, unless one is in the way: that one is the answer then.
    fn try_set(&self, list: List, lock: Held) -> Result<Option<Held>, Errno> {
        let mut s = self.state.lock();
        match s.list(list).conflict(lock.owner, lock.kind, lock.span).copied() {
            Some(other) => Ok(Some(other)),
            None => self.enter(s, list, lock).map(|()| None),
        }
    }

    /// Sets a lock that nothing is in the way of.
    fn enter(&self, mut s: SpinGuard<'_, State, levels::FileLocks>, list: List, lock: Held) -> Result<(), Errno> {
        s.list(list).set(lock).map_err(refused)?;
        // A lock that became shared may be what somebody waits for.
        let watched = !s.observers.is_empty();
        if watched {
            s.forget_waits();
        }
        drop(s);
        if watched {
            wait::notify(self, Events::IN);
        }
        Ok(())
    }

    /// Changes a list by giving up locks; tells those who wait if there were any.
    fn give_up(&self, f: impl FnOnce(&mut State) -> Result<bool, Refused>) -> Result<(), Errno> {
        let mut s = self.state.lock();
        let changed = f(&mut s).map_err(refused)?;
        let tell = changed && !s.observers.is_empty();
        if tell {
            s.forget_waits();
        }
        drop(s);
        if tell {
            wait::notify(self, Events::IN);
        }
        Ok(())
    }

    /// As `try_set`; if a table's lock is in the way, notes that `key` waits for it. Waiting in a circle is EDEADLK.
    fn try_set_or_note(&self, lock: Held, key: (u64, u32)) -> Result<Option<Held>, Errno> {
        let mut s = self.state.lock();
        let other = s.list(List::Records).conflict(lock.owner, lock.kind, lock.span).copied();
        match other {
            None => self.enter(s, List::Records, lock)?,
            // Noted under the lock under which it was seen: it is forgotten under that one, too.
            Some(Held { owner: Owner::Table(holder), .. }) => {
                let mut waits = WAITS.lock();
                if leads_to(&waits, holder, key.0) {
                    return Err(Errno::EDEADLK);
                }
                if let Some(place) = waits.get_mut(&key) {
                    *place = holder;
                }
            }
            Some(_) => {}
        }
        Ok(other)
    }
}

/// Whether a chain of waiting tables that begins at `from` ends at `to`.
fn leads_to(waits: &Tree<(u64, u32), u64>, from: u64, to: u64) -> bool {
    // Each table once; each may wait in several threads, for different ones.
    let mut tables = [from; MAX_CHAIN];
    let (mut known, mut next, mut looks) = (1, 0, 0);
    while let Some(at) = tables.get(next).copied().filter(|_| next < known) {
        if at == to {
            return true;
        }
        next += 1;
        let mut key = (at, 0);
        while let Some(((table, thread), holder)) = waits.ceiling(&key) {
            looks += 1;
            if *table != at || looks > MAX_LOOKS {
                break;
            }
            key.1 = thread.saturating_add(1);
            let is_new = *holder != 0 && !tables.iter().take(known).any(|t| t == holder);
            if is_new && let Some(place) = tables.get_mut(known) {
                *place = *holder;
                known += 1;
            }
        }
    }
    false
}

fn refused(r: Refused) -> Errno {
    match r {
        Refused::Full => Errno::ENOLCK,
        Refused::NoMemory => Errno::ENOMEM,
    }
}

impl FileLocks {
    /// No locks.
    pub(crate) const fn new() -> Self {
        FileLocks { book: SpinLock::new(None) }
    }

    fn existing(&self) -> Option<Ref<Book>> {
        self.book.lock().clone()
    }

    fn book(&self) -> Result<Ref<Book>, Errno> {
        if let Some(book) = self.existing() {
            return Ok(book);
        }
        let fresh = Book::try_new().map_err(|NoMemory| Errno::ENOMEM)?;
        Ok(self.book.lock().get_or_insert(fresh).clone())
    }

    /// Gives the book back if nothing is in it and nobody else looks at it.
    fn trim(&self, book: Ref<Book>) {
        let mut slot = self.book.lock();
        let s = book.state.lock();
        let unused = s.records.is_empty() && s.whole.is_empty() && s.observers.is_empty() && s.waiting.is_empty();
        drop(s);
        // The slot's reference and this one; more are made only with the slot locked.
        let gone = if unused && Ref::strong_count(&book) == 2 { slot.take() } else { None };
        drop(slot);
        drop((gone, book));
    }

    /// The lock that is in the way of this one, if any (F_GETLK).
    pub(crate) fn conflict(&self, lock: &Held) -> Option<Held> {
        let book = self.existing()?;
        let state = book.state.lock();
        state.records.conflict(lock.owner, lock.kind, lock.span).copied()
    }

    /// Whether the owner holds a lock of just this kind and range.
    pub(crate) fn holds(&self, list: List, lock: &Held) -> bool {
        let Some(book) = self.existing() else { return false };
        let mut s = book.state.lock();
        s.list(list).iter().any(|l| l.owner == lock.owner && l.kind == lock.kind && l.span == lock.span)
    }

    /// Sets a lock at once; EAGAIN when another one is in the way.
    pub(crate) fn set(&self, list: List, lock: Held) -> Result<(), Errno> {
        let book = self.book()?;
        let result = book.try_set(list, lock);
        self.trim(book);
        if result?.is_some() { Err(Errno::EAGAIN) } else { Ok(()) }
    }

    /// Sets a lock, waiting until nothing is in the way. `Ok(Err(_))`: the wait ended.
    pub(crate) fn set_waiting(&self, me: &Thread, list: List, lock: Held) -> Result<Result<(), Ended>, Errno> {
        let book = self.book()?;
        let waited = match (list, lock.owner) {
            (List::Records, Owner::Table(table)) => wait_for_table(me, &book, lock, (table, me.tid())),
            _ => wait_simply(me, &book, list, lock),
        };
        self.trim(book);
        match waited {
            Ok(result) => result.map(Ok),
            Err(ended) => Ok(Err(ended)),
        }
    }

    /// Gives up what an owner holds in a range.
    pub(crate) fn clear(&self, list: List, owner: Owner, span: Span) -> Result<(), Errno> {
        let Some(book) = self.existing() else { return Ok(()) };
        let result = book.give_up(|s| s.list(list).clear(owner, span));
        self.trim(book);
        result
    }

    /// Gives up all that an owner holds.
    pub(crate) fn release(&self, owner: Owner) {
        let Some(book) = self.existing() else { return };
        // Needs no room, so it does not fail.
        let _ = book.give_up(|s| Ok(s.records.release(owner) | s.whole.release(owner)));
        self.trim(book);
    }

    /// Calls `f` with the `n`-th lock of the file.
    pub(crate) fn nth(&self, n: usize) -> Option<(List, Held)> {
        let book = self.existing()?;
        let s = book.state.lock();
        let found = {
            let mut all = s.records.iter().map(|l| (List::Records, *l)).chain(s.whole.iter().map(|l| (List::Whole, *l)));
            all.nth(n)
        };
        drop(s);
        self.trim(book);
        found
    }
}

type Waited = Result<Result<(), Errno>, Ended>;

/// One attempt's answer in the form that a wait takes: `None` goes on waiting.
fn answer(result: Result<Option<Held>, Errno>) -> Option<Result<(), Errno>> {
    match result {
        Ok(None) => Some(Ok(())),
        Ok(Some(_)) => None,
        Err(e) => Some(Err(e)),
    }
}

fn wait_simply(me: &Thread, book: &Ref<Book>, list: List, lock: Held) -> Waited {
    if let Some(at_once) = answer(book.try_set(list, lock)) {
        return Ok(at_once);
    }
    wait::wait_at(me, &**book, Events::IN, Mode::All, None, Interrupt::AnySignal, || answer(book.try_set(list, lock)))
}

fn wait_for_table(me: &Thread, book: &Ref<Book>, lock: Held, key: (u64, u32)) -> Waited {
    if let Some(at_once) = answer(book.try_set(List::Records, lock)) {
        return Ok(at_once);
    }
    let note = Note::make(book, key).map_err(|NoMemory| Ended::NoMemory)?;
    let waited =
        wait::wait_at(me, &**book, Events::IN, Mode::All, None, Interrupt::AnySignal, || answer(book.try_set_or_note(lock, key)));
    drop(note);
    waited
}

/// An entry of [`WAITS`], and of the book's list of those, while it lives.
struct Note<'a> {
    book: &'a Book,
    key: (u64, u32),
}

impl<'a> Note<'a> {
    fn make(book: &'a Book, key: (u64, u32)) -> Result<Note<'a>, NoMemory> {
        let node: Box<Node<(u64, u32), u64>> = try_box(Node::new(key, 0))?;
        let mut s = book.state.lock();
        s.waiting.try_reserve(1).map_err(|_| NoMemory)?;
        s.waiting.push(key);
        drop(s);
        // A thread waits once at a time, so the key is free.
        let _ = WAITS.lock().insert(node);
        Ok(Note { book, key })
    }
}

impl Drop for Note<'_> {
    fn drop(&mut self) {
        let mut s = self.book.state.lock();
        s.waiting.retain(|k| *k != self.key);
        if s.waiting.is_empty() {
            s.waiting = Vec::new();
        }
        drop(s);
        let node = WAITS.lock().remove(&self.key);
        drop(node);
    }
}
