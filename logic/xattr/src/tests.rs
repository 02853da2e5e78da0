//! Names, and sets against a plain map.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test may panic")]

use super::{Attributes, COUNT_MOST, Entry, Existing, NoName, Refused, Space, space_of};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::vec::Vec;

#[derive(Clone, Debug, PartialEq)]
struct Pair(Rc<(Vec<u8>, Vec<u8>)>);

impl Entry for Pair {
    fn name(&self) -> &[u8] {
        &self.0.0
    }
    fn value_len(&self) -> usize {
        self.0.1.len()
    }
}

fn pair(name: &[u8], value: &[u8]) -> Pair {
    Pair(Rc::new((name.to_vec(), value.to_vec())))
}

#[test]
fn names() {
    assert_eq!(space_of(b"user.a"), Ok(Space::User));
    assert_eq!(space_of(b"trusted.overlay.opaque"), Ok(Space::Trusted));
    assert_eq!(space_of(b"security.selinux"), Ok(Space::Security));
    assert_eq!(space_of(b"security."), Err(NoName::Bare));
    for none in [&b""[..], b"user", b"User.a", b"system.posix_acl_access", b"os2.a"] {
        assert_eq!(space_of(none), Err(NoName::Unknown));
    }
}

#[test]
fn no_more_than_a_page_of_them() {
    let mut set = Attributes::new();
    for i in 0..COUNT_MOST {
        set = set.with(pair(&i.to_le_bytes(), b""), Existing::Any).unwrap();
    }
    assert_eq!(set.with(pair(b"one more", b""), Existing::Any).unwrap_err(), Refused::Full);
    // In place of another there is room.
    assert!(set.with(pair(&3usize.to_le_bytes(), b"x"), Existing::Needed).is_ok());
}

proptest! {
    #[test]
    fn like_a_map(steps in prop::collection::vec((0u8..4, 0u8..9, 0usize..300), 0..60)) {
        let (mut set, mut map) = (Attributes::new(), BTreeMap::<Vec<u8>, Vec<u8>>::new());
        for (what, name, len) in steps {
            let (name, value) = (std::vec![name; usize::from(name % 4) + 1], std::vec![name; len]);
            let there = map.contains_key(&name);
            let existing = [Existing::Any, Existing::Refused, Existing::Needed].get(usize::from(what)).copied();
            let expected = match existing {
                Some(Existing::Refused) if there => Err(Refused::Exists),
                Some(Existing::Needed) | None if !there => Err(Refused::Missing),
                _ => Ok(()),
            };
            let before: Vec<Pair> = set.iter().cloned().collect();
            let got = existing.map_or_else(|| set.without(&name), |e| set.with(pair(&name, &value), e));
            // The old set is as it was.
            prop_assert_eq!(&before, &set.iter().cloned().collect::<Vec<_>>());
            prop_assert_eq!(got.as_ref().map(|_| ()).map_err(|e| *e), expected);
            if let Ok(new) = got {
                set = new;
                if existing.is_some() { map.insert(name.clone(), value) } else { map.remove(&name) };
            }
            let plain: Vec<Pair> = map.iter().map(|(n, v)| pair(n, v)).collect();
            prop_assert_eq!(&plain, &set.iter().cloned().collect::<Vec<_>>());
            prop_assert_eq!(set.find(&name).map(|p| &p.0.1), map.get(&name));
            let space: usize = map.iter().map(|(n, v)| n.len() + v.len() + 40).sum();
            prop_assert_eq!(set.space(), space as u64);
        }
    }
}
