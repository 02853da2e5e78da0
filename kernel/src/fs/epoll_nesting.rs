//! Sets in sets: who may contain whom (`logic_epoll::nesting`), and how news travels from one to the next without recursion.

use super::epoll::{EpollSet, NEWS};
use crate::task::wait::Observer;
use abi::Errno;
use arrayvec::ArrayVec;
use logic_epoll::nesting::{self, Graph, MOST_AROUND, Refused};
use logic_epoll::{Key, Token};
use logic_waits::{Batch, More};
use mem::Ref;
use sync::{Mutex, MutexGuard, levels};

/// Held while a set is added to a set; counts the searches.
static NESTING: Mutex<u64, levels::EpollNestingMutex> = Mutex::new(0);

/// Makes sure that `outer` may contain `inner`; what comes back is to be held until it does.
pub(super) fn may_contain(
    outer: &Ref<EpollSet>,
    inner: &Ref<EpollSet>,
) -> Result<MutexGuard<'static, u64, levels::EpollNestingMutex>, Errno> {
    let mut searches = NESTING.lock();
    *searches += 1;
    nesting::check(&Sets { search: *searches }, outer, inner).map_err(|refused| match refused {
        Refused::Loop => Errno::ELOOP,
        Refused::Ways => Errno::EINVAL,
        Refused::NoMemory => Errno::ENOMEM,
    })?;
    Ok(searches)
}

/// The sets of the system, in one search.
struct Sets {
    search: u64,
}

/// How far the sets around a set were listed.
struct Around {
    batch: Batch<Observer, 1>,
    more: More,
}

impl Default for Around {
    fn default() -> Self {
        Around { batch: Batch::sized(), more: More::Yes }
    }
}

impl Graph for Sets {
    type Set = Ref<EpollSet>;
    type Within = Option<Key>;
    type Around = Around;

    fn same(&self, a: &Self::Set, b: &Self::Set) -> bool {
        Ref::ptr_eq(a, b)
    }
    fn within(&self, set: &Self::Set, at: &mut Option<Key>) -> Option<Self::Set> {
        let (key, _, _, of) = set.state.lock().interests.next_after(at.as_ref())?;
        // Sets come before all others.
        if !key.nested() {
            return None;
        }
        *at = Some(key);
        of.file.as_epoll().cloned()
    }
    fn around(&self, set: &Self::Set, at: &mut Around) -> Option<Self::Set> {
        while at.more == More::Yes {
            at.more = set.state.lock().observers.list(&mut at.batch);
            if let Some(Observer::Interest(outer, _)) = at.batch.pop() {
                return Some(outer);
            }
        }
        None
    }
    fn noted(&self, set: &Self::Set) -> Option<u8> {
        let (search, depth) = set.state.lock().note;
        (search == self.search).then_some(depth)
    }
    fn note(&self, set: &Self::Set, depth: u8) {
        set.state.lock().note = (self.search, depth);
    }
}

/// A set whose observers are being told.
struct Level {
    set: Ref<EpollSet>,
    batch: Batch<Observer, 1>,
}

/// Fires an interest into a batch.
type Fire = fn(&EpollSet, Token, &mut Batch<Observer, 1>) -> More;

/// Tells the observers of `set`, of which `first` was taken out, and those of the sets around it: depth first, with the way
/// back on a stack that is as high as sets may be nested. True if a thread waits at `set` itself.
#[inline(never)]
pub(super) fn tell_all(
    set: &EpollSet,
    first: Option<Observer>,
    mut batch: Batch<Observer, 1>,
    mut more: More,
    fire: Fire,
) -> bool {
    let mut waits = false;
    let mut next = first;
    loop {
        match next {
            Some(Observer::Interest(outer, token)) => tell_around(outer, token, fire),
            Some(other) => {
                waits |= matches!(other, Observer::Thread(_));
                other.notify(NEWS);
            }
            None => {}
        }
        if more == More::Done {
            return waits;
        }
        more = set.state.lock().observers.fire(NEWS, &mut batch);
        next = batch.pop();
    }
}

/// Tells an interest in a set, and whoever watches the set that it belongs to, and so on.
fn tell_around(set: Ref<EpollSet>, token: Token, fire: Fire) {
    let mut way: ArrayVec<Level, { MOST_AROUND as usize }> = ArrayVec::new();
    let mut level = Level { set, batch: Batch::sized() };
    let mut more = fire(&level.set, token, &mut level.batch);
    loop {
        let next = level.batch.pop();
        if let Some(Observer::Interest(outer, token)) = next {
            let mut above = Level { set: outer, batch: Batch::sized() };
            let above_more = fire(&above.set, token, &mut above.batch);
            core::mem::swap(&mut level, &mut above);
            if more == More::Yes {
                // Sets are nested no deeper than this has room.
                let _ = way.try_push(above);
            }
            more = above_more;
            continue;
        }
        if let Some(other) = next {
            other.notify(NEWS);
        }
        if more == More::Done {
            match way.pop() {
                Some(below) => level = below,
                None => return,
            }
        }
        more = level.set.state.lock().observers.fire(NEWS, &mut level.batch);
    }
}
