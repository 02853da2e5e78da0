//! The sessions of a server by number: a bounded table whose keys are never used twice.

/// Names a session: the place in the table, and how often it was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    place: u32,
    life: u32,
}

impl From<Key> for u64 {
    fn from(key: Key) -> u64 {
        u64::from(key.life) << 32 | u64::from(key.place)
    }
}

impl From<u64> for Key {
    fn from(number: u64) -> Key {
        let [a, b, c, d, e, f, g, h] = number.to_le_bytes();
        Key { place: u32::from_le_bytes([a, b, c, d]), life: u32::from_le_bytes([e, f, g, h]) }
    }
}

/// The table.
#[derive(Debug)]
pub(crate) struct Sessions<T> {
    places: Vec<Place<T>>,
    free: Vec<u32>,
    most: usize,
    used: usize,
}

#[derive(Debug)]
struct Place<T> {
    life: u32,
    held: Option<T>,
}

impl<T> Sessions<T> {
    /// An empty table for `most` sessions.
    pub(crate) fn new(most: usize) -> Self {
        Self { places: Vec::new(), free: Vec::new(), most: most.min(1 << 20), used: 0 }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.used >= self.most
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Adds a session; `None`, and it ends, when the table is full.
    pub(crate) fn add(&mut self, session: T) -> Option<Key> {
        if self.is_full() {
            return None;
        }
        let place = match self.free.pop() {
            Some(place) => place,
            None => {
                self.places.push(Place { life: 0, held: None });
                u32::try_from(self.places.len().checked_sub(1)?).ok()?
            }
        };
        let at = self.places.get_mut(place as usize)?;
        at.held = Some(session);
        self.used += 1;
        Some(Key { place, life: at.life })
    }

    pub(crate) fn get(&mut self, key: Key) -> Option<&mut T> {
        let at = self.places.get_mut(key.place as usize)?;
        if at.life == key.life { at.held.as_mut() } else { None }
    }

    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        let at = self.places.get_mut(key.place as usize).filter(|at| at.life == key.life)?;
        let held = at.held.take()?;
        at.life = at.life.wrapping_add(1);
        self.used -= 1;
        self.free.push(key.place);
        Some(held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #[test]
        fn like_a_map(ops in prop::collection::vec((0u8..3, any::<prop::sample::Index>()), 0..200)) {
            let (mut sessions, mut naive, mut dead) = (Sessions::new(5), HashMap::new(), Vec::new());
            for (number, (op, which)) in ops.into_iter().enumerate() {
                let mut keys: Vec<u64> = naive.keys().copied().collect();
                keys.sort_unstable();
                match op {
                    0 => match sessions.add(number) {
                        Some(key) => prop_assert!(naive.insert(u64::from(key), number).is_none() && !dead.contains(&u64::from(key))),
                        None => prop_assert_eq!(naive.len(), 5),
                    },
                    1 if !keys.is_empty() => {
                        let key = keys[which.index(keys.len())];
                        prop_assert_eq!(sessions.remove(Key::from(key)), naive.remove(&key));
                        dead.push(key);
                    }
                    _ => {
                        for &key in &keys {
                            prop_assert_eq!(sessions.get(Key::from(key)).copied(), naive.get(&key).copied());
                        }
                        prop_assert!(dead.iter().all(|&key| sessions.get(Key::from(key)).is_none()));
                    }
                }
                prop_assert_eq!(sessions.is_empty(), naive.is_empty());
            }
        }
    }
}
