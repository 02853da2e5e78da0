//! Descriptor tables: `logic-fdtable` with the locks and what a slot means.

use super::file::{Descriptor, OpenFile};
use super::locks::Owner;
use crate::budget::{Budget, SlotCharge};
use crate::object::inflight::InFlight;
use crate::task::{Thread, limits};
use abi::{Errno, Rights};
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use logic_fdtable::{CloseOnExec, FdNumber, Place, TableError};
use mem::{NoMemory, Ref};
use sync::{PreemptGuard, SpinLock, levels};

/// One slot.
pub(crate) struct Slot {
    /// The description.
    pub(crate) file: Descriptor,
    /// What may be done through it.
    pub(crate) rights: Rights,
    /// Closed by exec.
    pub(crate) cloexec: bool,
}

/// A table of descriptors, shared by threads (CLONE_FILES).
pub(crate) struct FdTable {
    slots: SpinLock<Slots, levels::FdTable>,
    /// Identity for record locks.
    id: u64,
    /// Who pays for its slots.
    budget: Ref<Budget>,
    /// Whether it has ever held a record lock: then closing a descriptor looks for them (fcntl(2)).
    locked: AtomicBool,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

type Slots = logic_fdtable::FdTable<Held>;

/// What a slot holds; whether exec closes it stands beside.
pub(crate) struct Held {
    file: Descriptor,
    rights: Rights,
    /// The table's owner pays for each slot, however it came.
    _charge: SlotCharge,
    /// The rights, without reading or writing where the description was not opened for it.
    usable: Rights,
}

/// Without what the description was not opened for.
#[inline(always)]
fn usable(file: &Descriptor, rights: Rights) -> Rights {
    rights.difference(file.closed_to())
}

impl Held {
    #[inline]
    fn new(file: Descriptor, rights: Rights, charge: SlotCharge) -> Self {
        let usable = usable(&file, rights);
        Held { file, rights, usable, _charge: charge }
    }
    /// A copy for another table, whose slots `budget` pays for.
    fn try_clone(&self, budget: &Budget) -> Result<Self, Errno> {
        let _charge = SlotCharge::new(budget).ok_or(Errno::EMFILE)?;
        Ok(Held { file: self.file.try_clone()?, rights: self.rights, usable: self.usable, _charge })
    }
}

/// Why a descriptor cannot be used for `need`: EBADF for what it was not opened for, EACCES for what it may not.
#[cold]
fn refusal(need: Rights, has: Rights) -> Errno {
    if need.difference(has).intersects(Rights::READ | Rights::WRITE) { Errno::EBADF } else { Errno::EACCES }
}

impl FdTable {
    /// An empty table.
    pub(crate) fn try_new(budget: &Ref<Budget>) -> Result<Ref<Self>, NoMemory> {
        Self::with(Slots::default(), budget)
    }
    fn with(slots: Slots, budget: &Ref<Budget>) -> Result<Ref<Self>, NoMemory> {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let budget = budget.clone();
        Ref::try_new(FdTable { slots: SpinLock::new(slots), id, budget, locked: AtomicBool::new(false) })
    }
    /// The owner of the record locks that are taken through this table, which may hold some from now on.
    pub(crate) fn lock_owner(&self) -> Owner {
        self.locked.store(true, Ordering::Relaxed);
        Owner::Table(self.id)
    }
    /// Whether it is this owner of locks.
    pub(crate) fn owns(&self, owner: Owner) -> bool {
        owner == Owner::Table(self.id)
    }
    /// Gives up the record locks on the file of a descriptor that was closed.
    #[inline]
    fn closed(&self, file: &OpenFile) {
        if self.locked.load(Ordering::Relaxed)
            && let Some(inode) = file.inode()
        {
            inode.locks.release(Owner::Table(self.id));
        }
    }
    /// A copy for fork(2), whose slots `budget` pays for: slots without the right to be duplicated are absent.
    pub(crate) fn try_copy(&self, budget: &Ref<Budget>) -> Result<Ref<Self>, Errno> {
        let mut refused = None;
        let copy = |_, held: &Held| {
            if refused.is_some() || !held.rights.contains(Rights::DUP) {
                return None;
            }
            held.try_clone(budget).inspect_err(|e| refused = Some(*e)).ok()
        };
        let copied = self.slots.lock().try_clone_with(copy);
        let slots = copied.map_err(|_| Errno::ENOMEM)?;
        if let Some(e) = refused {
            return Err(e);
        }
        Self::with(slots, budget).map_err(|NoMemory| Errno::ENOMEM)
    }
    /// The description behind a number that has the rights `need`. Preemption is off.
    #[inline(always)]
    pub(crate) fn find(&self, preempt: &PreemptGuard, fd: i32, need: Rights) -> Option<Ref<OpenFile>> {
        let slots = self.slots.lock_under(preempt);
        let held = slots.get(fd as u32)?;
        held.rights.contains(need).then(|| held.file.open_file().clone())
    }
    /// The same for reading or writing, which the description must have been opened for.
    #[inline(always)]
    pub(crate) fn find_for_transfer(&self, preempt: &PreemptGuard, fd: i32, need: Rights) -> Option<Ref<OpenFile>> {
        let slots = self.slots.lock_under(preempt);
        let held = slots.get(fd as u32)?;
        held.usable.contains(need).then(|| held.file.open_file().clone())
    }
    /// Takes a slot out, if that needs nothing else ([`FdTable::remove`]). Preemption is off.
    #[inline(always)]
    pub(crate) fn take(&self, preempt: &PreemptGuard, fd: i32) -> Option<Result<Descriptor, Errno>> {
        if self.locked.load(Ordering::Relaxed) {
            return None;
        }
        let held = self.slots.lock_under(preempt).remove(fd as u32);
        Some(held.map(|held| held.file).ok_or(Errno::EBADF))
    }
    /// The description behind a number, which must have the rights `need`.
    #[inline(never)]
    pub(crate) fn get(&self, fd: i32, need: Rights) -> Result<Ref<OpenFile>, Errno> {
        let slots = self.slots.lock();
        let held = slots.get(fd as u32).ok_or(Errno::EBADF)?;
        if held.rights.contains(need) { Ok(held.file.open_file().clone()) } else { Err(refusal(need, held.rights)) }
    }
    /// The descriptions behind several numbers; nothing for one that is free or lacks a right that is needed.
    #[inline]
    pub(crate) fn get_each<'a>(&self, each: impl Iterator<Item = (i32, Rights, &'a mut Option<Ref<OpenFile>>)>) {
        let slots = self.slots.lock();
        for (fd, need, found) in each {
            let held = slots.get(fd as u32).filter(|held| held.rights.contains(need));
            *found = held.map(|held| held.file.open_file().clone());
        }
    }
    /// The same for reading or writing, which the description must have been opened for.
    #[inline(never)]
    pub(crate) fn get_for_transfer(&self, fd: i32, need: Rights) -> Result<Ref<OpenFile>, Errno> {
        let slots = self.slots.lock();
        let held = slots.get(fd as u32).ok_or(Errno::EBADF)?;
        if held.usable.contains(need) { Ok(held.file.open_file().clone()) } else { Err(refusal(need, held.usable)) }
    }
    /// The whole slot behind a number, which must have the rights `need`.
    pub(crate) fn slot(&self, fd: i32, need: Rights) -> Result<Slot, Errno> {
        let slots = self.slots.lock();
        let held = slots.get(fd as u32).ok_or(Errno::EBADF)?;
        if !held.rights.contains(need) {
            return Err(refusal(need, held.rights));
        }
        let cloexec = slots.close_on_exec(fd as u32) == Some(CloseOnExec::Close);
        Ok(Slot { file: held.file.try_clone()?, rights: held.rights, cloexec })
    }
    /// Takes rights away from a slot: what is left is in `keep`. A directory that loses any no longer leads upwards.
    pub(crate) fn restrict(&self, fd: i32, keep: Rights) -> Result<Rights, Errno> {
        let mut slots = self.slots.lock();
        let held = slots.get_mut(fd as u32).ok_or(Errno::EBADF)?;
        if !keep.contains(held.rights) {
            let left = held.rights & keep & !Rights::WALK_UP;
            (held.rights, held.usable) = (left, held.usable & left);
        }
        Ok(held.rights)
    }
    /// Puts a slot at the lowest free number that is not below `min`.
    pub(crate) fn insert(&self, slot: Slot, min: usize, limit: u64) -> Result<i32, Errno> {
        let (held, close) = slot.split(&self.budget)?;
        let min = u32::try_from(min).unwrap_or(u32::MAX);
        // A statement of its own: what comes back is dropped without the lock.
        let inserted = self.slots.lock().insert(held, close, min, number_limit(limit));
        inserted.map(|fd| fd as i32).map_err(|(e, _held)| errno(e))
    }
    /// Puts two descriptions at the lowest free numbers, or neither. Preemption is off. What does not go in comes back, with the
    /// reason; none: the budget has no more slots, of which nobody was told.
    #[inline(always)]
    pub(crate) fn insert_pair(
        &self,
        preempt: &PreemptGuard,
        pair: [Descriptor; 2],
        cloexec: bool,
        limit: u64,
    ) -> Result<[i32; 2], (Option<Errno>, NotPut)> {
        let Some([first, second]) = SlotCharge::pair_quietly(&self.budget) else { return Err((None, NotPut::Uncharged(pair))) };
        let [a, b] = pair;
        let pair = [Held::new(a, Rights::all(), first), Held::new(b, Rights::all(), second)];
        let inserted = self.slots.lock_under(preempt).insert_pair(pair, mark(cloexec), number_limit(limit));
        inserted.map(|fds| fds.map(|fd| fd as i32)).map_err(|(e, a, b)| (Some(errno(e)), NotPut::Charged(a, b)))
    }
    /// Tells those who watch the budget that it has no more slots: EMFILE.
    #[cold]
    pub(crate) fn has_no_more_slots(&self) -> Errno {
        // Unless some were given back meanwhile.
        drop(SlotCharge::new(&self.budget));
        Errno::EMFILE
    }
    /// Puts a slot at exactly this number; what was there is closed.
    pub(crate) fn replace(&self, fd: i32, slot: Slot, limit: u64) -> Result<Option<Descriptor>, Errno> {
        let Some(charge) = SlotCharge::new(&self.budget) else { return self.exchange(fd, slot, limit) };
        let (held, close) = (Held::new(slot.file, slot.rights, charge), mark(slot.cloexec));
        // A statement of its own: what is dropped on the way out of this function is dropped without the lock.
        let replaced = self.slots.lock().replace(fd as u32, held, close, number_limit(limit));
        match replaced {
            Ok(old) => {
                let old = old.map(|held| held.file);
                if let Some(file) = &old {
                    self.closed(file);
                }
                Ok(old)
            }
            Err((TableError::Range, _held)) => Err(Errno::EBADF),
            Err((e, _held)) => Err(errno(e)),
        }
    }
    /// Replacing takes no slot: it goes on when the budget has no more of them. EMFILE: the number is free.
    #[cold]
    #[inline(never)]
    fn exchange(&self, fd: i32, slot: Slot, limit: u64) -> Result<Option<Descriptor>, Errno> {
        if fd as u32 >= number_limit(limit) {
            return Err(Errno::EBADF);
        }
        let mut slots = self.slots.lock();
        let Some(held) = slots.get_mut(fd as u32) else {
            drop(slots);
            return Err(Errno::EMFILE);
        };
        let usable = usable(&slot.file, slot.rights);
        let old = core::mem::replace(&mut held.file, slot.file);
        (held.rights, held.usable) = (slot.rights, usable);
        slots.set_close_on_exec(fd as u32, mark(slot.cloexec));
        drop(slots);
        self.closed(&old);
        Ok(Some(old))
    }
    /// Takes a slot out.
    #[inline]
    pub(crate) fn remove(&self, fd: i32) -> Result<Descriptor, Errno> {
        let held = self.slots.lock().remove(fd as u32).ok_or(Errno::EBADF)?;
        self.closed(&held.file);
        Ok(held.file)
    }
    /// Changes the close-on-exec flag.
    pub(crate) fn set_cloexec(&self, fd: i32, on: bool) -> Result<(), Errno> {
        if self.slots.lock().set_close_on_exec(fd as u32, mark(on)) { Ok(()) } else { Err(Errno::EBADF) }
    }
    /// The first number from `from` on that is in use.
    pub(crate) fn next_used(&self, from: usize) -> Option<i32> {
        self.slots.lock().next_from(u32::try_from(from).ok()?).map(|(fd, _)| fd as i32)
    }
    /// Takes out the first slot from `from` on that closes on exec.
    pub(crate) fn take_cloexec(&self, from: usize) -> Option<(i32, Descriptor)> {
        let (fd, held) = self.slots.lock().take_close_on_exec(u32::try_from(from).ok()?)?;
        self.closed(&held.file);
        Some((fd as i32, held.file))
    }
    /// Descriptors in use.
    pub(crate) fn len(&self) -> usize {
        self.slots.lock().len()
    }
}

