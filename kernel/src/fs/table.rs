//! Descriptor tables.

use super::file::{Descriptor, OpenFile};
use super::locks::Owner;
use abi::{Errno, Rights};
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use mem::{NoMemory, Ref};
use sync::{SpinLock, levels};

/// One slot.
#[derive(Clone)]
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
    /// Whether it has ever held a record lock: then closing a descriptor looks for them (fcntl(2)).
    locked: AtomicBool,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

#[derive(Default)]
struct Slots {
    list: Vec<Option<Slot>>,
    /// No number below this is free.
    lowest_free: usize,
    count: usize,
}

impl FdTable {
    /// An empty table.
    pub(crate) fn try_new() -> Result<Ref<Self>, NoMemory> {
        Self::with(Slots::default())
    }
    fn with(slots: Slots) -> Result<Ref<Self>, NoMemory> {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        Ref::try_new(FdTable { slots: SpinLock::new(slots), id, locked: AtomicBool::new(false) })
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
    fn closed(&self, slot: &Slot) {
        if self.locked.load(Ordering::Relaxed)
            && let Some(inode) = slot.file.inode()
        {
            inode.locks.release(Owner::Table(self.id));
        }
    }
    /// A copy for fork(2): slots without the right to be duplicated are absent.
    pub(crate) fn try_copy(&self) -> Result<Ref<Self>, NoMemory> {
        let mut list = Vec::new();
        loop {
            let want = self.slots.lock().list.len();
            list.try_reserve(want).map_err(|_| NoMemory)?;
            let slots = self.slots.lock();
            if slots.list.len() > list.capacity() {
                continue;
            }
            let mut count = 0;
            for slot in &slots.list {
                let copy = slot.as_ref().filter(|s| s.rights.contains(Rights::DUP)).cloned();
                count += usize::from(copy.is_some());
                list.push(copy);
            }
            let lowest_free = list.iter().position(Option::is_none).unwrap_or(list.len());
            drop(slots);
            return Self::with(Slots { list, lowest_free, count });
        }
    }
    /// The description behind a number.
    #[inline]
    pub(crate) fn get(&self, fd: i32) -> Result<Ref<OpenFile>, Errno> {
        let slots = self.slots.lock();
        match slots.list.get(fd as usize) {
            Some(Some(slot)) => Ok(slot.file.open_file().clone()),
            _ => Err(Errno::EBADF),
        }
    }
    /// The whole slot behind a number.
    pub(crate) fn slot(&self, fd: i32) -> Result<Slot, Errno> {
        match self.slots.lock().list.get(fd as usize) {
            Some(Some(slot)) => Ok(slot.clone()),
            _ => Err(Errno::EBADF),
        }
    }
    /// Puts a slot at the lowest free number that is not below `min`.
    pub(crate) fn insert(&self, slot: Slot, min: usize, limit: u64) -> Result<i32, Errno> {
        self.insert_or_return(slot, min, limit).map_err(|(e, _slot)| e)
    }
    fn insert_or_return(&self, slot: Slot, min: usize, limit: u64) -> Result<i32, (Errno, Slot)> {
        let mut slots = self.slots.lock();
        let s = &mut *slots;
        let from = min.max(s.lowest_free);
        let at = s.list.iter().skip(from).position(Option::is_none).map_or(s.list.len().max(from), |i| i + from);
        if at as u64 >= limit {
            return Err((Errno::EMFILE, slot));
        }
        if let Err(e) = s.extend_to(at) {
            return Err((e, slot));
        }
        if let Some(place) = s.list.get_mut(at) {
            *place = Some(slot);
        }
        s.count += 1;
        if from == s.lowest_free {
            s.lowest_free = at + 1;
        }
        Ok(at as i32)
    }
    /// Puts a slot at exactly this number; what was there is returned, to be dropped by the caller.
    pub(crate) fn replace(&self, fd: i32, slot: Slot, limit: u64) -> Result<Option<Slot>, Errno> {
        if fd < 0 || fd as u64 >= limit {
            return Err(Errno::EBADF);
        }
        let mut slots = self.slots.lock();
        let s = &mut *slots;
        let at = fd as usize;
        s.extend_to(at)?;
        let Some(place) = s.list.get_mut(at) else { return Err(Errno::ENOMEM) };
        let old = place.replace(slot);
        s.count += usize::from(old.is_none());
        drop(slots);
        if let Some(old) = &old {
            self.closed(old);
        }
        Ok(old)
    }
    /// Takes a slot out.
    pub(crate) fn remove(&self, fd: i32) -> Result<Slot, Errno> {
        let mut slots = self.slots.lock();
        let s = &mut *slots;
        let slot = s.list.get_mut(fd as usize).and_then(Option::take).ok_or(Errno::EBADF)?;
        s.count -= 1;
        s.lowest_free = s.lowest_free.min(fd as usize);
        drop(slots);
        self.closed(&slot);
        Ok(slot)
    }
    /// Changes the close-on-exec flag.
    pub(crate) fn set_cloexec(&self, fd: i32, on: bool) -> Result<(), Errno> {
        match self.slots.lock().list.get_mut(fd as usize) {
            Some(Some(slot)) => {
                slot.cloexec = on;
                Ok(())
            }
            _ => Err(Errno::EBADF),
        }
    }
    /// The first number from `from` on that is in use.
    pub(crate) fn next_used(&self, from: usize) -> Option<i32> {
        let slots = self.slots.lock();
        slots.list.iter().skip(from).position(Option::is_some).map(|i| (i + from) as i32)
    }
    /// Takes out the first slot from `from` on that closes on exec.
    pub(crate) fn take_cloexec(&self, from: usize) -> Option<(i32, Slot)> {
        let mut slots = self.slots.lock();
        let s = &mut *slots;
        let at = s.list.iter().skip(from).position(|x| x.as_ref().is_some_and(|x| x.cloexec))? + from;
        let slot = s.list.get_mut(at)?.take()?;
        s.count -= 1;
        s.lowest_free = s.lowest_free.min(at);
        drop(slots);
        self.closed(&slot);
        Some((at as i32, slot))
    }
    /// Descriptors in use.
    pub(crate) fn len(&self) -> usize {
        self.slots.lock().count
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

impl Slots {
    fn extend_to(&mut self, at: usize) -> Result<(), Errno> {
        if at >= self.list.len() {
            let more = at + 1 - self.list.len();
            self.list.try_reserve(more).map_err(|_| Errno::ENOMEM)?;
            self.list.resize(at + 1, None);
        }
        Ok(())
    }
}
