//! [`Forest`]: accounts of a table, which begin, end, and begin anew for others. Neighbour: `kernel/mem` has the table.
//!
//! An account outlives its budget while anything is charged to it: it is closed then, and what is given back goes to its
//! parent. One of which nothing is in use any more is spent and serves the next budget. The memory that accounts lie on is
//! never used for anything else, so that who is late with a look at one finds an account.
//!
//! The table is one for all. Who has a limit of frames has, with all that is below, the same part of the table as of the
//! machine's frames, so that nobody fills it for the others. What is below one of the first accounts leaves a quarter for the rest.

use core::marker::PhantomData;
use core::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, Ordering};

use logic_shim::Core;

use crate::{Account, KINDS, Kind, Limit, Link, Stocks};

/// No account.
const NONE: u32 = u32::MAX;

/// A table of accounts.
pub trait Table: Sized + 'static {
    /// The stocks of an account.
    type Stocks: AsRef<[Stocks<Core>]> + 'static;
    /// The account with this index, or the root's if there is none.
    fn account(index: u16) -> &'static Account<Core, Place<Self>, Self::Stocks>;
    /// Which of them are in use.
    fn forest() -> &'static Forest;
    /// What to do on this hart when an alarm rang ([`Forest::take_rang`]).
    fn rang() {}
}

/// Takes no other value than zero, so that `None` of a place has one, and a place may be all zeroes.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Is {
    Place = 0,
}

/// An account's place in the table, by which it finds the one above it.
pub struct Place<T> {
    own: AtomicU16,
    is: Is,
    parent: AtomicU32,
    /// The next one on the list that it is on.
    next: AtomicU32,
    /// Accounts below it that are in use, closed ones included.
    below: AtomicU32,
    table: PhantomData<fn() -> T>,
}

impl<T> Place<T> {
    /// All zeroes, for a static; [`Place::begin`] makes it a place.
    #[must_use]
    pub const fn zero() -> Self {
        let (parent, next, below) = (AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0));
        Place { own: AtomicU16::new(0), is: Is::Place, parent, next, below, table: PhantomData }
    }

    /// Says whose place it is, and which account is above: none for the root of the tree. Nobody else knows it yet.
    pub fn begin(&self, own: u16, parent: Option<u16>) {
        self.own.store(own, Ordering::Relaxed);
        self.parent.store(parent.map_or(NONE, u32::from), Ordering::Relaxed);
        self.next.store(NONE, Ordering::Relaxed);
    }
    fn own(&self) -> u16 {
        let Is::Place = self.is;
        self.own.load(Ordering::Relaxed)
    }
    /// The index of the account above.
    #[must_use]
    pub fn parent(&self) -> Option<u16> {
        u16::try_from(self.parent.load(Ordering::Relaxed)).ok()
    }
}

impl<T> core::fmt::Debug for Place<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Place").field("own", &self.own()).field("parent", &self.parent()).finish()
    }
}

impl<T: Table> Link<Core, T::Stocks> for Place<T> {
    #[inline]
    fn account(&self) -> Option<&Account<Core, Self, T::Stocks>> {
        self.parent().map(T::account)
    }
    fn spent(&self) {
        push::<T>(&T::forest().spent, self.own());
        T::forest().retire_spent::<T>();
    }
    fn rang(&self) {
        T::forest().rang.store(true, Ordering::Release);
        T::rang();
    }
}

fn next_of<T: Table>(index: u16) -> Option<&'static AtomicU32> {
    T::account(index).link().map(|place| &place.next)
}

type Each<'a, T> = &'a mut dyn FnMut(&'static Account<Core, Place<T>, <T as Table>::Stocks>, &'static Place<T>);

/// Calls `f` with an account and those above it.
#[inline(never)]
fn each_above<T: Table>(index: Option<u16>, f: Each<'_, T>) {
    let mut at = index;
    while let Some(index) = at {
        let account = T::account(index);
        let Some(place) = account.link() else { return };
        f(account, place);
        at = place.parent();
    }
}

fn push<T: Table>(list: &AtomicU32, index: u16) {
    let Some(next) = next_of::<T>(index) else { return };
    let mut first = list.load(Ordering::Acquire);
    loop {
        next.store(first, Ordering::Relaxed);
        match list.compare_exchange_weak(first, u32::from(index), Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return,
            Err(now) => first = now,
        }
    }
}

/// Why an account cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// No memory for it, or too many.
    NoMemory,
    /// The parent cannot spare what is to be carved.
    Limits,
}

/// Which accounts of a table are in use.
#[derive(Debug)]
pub struct Forest {
    /// Places of the table that have an account.
    used: AtomicU32,
    /// Places of the table, and how many may have one.
    places: u32,
    most: AtomicU32,
    /// Accounts that are spent, and whether someone takes care of them.
    spent: AtomicU32,
    retiring: AtomicBool,
    /// Accounts for the next budgets.
    free: AtomicU32,
    /// Whether an alarm of any account rang.
    rang: AtomicBool,
    /// Where the next look for stocks of closed accounts begins.
    look: AtomicU32,
}