/// What did not go into a table, to be dropped where no lock is held.
#[expect(dead_code, reason = "it is only dropped")]
pub(crate) enum NotPut {
    /// Descriptors without a slot.
    Uncharged([Descriptor; 2]),
    /// Slots.
    Charged(Option<Held>, Held),
}

/// A slot on its way from one table to another.
pub(crate) struct Passed {
    /// The description.
    pub(crate) file: InFlight,
    /// What may be done through it.
    pub(crate) rights: Rights,
}

/// Copies slots that are on their way; `to` has room for them.
pub(crate) fn copy(from: &[Passed], to: &mut Vec<Passed>) -> Result<(), Errno> {
    for Passed { file, rights } in from {
        if let Some(file) = file.waits() {
            // reserved: by the caller.
            to.push(Passed { file: InFlight::new(file.try_clone()?), rights: *rights });
        }
    }
    Ok(())
}

/// Numbers that are reserved in a table; given back when dropped.
pub(crate) struct Reserved {
    table: Ref<FdTable>,
    /// The first one, which needs no list.
    first: Option<Number>,
    more: Vec<Number>,
    close: CloseOnExec,
}

type Number = (FdNumber, SlotCharge);

impl FdTable {
    /// Moves slots out of the table, all or none. Once it is sure that all of them are there, different, and may be handed
    /// on, `go` runs under the table's lock: it either calls what it is given with a list that has room for them, or
    /// leaves them where they are. `carried` comes back if it does not run.
    pub(crate) fn move_out<M, R>(
        &self,
        fds: &[i32],
        carried: M,
        go: impl FnOnce(M, &mut dyn FnMut(&mut Vec<Passed>)) -> R,
    ) -> Result<R, (Errno, M)> {
        if fds.iter().enumerate().any(|(i, fd)| fds.iter().take(i).any(|other| other == fd)) {
            return Err((Errno::EINVAL, carried));
        }
        let mut slots = self.slots.lock();
        for &fd in fds {
            match slots.get(fd as u32) {
                None => return Err((Errno::EBADF, carried)),
                Some(held) if !held.rights.contains(Rights::TRANSFER) => return Err((Errno::EACCES, carried)),
                Some(_) => {}
            }
        }
        let result = go(carried, &mut |to| {
            for &fd in fds {
                if let Some(Held { file, rights, .. }) = slots.remove(fd as u32) {
                    // reserved: by the caller.
                    to.push(Passed { file: InFlight::new(file), rights });
                }
            }
        });
        Ok(result)
    }

