//! Sets of interests (epoll(7)): the shell around `logic-epoll`.
//!
//! A set holds the open descriptions that it watches as memory only: the last descriptor of a description ends all interests
//! in it ([`Watched`]), and the last descriptor of a set all of the set's. Neighbours: [`super::epoll_nesting`] (sets in
//! sets), `linux/epoll.rs` (the calls), `task/wait.rs` (who tells an interest).

use super::epoll_nesting;
use super::file::{Descriptor, File, O_RDWR, OpenFile};
use crate::budget::{self, Budget};
use crate::census::{Counted, Kind};
use crate::linux::Stop;
use crate::see::{On, Waits};
use crate::task::Thread;
use crate::task::wait::{self, Ended, Interrupt, Observer, Observers, Watch};
use abi::{EpollEvent, Errno};
use arrayvec::ArrayVec;
use core::sync::atomic::{AtomicBool, Ordering};
use logic_epoll::{Key, Node, Outcome, Place, Progress, Refused, Removed, Scan, Spare, Taken, Token, Wanted, Watchers};
use logic_waits::{Batch, Events, Mode, More};
use mem::{NoMemory, Ref, user};
use sync::{Mutex, SpinGuard, SpinLock, levels};
use zerocopy::IntoBytes;

/// What a set says when it has news.
pub(super) const NEWS: Events = Events::IN.union(Events::RDNORM);
/// Interests that are asked and reported together: as many as fit into a stack frame.
const TOGETHER: usize = 23;

type Asked = ArrayVec<Taken<Ref<OpenFile>>, TOGETHER>;
/// `struct epoll_event`, of which the first word is the events and zero.
type Report = [u64; 2];
const _: () = assert!(size_of::<Option<Bond>>() <= 40);
const _: () = assert!(size_of::<Report>() == size_of::<EpollEvent>());
type Reports = ArrayVec<Report, TOGETHER>;

type Interests = logic_epoll::Set<Ref<OpenFile>, Bond>;

/// A set.
pub(crate) struct EpollSet {
    _counted: Counted<{ Kind::EpollSets as usize }>,
    pub(super) state: SpinLock<State, levels::ObjectState>,
    /// Interests are added, changed and removed by one at a time.
    changing: Mutex<(), levels::EpollMutex>,
    /// Who pays for the interests: the maker of the set.
    budget: Ref<Budget>,
}

pub(super) struct State {
    pub(super) interests: Interests,
    pub(super) observers: Observers,
    /// What the search with this number found, see [`epoll_nesting`].
    pub(super) note: (u64, u8),
}

/// Where an interest is registered.
#[derive(Clone, Copy)]
pub(super) struct Bond {
    at_object: logic_waits::Key,
    at_description: Place,
}

/// An interest of a set.
type Interest = (Ref<EpollSet>, Token);

/// The interests in one open description.
pub(crate) struct Watched {
    list: SpinLock<Watchers<Interest>, levels::Observers>,
    /// Whether there ever was one: then the last close looks for them.
    ever: AtomicBool,
}

/// What a collector got.
enum Gathered {
    Events(usize),
    /// Other collectors came in between.
    Again,
}

impl EpollSet {
    /// A set and its first descriptor.
    pub(crate) fn open() -> Result<Descriptor, NoMemory> {
        let state = State { interests: Interests::new(), observers: Observers::new(), note: (0, 0) };
        let set = Ref::try_new(EpollSet {
            _counted: Counted::new(),
            state: SpinLock::new(state),
            changing: Mutex::new(()),
            budget: budget::current(),
        })?;
        let file = Ref::try_new(EpollFile { set })?;
        OpenFile::open(file.unsize(|p| p), None, O_RDWR)
    }

    /// Adds an interest in `target` (EPOLL_CTL_ADD).
    pub(crate) fn add(this: &Ref<Self>, target: &Target<'_>, wanted: Wanted, data: u64) -> Result<(), Errno> {
        let Some(inner) = target.inner else { return Self::add_checked(this, target, wanted, data) };
        // The graph of sets is searched and changed by one at a time.
        let _nesting = epoll_nesting::may_contain(this, inner)?;
        Self::add_checked(this, target, wanted, data)
    }