impl Forest {
    /// The first `used` accounts of the table, which has so many places, are in use.
    #[must_use]
    pub const fn new(used: u32, places: u32) -> Forest {
        Forest {
            used: AtomicU32::new(used),
            places,
            most: AtomicU32::new(0),
            spent: AtomicU32::new(NONE),
            retiring: AtomicBool::new(false),
            free: AtomicU32::new(NONE),
            rang: AtomicBool::new(false),
            look: AtomicU32::new(0),
        }
    }

    /// Places of the table that have an account, open or not.
    #[must_use]
    pub fn used(&self) -> u32 {
        self.used.load(Ordering::Acquire)
    }

    /// Says how many places there may be, if the table has as many: none are added before.
    pub fn set_most(&self, places: u32) {
        self.most.store(places.min(self.places), Ordering::Relaxed);
    }

    /// How many places there may be.
    #[must_use]
    pub fn most(&self) -> u32 {
        self.most.load(Ordering::Relaxed)
    }

    /// Whether an alarm of any account rang since this was last asked.
    pub fn take_rang(&self) -> bool {
        self.rang.load(Ordering::Relaxed) && self.rang.swap(false, Ordering::AcqRel)
    }

    /// Opens an account below another, which pays for the frame that it lies on. `make` puts a new one at an index of the
    /// table. Calls do not overlap: the caller holds a lock.
    ///
    /// # Errors
    /// [`OpenError`]; nothing is charged or reserved then.
    #[inline(never)]
    pub fn open<T: Table>(
        &self,
        parent: u16,
        limits: &[Limit; KINDS],
        make: impl FnOnce(u16) -> Option<()>,
    ) -> Result<u16, OpenError> {
        self.look_around::<T>();
        if !self.has_part::<T>(parent) {
            return Err(OpenError::NoMemory);
        }
        let above = T::account(parent);
        above.charge(0, Kind::Frames, 1).map_err(|_| OpenError::NoMemory)?;
        let Some(index) = self.take_free::<T>().or_else(|| self.add(make)) else {
            above.uncharge(0, Kind::Frames, 1);
            return Err(OpenError::NoMemory);
        };
        let account = T::account(index);
        if let Some(place) = account.link() {
            place.parent.store(u32::from(parent), Ordering::Relaxed);
        }
        each_above::<T>(Some(parent), &mut |_, place| _ = place.below.fetch_add(1, Ordering::Relaxed));
        // On failure the account is spent, and gives the frame back.
        account.reopen(limits).map_err(|_| OpenError::Limits)?;
        Ok(index)
    }

    /// Whether one more below this account is in its part of the table, and in the parts of those above it.
    fn has_part<T: Table>(&self, parent: u16) -> bool {
        /// What everybody may have.
        const LEAST: u64 = 16;
        let all = T::account(0).limit(Kind::Frames);
        let most = u64::from(self.most());
        let frames_each = all.checked_div(most).unwrap_or(all);
        let mut fits = true;
        each_above::<T>(Some(parent), &mut |account, place| {
            let part = match place.parent() {
                None => return,
                // Also without a limit they leave something for those beside them.
                Some(0) => most.saturating_sub(most / 4),
                Some(_) => account.limit(Kind::Frames).checked_div(frames_each).unwrap_or(0).max(LEAST),
            };
            fits &= u64::from(place.below.load(Ordering::Relaxed)) < part;
        });
        fits
    }

    fn add(&self, make: impl FnOnce(u16) -> Option<()>) -> Option<u16> {
        let used = self.used.load(Ordering::Relaxed);
        if used >= self.most.load(Ordering::Relaxed) {
            return None;
        }
        let index = u16::try_from(used).ok()?;
        make(index)?;
        self.used.store(used.wrapping_add(1), Ordering::Release);
        Some(index)
    }

    /// One at a time takes from the list, so that what was taken does not come back while the next is being taken.
    fn take_free<T: Table>(&self) -> Option<u16> {
        let mut first = self.free.load(Ordering::Acquire);
        loop {
            let index = u16::try_from(first).ok()?;
            let next = next_of::<T>(index)?.load(Ordering::Relaxed);
            match self.free.compare_exchange_weak(first, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(index),
                Err(now) => first = now,
            }
        }
    }