    /// As [`FdTable::move_out`], of one slot that nothing can wait in: `go` may take it. Preemption is off. `None` if there is none
    /// that may be handed on like that, or `go` says so.
    #[inline(always)]
    pub(crate) fn move_plain<R>(&self, preempt: &PreemptGuard, fd: i32, go: impl FnOnce(Moving<'_>) -> Option<R>) -> Option<R> {
        let mut slots = self.slots.lock_under(preempt);
        let place = slots.place(fd as u32)?;
        let held = place.get()?;
        if !held.rights.contains(Rights::TRANSFER) || held.file.is_carrier() {
            return None;
        }
        go(Moving(place))
    }

    /// Copies slots for another table, all or none; `to` has room for them. Who copies must have the right to, and to hand
    /// them on.
    pub(crate) fn copy_out(&self, fds: &[i32], to: &mut Vec<Passed>) -> Result<(), Errno> {
        for &fd in fds {
            let slot = self.slot(fd, Rights::DUP | Rights::TRANSFER)?;
            // reserved: by the caller.
            to.push(Passed { file: InFlight::new(slot.file), rights: slot.rights });
        }
        Ok(())
    }

    /// Reserves `count` numbers below `limit`.
    pub(crate) fn reserve(this: &Ref<Self>, count: usize, limit: u64) -> Result<Reserved, Errno> {
        Self::reserve_most(this, count, limit).and_then(|(reserved, short)| short.map_or(Ok(reserved), Err))
    }

    /// Reserves as many of `count` numbers below `limit` as there are, and says why not all.
    pub(crate) fn reserve_most(this: &Ref<Self>, count: usize, limit: u64) -> Result<(Reserved, Option<Errno>), Errno> {
        let mut reserved = Reserved { table: this.clone(), first: None, more: Vec::new(), close: CloseOnExec::Close };
        if count > 1 {
            reserved.more.try_reserve_exact(count.saturating_sub(1)).map_err(|_| Errno::ENOMEM)?;
        }
        for at in 0..count {
            let Some(charge) = SlotCharge::new(&this.budget) else { return Ok((reserved, Some(Errno::EDQUOT))) };
            // A statement of its own: the charge is given back without the lock.
            let number = this.slots.lock().reserve(0, number_limit(limit));
            match number {
                Ok(number) if at == 0 => reserved.first = Some((number, charge)),
                Ok(number) => reserved.more.push((number, charge)),
                Err(e) => return Ok((reserved, Some(errno(e)))),
            }
        }
        Ok((reserved, None))
    }
}

/// A slot that is about to be moved out of a table, whose lock is held.
pub(crate) struct Moving<'a>(Place<'a, Held>);