    fn add_checked(this: &Ref<Self>, target: &Target<'_>, wanted: Wanted, data: u64) -> Result<(), Errno> {
        let of = target.of;
        let _changing = this.changing.lock();
        this.budget.pay(|| {
            let token = this.insert(target, wanted, data)?;
            let mut staged = Staged { set: this, target, token: Some(token), at_object: None, at_description: None };
            staged.at_description = Some(of.watched.add((this.clone(), token)).map_err(|_| Errno::ENOMEM)?);
            if !of.is_open() {
                // Its last descriptor went meanwhile, and perhaps without noticing this interest.
                return Err(Errno::EBADF);
            }
            let observer = Observer::Interest(this.clone(), token);
            let mut added = Err(Errno::ENOMEM);
            target.watch.with_observers(&mut |list| {
                added = list.add(observer.clone(), mask(of, wanted), wanted.mode()).map_err(|_| Errno::ENOMEM);
            });
            staged.at_object = Some(added?);
            // Point of no return.
            staged.commit();
            this.ask(of, token, wanted);
            Ok(())
        })
    }

    fn insert(&self, target: &Target<'_>, wanted: Wanted, data: u64) -> Result<Token, Errno> {
        let key = target.key();
        let mut state = self.state.lock();
        let node = match state.interests.node() {
            Some(node) => node,
            None => {
                drop(state);
                let node = mem::try_box(Node::new(key, 0)).map_err(|NoMemory| Errno::ENOMEM)?;
                state = self.state.lock();
                node
            }
        };
        if !state.interests.has_room() {
            drop(state);
            state = self.grow()?;
        }
        let added = state.interests.add(node, key, target.of.clone(), wanted, data);
        drop(state);
        added.map_err(|(refused, ..)| match refused {
            Refused::Exists => Errno::EEXIST,
            Refused::Closed => Errno::EBADF,
            Refused::NoMemory => Errno::ENOMEM,
        })
    }

