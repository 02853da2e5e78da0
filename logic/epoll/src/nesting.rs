//! May one set contain another? A set's news goes to all sets that contain it, so chains must end, be short, and be few.
//!
//! The limits are those of Linux (epoll_ctl(2), ELOOP and EINVAL): at most four sets around a set, and of the ways from a set
//! to an outermost one at most 500, 100, 50 and 10 of the lengths 1 to 4. Who adds a set to a set holds one lock for all such
//! additions, asks [`check`], and adds; what is removed meanwhile only makes ways fewer.

use alloc::vec::Vec;

/// The most sets around a set.
pub const MOST_AROUND: u8 = 4;
/// The most ways of each length from a set to an outermost one; nothing counts the way of length 0.
const MOST_WAYS: [u16; 5] = [u16::MAX, 500, 100, 50, 10];

/// Why a set must not be added to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It would contain itself, or the chain would be too long (ELOOP).
    Loop,
    /// There would be too many ways (EINVAL).
    Ways,
    /// No memory for the search.
    NoMemory,
}

/// The sets as they contain each other.
pub trait Graph {
    /// A set.
    type Set: Clone;
    /// How far the sets within a set were listed.
    type Within: Default;
    /// How far the sets around a set were listed.
    type Around: Default;

    /// Whether both are one.
    fn same(&self, a: &Self::Set, b: &Self::Set) -> bool;
    /// The next set within `set`.
    fn within(&self, set: &Self::Set, at: &mut Self::Within) -> Option<Self::Set>;
    /// The next set around `set`.
    fn around(&self, set: &Self::Set, at: &mut Self::Around) -> Option<Self::Set>;
    /// What [`Graph::note`] noted of `set` in this search.
    fn noted(&self, set: &Self::Set) -> Option<u8>;
    /// Notes how many sets deep `set` is.
    fn note(&self, set: &Self::Set, depth: u8);
}

/// Whether `inner` may be added to `outer`.
///
/// # Errors
/// [`Refused`].
pub fn check<G: Graph>(graph: &G, outer: &G::Set, inner: &G::Set) -> Result<(), Refused> {
    if graph.same(outer, inner) {
        return Err(Refused::Loop);
    }
    let addition = Addition { graph, outer, inner };
    let around = addition.longest_around()?;
    let within = addition.search_within()?;
    if around.saturating_add(within).saturating_add(1) > MOST_AROUND {
        return Err(Refused::Loop);
    }
    addition.ways_of_all()
}

struct Addition<'a, G: Graph> {
    graph: &'a G,
    outer: &'a G::Set,
    inner: &'a G::Set,
}

/// A step of the search downwards.
struct Down<G: Graph> {
    set: G::Set,
    at: G::Within,
    depth: u8,
}

/// A step of the search upwards.
struct Up<G: Graph> {
    set: G::Set,
    at: G::Around,
    /// Whether anything is around it.
    outermost: bool,
    /// Whether the addition itself is still to be followed.
    addition: bool,
}

fn push<T>(stack: &mut Vec<T>, step: T) -> Result<(), Refused> {
    stack.try_reserve(1).map_err(|_| Refused::NoMemory)?;
    stack.push(step);
    Ok(())
}

impl<G: Graph> Addition<'_, G> {
    /// How deep `inner` is. Each set is looked into once.
    fn search_within(&self) -> Result<u8, Refused> {
        let mut stack: Vec<Down<G>> = Vec::new();
        push(&mut stack, Down { set: self.inner.clone(), at: G::Within::default(), depth: 0 })?;
        let mut deepest = 0;
        while let Some(top) = stack.last_mut() {
            if let Some(child) = self.graph.within(&top.set, &mut top.at) {
                if self.graph.same(&child, self.outer) {
                    return Err(Refused::Loop);
                }
                if let Some(depth) = self.graph.noted(&child) {
                    top.depth = top.depth.max(depth.saturating_add(1));
                } else if stack.len() > usize::from(MOST_AROUND) {
                    return Err(Refused::Loop);
                } else {
                    push(&mut stack, Down { set: child, at: G::Within::default(), depth: 0 })?;
                }
                continue;
            }
            let Some(done) = stack.pop() else { break };
            self.graph.note(&done.set, done.depth);
            match stack.last_mut() {
                Some(below) => below.depth = below.depth.max(done.depth.saturating_add(1)),
                None => deepest = done.depth,
            }
        }
        Ok(deepest)
    }

    /// The ways from every set within `inner`, with the addition. The depths that were noted say where to look; those sets
    /// are noted as [`u8::MAX`] that were counted.
    fn ways_of_all(&self) -> Result<(), Refused> {
        const COUNTED: u8 = u8::MAX;
        let mut stack: Vec<Down<G>> = Vec::new();
        push(&mut stack, Down { set: self.inner.clone(), at: G::Within::default(), depth: 0 })?;
        self.ways(self.inner, true)?;
        self.graph.note(self.inner, COUNTED);
        while let Some(top) = stack.last_mut() {
            let Some(child) = self.graph.within(&top.set, &mut top.at) else {
                stack.pop();
                continue;
            };
            // Who was put in meanwhile is a plain descriptor: sets are put in by the holder of the lock alone.
            if self.graph.noted(&child) == Some(COUNTED) || stack.len() > usize::from(MOST_AROUND) {
                continue;
            }
            self.ways(&child, true)?;
            self.graph.note(&child, COUNTED);
            push(&mut stack, Down { set: child, at: G::Within::default(), depth: 0 })?;
        }
        Ok(())
    }

    /// The longest way from `outer` to an outermost set.
    fn longest_around(&self) -> Result<u8, Refused> {
        self.ways(self.outer, false)
    }

    /// Follows all ways from `from` to outermost sets; gives the longest's length.
    fn ways(&self, from: &G::Set, addition: bool) -> Result<u8, Refused> {
        let mut counts = [0u16; MOST_WAYS.len()];
        let mut longest = 0;
        let mut stack: Vec<Up<G>> = Vec::new();
        push(&mut stack, self.step_up(from.clone(), addition))?;
        while let Some(top) = stack.last_mut() {
            let next = if core::mem::take(&mut top.addition) {
                Some(self.outer.clone())
            } else {
                self.graph.around(&top.set, &mut top.at)
            };
            if let Some(set) = next {
                top.outermost = false;
                if stack.len() > usize::from(MOST_AROUND) {
                    return Err(Refused::Loop);
                }
                push(&mut stack, self.step_up(set, addition))?;
                continue;
            }
            let length = stack.len().saturating_sub(1);
            let outermost = stack.pop().is_some_and(|step| step.outermost);
            longest = longest.max(u8::try_from(length).unwrap_or(u8::MAX));
            if outermost && let (Some(count), Some(&most)) = (counts.get_mut(length), MOST_WAYS.get(length)) {
                *count = count.saturating_add(1);
                if *count > most {
                    return Err(Refused::Ways);
                }
            }
        }
        Ok(longest)
    }

    fn step_up(&self, set: G::Set, addition: bool) -> Up<G> {
        let addition = addition && self.graph.same(&set, self.inner);
        Up { set, at: G::Around::default(), outermost: true, addition }
    }
}