impl Moving<'_> {
    /// Moves it to a list that has room for it.
    #[inline(always)]
    pub(crate) fn take(self, to: &mut Vec<Passed>) {
        if let Some(Held { file, rights, .. }) = self.0.take() {
            // reserved: by the caller.
            to.push(Passed { file: InFlight::Plain(file), rights });
        }
    }
}

/// One number that is reserved in the running thread's table, which is the same all the while; given back when dropped.
pub(crate) struct ReservedOne<'a> {
    me: &'a Thread,
    number: Option<Number>,
}

impl<'a> ReservedOne<'a> {
    /// Reserves one number. `None`: [`FdTable::reserve`] says why not.
    #[inline(never)]
    pub(crate) fn new(me: &'a Thread) -> Option<Self> {
        let limit = me.process().limit(limits::NOFILE);
        let number = me.with_refs_and_preempt(|r, preempt| {
            let charge = SlotCharge::quietly(&r.files.budget)?;
            let number = r.files.slots.lock_under(preempt).reserve(0, number_limit(limit)).ok()?;
            Some((number, charge))
        });
        number.is_some().then_some(ReservedOne { me, number })
    }
    /// The number.
    #[inline(always)]
    pub(crate) fn number(&self) -> i32 {
        self.number.as_ref().map_or(-1, |(n, _)| n.get() as i32)
    }
    /// The same, as for several.
    pub(crate) fn into_many(mut self) -> Reserved {
        Reserved { table: self.me.files(), first: self.number.take(), more: Vec::new(), close: CloseOnExec::Close }
    }
    /// Puts a slot under it, as [`Reserved::install`] does.
    #[inline(always)]
    pub(crate) fn install(mut self, passed: Passed) {
        let Passed { file, rights } = passed;
        if let Some(file) = file.arrived()
            && let Some((number, charge)) = self.number.take()
        {
            let held = Held::new(file, rights.difference(Rights::WALK_UP), charge);
            let back = self
                .me
                .with_refs_and_preempt(|r, preempt| r.files.slots.lock_under(preempt).install(number, held, CloseOnExec::Close));
            if let Some(held) = back {
                // Not the number of this table.
                drop(held);
            }
        }
    }
}