    /// Makes room for one more; apart, so that where there is room nothing is paid for it.
    #[cold]
    #[inline(never)]
    fn grow(&self) -> Result<SpinGuard<'_, State, levels::ObjectState>, Errno> {
        let mut state = self.state.lock();
        while let Some(shortage) = state.interests.shortage().map_err(|_| Errno::ENOSPC)? {
            drop(state);
            let spare = Spare::new(shortage).map_err(|_| Errno::ENOMEM)?;
            state = self.state.lock();
            let rest = state.interests.supply(spare);
            drop(state);
            drop(rest);
            state = self.state.lock();
        }
        Ok(state)
    }

    /// Asks the object once it is registered: what came before is seen here, what comes later fires.
    #[inline]
    fn ask(&self, of: &OpenFile, token: Token, wanted: Wanted) {
        if of.poll().intersects(wanted.events()) {
            interest_told(self, token);
        }
    }

    /// Changes an interest (EPOLL_CTL_MOD).
    pub(crate) fn change(&self, target: &Target<'_>, wanted: Wanted, data: u64) -> Result<(), Errno> {
        let _changing = self.changing.lock();
        let mut state = self.state.lock();
        let token = state.interests.find(&target.key()).ok_or(Errno::ENOENT)?;
        let changed = state.interests.change(token, wanted, data).map_err(|_| Errno::EINVAL)?;
        drop(state);
        if let Some((_file, Some(bond))) = changed {
            target.watch.with_observers(&mut |list| list.set_mask(bond.at_object, mask(target.of, wanted)));
        }
        self.ask(target.of, token, wanted);
        Ok(())
    }

    /// Removes an interest (EPOLL_CTL_DEL).
    pub(crate) fn remove(&self, target: &Target<'_>) -> Result<(), Errno> {
        let _changing = self.changing.lock();
        // A statement of its own: what was taken out is dropped without the lock.
        let removed = self.state.lock().interests.remove_key(&target.key());
        match removed {
            Some(removed) => untie(&removed, target.watch),
            None => return Err(Errno::ENOENT),
        }
        Ok(())
    }

    /// Waits for events and copies at most `most` of them to `to` (epoll_wait(2)).
    pub(crate) fn wait(&self, me: &Thread, to: usize, most: usize, deadline_ns: Option<u64>) -> Result<usize, Stop> {
        loop {
            match self.gather(to, most)? {
                Gathered::Again => continue,
                Gathered::Events(0) if deadline_ns == Some(0) => return Ok(0),
                Gathered::Events(0) => {}
                Gathered::Events(n) => return Ok(n),
            }
            let look = || self.state.lock().interests.has_ready().then_some(());
            match wait::wait_at(me, self, Events::IN, Mode::One, deadline_ns, Interrupt::AnySignal, look) {
                Ok(()) => {}
                Err(Ended::Deadline) => return Ok(0),
                Err(Ended::Signal) => return Err(Errno::EINTR.into()),
                Err(Ended::NoMemory) => return Err(Errno::ENOMEM.into()),
            }
        }
    }

    /// Takes what is ready, asks it, copies it.
    fn gather(&self, to: usize, most: usize) -> Result<Gathered, Errno> {
        let mut scan = None;
        let mut count = 0;
        let mut others_wait;
        let result = loop {
            let (mut taken, mut events) = (ArrayVec::new(), ArrayVec::new());
            let (progress, waiting) = self.take(&mut scan, most - count, &mut taken, &mut events);
            others_wait = waiting;
            match self.report(&mut taken, &mut events, to + count * size_of::<Report>()) {
                Ok(n) => count += n,
                Err(n) if count + n == 0 => break Err(Errno::EFAULT),
                Err(n) => break Ok(Gathered::Events(count + n)),
            }
            if progress == Progress::More && count < most {
                continue;
            }
            if progress == Progress::More {
                self.state.lock().interests.turn(&scan);
            }
            break Ok(if progress == Progress::Disturbed && count == 0 { Gathered::Again } else { Gathered::Events(count) });
        };
        if others_wait && self.state.lock().interests.has_ready() {
            // Something is left, or will still be ready: for the next who waits.
            wait::pass_on(self, Events::IN);
        }
        result
    }

    /// Takes what is ready, with what it wants; says also whether a thread waits here.
    #[inline(never)]
    fn take(&self, scan: &mut Option<Scan>, most: usize, taken: &mut Asked, events: &mut Reports) -> (Progress, bool) {
        let mut state = self.state.lock();
        let progress = state.interests.take(scan, TOGETHER.min(most), |t, wanted, data| {
            // No more than there is room for. Options that stand among the events are no object's state.
            let _ = taken.try_push(t);
            let _ = events.try_push([u64::from(wanted.bits()), data]);
        });
        (progress, state.observers.has_one())
    }

    /// Asks those that were taken, whose events say what they want, and copies what they report to `to`; gives how many were
    /// reported, as an error if copying ended early.
    fn report(&self, taken: &mut Asked, events: &mut Reports, to: usize) -> Result<usize, usize> {
        let mut all = true;
        for (t, e) in taken.iter().zip(events.iter_mut()) {
            e[0] &= u64::from(t.file().poll().bits());
            all &= e[0] != 0;
        }
        if !all {
            self.settle_quiet(taken, events);
        }
        if user::copy_out(to, events.as_bytes()).is_ok() {
            return Ok(events.len());
        }
        let copied = copy_one_by_one(events, to);
        let mut state = self.state.lock();
        // Backwards, as each goes to the head of the list.
        for t in taken.iter().skip(copied).rev() {
            state.interests.settle(t, Outcome::NotDelivered);
        }
        Err(copied)
    }

    /// Drops those that have nothing to report.
    #[cold]
    fn settle_quiet(&self, taken: &mut Asked, events: &mut Reports) {
        let mut state = self.state.lock();
        for (t, e) in taken.iter().zip(events.iter()) {
            if e[0] == 0 {
                state.interests.settle(t, Outcome::NotReady);
            }
        }
        drop(state);
        let mut n = 0;
        taken.retain(|_| {
            n += 1;
            events.get(n - 1).is_some_and(|e| e[0] != 0)
        });
        events.retain(|e| e[0] != 0);
    }

    /// An interest has news; fires the set's own observers into `batch`.
    fn fire<const N: usize>(&self, token: Token, batch: &mut Batch<Observer, N>) -> More {
        let mut state = self.state.lock();
        if !state.interests.fire(token) || state.observers.is_empty() {
            return More::Done;
        }
        state.observers.fire(NEWS, batch)
    }

    /// The last descriptor is gone.
    fn close(&self) {
        loop {
            let Some(removed) = self.state.lock().interests.drain() else { break };
            let of = removed.file.clone();
            if let Some(watch) = of.file.watch() {
                untie(&removed, watch);
            }
        }
        let memory = self.state.lock().interests.memory();
        drop(memory);
    }
}

