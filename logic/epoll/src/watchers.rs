//! [`Watchers`]: the interests in one open description, in whatever sets, so that its last close ends them all.
//!
//! A description is usually watched by one set, and that one needs no memory. Who adds a watcher looks afterwards whether
//! the last descriptor is gone, and takes it out again then; who closes the last descriptor empties this after that can be
//! seen. So one of the two ends the interest.

use alloc::vec::Vec;
use logic_waits::{Batch, Events, Key, Mode, More, NoMemory, ObserverList};

/// Where a watcher stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the description itself.
    First,
    /// In the list of further ones.
    Further(Key),
}

/// The watchers of one description.
#[derive(Debug)]
pub struct Watchers<W> {
    first: Option<W>,
    /// One list, once there was a second watcher.
    further: Vec<ObserverList<W>>,
}

impl<W: Clone> Watchers<W> {
    /// None; does not allocate.
    #[must_use]
    pub const fn new() -> Self {
        Self { first: None, further: Vec::new() }
    }

    /// Notes a watcher.
    ///
    /// # Errors
    /// [`NoMemory`].
    pub fn add(&mut self, watcher: W) -> Result<Place, NoMemory> {
        if self.first.is_none() {
            self.first = Some(watcher);
            return Ok(Place::First);
        }
        if self.further.is_empty() {
            self.further.try_reserve_exact(1).map_err(|_| NoMemory)?;
            self.further.push(ObserverList::new());
        }
        let list = self.further.first_mut().ok_or(NoMemory)?;
        list.add(watcher, Events::ALWAYS, Mode::One).map(Place::Further)
    }

    /// Takes one out, to be dropped without a lock; `None` if it is gone.
    pub fn remove(&mut self, place: Place) -> Option<W> {
        match place {
            Place::First => self.first.take(),
            Place::Further(key) => self.further.first_mut()?.remove(key),
        }
    }

    /// Takes all out, by and by, when the last descriptor is gone: called again with the emptied batch until it says
    /// [`More::Done`].
    pub fn drain(&mut self, out: &mut Batch<W>) -> (Option<W>, More) {
        let first = self.first.take();
        let more = self.further.first_mut().map_or(More::Done, |list| list.fire(Events::HUP, out));
        (first, more)
    }

    /// The memory of the list when nobody is in it, to be dropped without a lock.
    pub fn excess(&mut self) -> Option<impl Sized + use<W>> {
        let list = self.further.first_mut()?;
        list.is_empty().then(|| core::mem::take(&mut self.further))
    }
}

impl<W: Clone> Default for Watchers<W> {
    fn default() -> Self {
        Self::new()
    }
}