    /// Makes spent accounts free. Their frames are their parents' to pay, which may be spent with them: so this is a loop,
    /// and who comes while it runs leaves the rest to it.
    fn retire_spent<T: Table>(&self) {
        while self.spent.load(Ordering::Acquire) != NONE && !self.retiring.swap(true, Ordering::AcqRel) {
            let mut at = self.spent.swap(NONE, Ordering::AcqRel);
            while let Ok(index) = u16::try_from(at) {
                let place = T::account(index).link();
                at = place.map_or(NONE, |place| place.next.load(Ordering::Relaxed));
                let parent = place.and_then(Place::parent);
                each_above::<T>(parent, &mut |_, place| _ = place.below.fetch_sub(1, Ordering::Relaxed));
                push::<T>(&self.free, index);
                if let Some(parent) = parent {
                    T::account(parent).uncharge(0, Kind::Frames, 1);
                }
            }
            self.retiring.store(false, Ordering::Release);
        }
    }

    /// Who gives back while an account is being closed may put it into a stock: a few accounts are looked at each time that
    /// one begins or ends.
    pub fn look_around<T: Table>(&self) {
        const LOOKS: u32 = 4;
        for _ in 0..LOOKS {
            let at = self.look.fetch_add(1, Ordering::Relaxed).checked_rem(self.used()).unwrap_or(0);
            T::account(at as u16).settle();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::UNLIMITED;
    use std::sync::LazyLock;
    use std::vec::Vec;

    const PLACES: usize = 100;
    type Test = Account<Core, Place<Accounts>, [Stocks<Core>; 1]>;

    struct Accounts;
    static FOREST: Forest = Forest::new(2, PLACES as u32);
    static TABLE: LazyLock<Vec<Test>> = LazyLock::new(|| {
        let account = |index| {
            let (parent, limit) = if index == 0 { (None, UNLIMITED) } else { (Some(0), 0) };
            let account: Test = Account::zero([Stocks::fixed()], Some(Place::zero()));
            account.link().unwrap().begin(index, parent);
            account.begin(limit);
            account
        };
        (0..PLACES as u16).map(account).collect()
    });

    impl Table for Accounts {
        type Stocks = [Stocks<Core>; 1];
        fn account(index: u16) -> &'static Test {
            TABLE.get(index as usize).unwrap()
        }
        fn forest() -> &'static Forest {
            &FOREST
        }
    }

    fn open(parent: u16, frames: Limit) -> Result<u16, OpenError> {
        let mut limits = [Limit::OPEN; KINDS];
        limits[0] = frames;
        FOREST.open::<Accounts>(parent, &limits, |_| Some(()))
    }

    fn fill(parent: u16) -> Vec<u16> {
        core::iter::from_fn(|| open(parent, Limit::OPEN).ok()).collect()
    }

    fn close(index: u16) {
        Accounts::account(index).close();
    }

    /// The one test, as the table is one.
    #[test]
    fn nobody_fills_the_table_for_the_others() {
        let (root, session) = (Accounts::account(0), Accounts::account(1));
        root.set_limit(Kind::Frames, 10_000).unwrap();
        session.set_limit(Kind::Frames, 9_000).unwrap();
        session.set_limit(Kind::Channels, 10).unwrap();
        assert_eq!(open(1, Limit::OPEN), Err(OpenError::NoMemory));
        FOREST.set_most(PLACES as u32);
        // A quarter of the frames is a quarter of the table, however it is divided below.
        let quarter = open(1, Limit::Shared(2_500)).unwrap();
        let inner = open(quarter, Limit::Shared(9_000)).unwrap();
        let full = fill(inner);
        assert_eq!(full.len(), 24);
        assert_eq!(open(quarter, Limit::OPEN), Err(OpenError::NoMemory));
        // A closed account counts as long as something is charged to it.
        let held = *full.first().unwrap();
        Accounts::account(held).charge(0, Kind::Channels, 1).unwrap();
        close(held);
        assert_eq!(open(inner, Limit::OPEN), Err(OpenError::NoMemory));
        Accounts::account(held).uncharge(0, Kind::Channels, 1);
        let again = open(inner, Limit::OPEN).unwrap();
        // Little memory is a few places still, and nobody's limit is the rest.
        let small = open(1, Limit::Shared(20)).unwrap();
        let few = fill(small);
        assert_eq!(few.len(), 16);
        let rest = fill(1);
        assert_eq!(rest.len(), PLACES / 4 * 3 - 26 - 17);
        // Others have places all the same.
        let beside = open(0, Limit::OPEN).unwrap();
        close(beside);
        for index in full.iter().skip(1).chain(&[again]).chain(&few).chain(&rest) {
            close(*index);
        }
        [inner, quarter, small].into_iter().for_each(close);
        assert_eq!(session.usage(Kind::Frames), 0);
        // All of it is there again.
        let all = fill(1);
        assert_eq!(all.len(), PLACES / 4 * 3);
        all.into_iter().for_each(close);
        assert_eq!(session.usage(Kind::Frames), 0);
    }
}