impl Drop for ReservedOne<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(number) = self.number.take() {
            give_back(self.me, number);
        }
    }
}

#[cold]
#[inline(never)]
fn give_back(me: &Thread, (number, _charge): Number) {
    me.with_files(|files| files.slots.lock().cancel(number));
}

impl Reserved {
    /// The numbers.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = i32> + '_ {
        self.first.iter().chain(&self.more).map(|(n, _)| n.get() as i32)
    }
    /// The first of them.
    #[inline(always)]
    pub(crate) fn first(&self) -> Option<i32> {
        self.first.as_ref().map(|(n, _)| n.get() as i32)
    }
    /// The first of them; the others are given back.
    pub(crate) fn into_one(mut self, me: &Thread) -> ReservedOne<'_> {
        ReservedOne { me, number: self.first.take() }
    }
    /// What is put there stays over exec.
    pub(crate) fn keep_over_exec(&mut self) {
        self.close = CloseOnExec::Keep;
    }
    /// Puts slots under the first of the numbers; what comes from elsewhere does not lead upwards, and is closed by exec unless
    /// said otherwise.
    pub(crate) fn install(mut self, from: &mut Vec<Passed>) {
        let mut slots = self.table.slots.lock();
        let mut numbers = self.first.take().into_iter().chain(core::mem::take(&mut self.more));
        for Passed { file, rights } in from.drain(..) {
            let Some((number, charge)) = numbers.next() else { break };
            let rights = rights.difference(Rights::WALK_UP);
            if let Some(file) = file.arrived() {
                // The number is reserved in this table, so nothing comes back.
                let _ = slots.install(number, Held::new(file, rights, charge), self.close);
            }
        }
        for (number, _charge) in numbers {
            slots.cancel(number);
        }
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if self.first.is_some() || !self.more.is_empty() {
            let mut slots = self.table.slots.lock();
            while let Some((number, _charge)) = self.more.pop().or_else(|| self.first.take()) {
                slots.cancel(number);
            }
        }
    }
}

impl Slot {
    /// What goes into a table whose slots `budget` pays for.
    #[inline(always)]
    fn split(self, budget: &Budget) -> Result<(Held, CloseOnExec), Errno> {
        let charge = SlotCharge::new(budget).ok_or(Errno::EMFILE)?;
        Ok((Held::new(self.file, self.rights, charge), mark(self.cloexec)))
    }
}

fn mark(cloexec: bool) -> CloseOnExec {
    if cloexec { CloseOnExec::Close } else { CloseOnExec::Keep }
}

/// A limit on numbers (RLIMIT_NOFILE) as the table takes it.
fn number_limit(limit: u64) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}

fn errno(error: TableError) -> Errno {
    match error {
        TableError::Limit | TableError::Range => Errno::EMFILE,
        TableError::Memory => Errno::ENOMEM,
        // open(2), dup2(2): "the call raced with open".
        TableError::Busy => Errno::EBUSY,
    }
}

impl Drop for FdTable {
    fn drop(&mut self) {
        if self.locked.load(Ordering::Relaxed) {
            // One at a time: each gives up the record locks on its file.
            let mut from = 0;
            while let Some(fd) = self.next_used(from) {
                drop(self.remove(fd));
                from = fd as usize + 1;
            }
        }
    }
}