/// What an interest is to be in, as epoll_ctl(2) finds it.
pub(crate) struct Target<'a> {
    number: i32,
    of: &'a Ref<OpenFile>,
    watch: &'a dyn Watch,
    /// If it is a set itself.
    inner: Option<&'a Ref<EpollSet>>,
}

impl<'a> Target<'a> {
    /// The description that has the number `number`; `None` if its state never changes (EPERM).
    #[inline]
    pub(crate) fn new(number: i32, of: &'a Ref<OpenFile>) -> Option<Self> {
        Some(Target { number, of, watch: of.file.watch()?, inner: of.file.as_epoll() })
    }
    /// Whether it is a set itself.
    pub(crate) fn is_set(&self) -> bool {
        self.inner.is_some()
    }
    fn key(&self) -> Key {
        Key::new(self.number, self.of.id, self.inner.is_some())
    }
}

/// The events that its object's list has to know of.
fn mask(of: &OpenFile, wanted: Wanted) -> Events {
    wanted.events() & of.file.news()
}

/// Copies as many events to the program as can be copied; gives how many.
#[cold]
fn copy_one_by_one(events: &[Report], to: usize) -> usize {
    let mut n = 0;
    for e in events {
        if user::write(to + n * size_of::<Report>(), e).is_err() {
            break;
        }
        n += 1;
    }
    n
}

/// Ends the registrations of an interest that was taken out of its set.
fn untie(removed: &Removed<Ref<OpenFile>, Bond>, watch: &dyn Watch) {
    if let Some(bond) = removed.bond {
        untie_object(watch, bond.at_object);
        drop(removed.file.watched.remove(bond.at_description));
    }
}

#[inline]
fn untie_object(watch: &dyn Watch, key: logic_waits::Key) {
    let mut observer = None;
    watch.with_observers(&mut |list| observer = list.remove(key));
    drop(observer);
}

/// An interest that is being added; dropped before its time, it ends what was begun.
struct Staged<'a> {
    set: &'a Ref<EpollSet>,
    target: &'a Target<'a>,
    token: Option<Token>,
    at_object: Option<logic_waits::Key>,
    at_description: Option<Place>,
}

impl Staged<'_> {
    fn commit(mut self) {
        if let (Some(token), Some(at_object), Some(at_description)) = (self.token, self.at_object, self.at_description)
            && self.set.state.lock().interests.tie(token, Bond { at_object, at_description })
        {
            self.token = None;
            self.at_object = None;
            self.at_description = None;
        }
        // Otherwise the description or the set was closed meanwhile: the interest is gone, and its registrations go here.
    }
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.at_object.take() {
            untie_object(self.target.watch, key);
        }
        if let Some(place) = self.at_description.take() {
            drop(self.target.of.watched.remove(place));
        }
        if let Some(token) = self.token.take() {
            let removed = self.set.state.lock().interests.remove(token);
            drop(removed);
        }
    }
}

impl Watched {
    pub(super) const fn new() -> Self {
        Watched { list: SpinLock::new(Watchers::new()), ever: AtomicBool::new(false) }
    }

    fn add(&self, interest: Interest) -> Result<Place, logic_waits::NoMemory> {
        // Before the caller looks whether a descriptor is left: SeqCst on both sides, so that it or the last close sees the
        // other.
        self.ever.store(true, Ordering::SeqCst);
        self.list.lock().add(interest)
    }

    fn remove(&self, place: Place) -> impl Sized + use<> {
        let mut list = self.list.lock();
        let removed = list.remove(place);
        let excess = list.excess();
        drop(list);
        (removed, excess)
    }

    /// Ends all interests: the last descriptor is gone.
    #[inline]
    pub(super) fn end(&self, of: &OpenFile) {
        if self.ever.load(Ordering::SeqCst) {
            self.end_all(of);
        }
    }

    #[cold]
    fn end_all(&self, of: &OpenFile) {
        let mut batch = Batch::new();
        loop {
            let (first, more) = self.list.lock().drain(&mut batch);
            for (set, token) in first.into_iter().chain(batch.drain()) {
                let removed = set.state.lock().interests.remove(token);
                let bond = removed.as_ref().and_then(|r| r.bond);
                if let (Some(bond), Some(watch)) = (bond, of.file.watch()) {
                    untie_object(watch, bond.at_object);
                }
            }
            if more == More::Done {
                return;
            }
        }
    }
}

/// An object changed that an interest watches. True if a thread waits at the set, and so will see to it.
pub(crate) fn interest_told(set: &EpollSet, token: Token) -> bool {
    let mut batch: Batch<Observer, 1> = Batch::sized();
    let more = set.fire(token, &mut batch);
    match (batch.pop(), more) {
        (None, More::Done) => false,
        (Some(Observer::Thread(t)), More::Done) => {
            t.wake();
            true
        }
        (first, more) => epoll_nesting::tell_all(set, first, batch, more, EpollSet::fire),
    }
}

impl Watch for EpollSet {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        f(&mut self.state.lock().observers);
    }
    fn on(&self, _events: Events) -> On {
        On::plain(Waits::EventSet)
    }
}

/// An open set.
struct EpollFile {
    set: Ref<EpollSet>,
}

impl File for EpollFile {
    fn poll(&self, _of: &OpenFile) -> Events {
        loop {
            let Some(peeked) = self.set.state.lock().interests.peek() else { return Events::empty() };
            // Sets within sets: as deep as `epoll_nesting` allows, and no deeper.
            if peeked.taken.file().poll().intersects(peeked.wanted.events()) {
                return NEWS;
            }
            self.set.state.lock().interests.dismiss(&peeked.taken);
        }
    }
    fn watch(&self) -> Option<&dyn Watch> {
        Some(&*self.set)
    }
    fn seek(&self, of: &OpenFile, _offset: i64, _whence: u32) -> Result<u64, Errno> {
        Ok(of.position.load(Ordering::Relaxed))
    }
    fn last_close(&self, _of: &OpenFile) {
        self.set.close();
    }
    fn label(&self, out: &mut dyn core::fmt::Write) {
        let _ = out.write_str("anon_inode:[eventpoll]");
    }
    fn fdinfo(&self, _of: &OpenFile, out: &mut dyn core::fmt::Write) -> core::fmt::Result {
        let mut key = None;
        loop {
            let next = self.set.state.lock().interests.next_after(key.as_ref());
            let Some((at, wanted, data, of)) = next else { return Ok(()) };
            let (fd, bits) = (at.number(), wanted.bits());
            write!(out, "tfd: {fd:8} events: {bits:8x} data: {data:16x}  ")?;
            let (device, ino) = of.identity();
            writeln!(out, "pos:{} ino:{ino:x} sdev:{device:x}", of.position.load(Ordering::Relaxed))?;
            key = Some(at);
        }
    }
    fn as_epoll(&self) -> Option<&Ref<EpollSet>> {
        Some(&self.set)
    }
}
