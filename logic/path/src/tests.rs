//! Rules of path_resolution(7) and openat2(2) one by one. Random trees are in `tests/trees.rs`.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

extern crate std;

use crate::*;
use std::{format, vec, vec::Vec};

type W<'p> = Walk<'p, Vec<u8>>;

fn walk(path: &[u8], mode: Mode, rules: Rules) -> W<'_> {
    Walk::new(path, mode, FinalLink::Follow, rules).unwrap()
}

#[test]
fn components_and_the_end() {
    let mut w = walk(b"/a//./b/../c/", Mode::Resolve, Rules::empty());
    assert_eq!(w.step(), Ok(Step::ToRoot));
    w.went_to_root(Crossing::Same).unwrap();
    assert_eq!(w.step(), Ok(Step::Lookup(b"a")));
    assert_eq!(w.found(Found::Directory(Crossing::Same)), Ok(Move::Enter));
    assert_eq!(w.step(), Ok(Step::Here));
    assert_eq!(w.step(), Ok(Step::Lookup(b"b")));
    assert_eq!(w.found(Found::Directory(Crossing::Same)), Ok(Move::Enter));
    assert_eq!(w.step(), Ok(Step::Up));
    w.went_up(Crossing::Same).unwrap();
    assert_eq!(w.step(), Ok(Step::Lookup(b"c")));
    assert_eq!(w.found(Found::Other(Crossing::Same)), Err(WalkError::NotDirectory));
}

#[test]
fn lengths() {
    let new = |path| W::new(path, Mode::Resolve, FinalLink::Follow, Rules::empty()).err();
    assert_eq!(new(b""), Some(WalkError::Empty));
    assert_eq!(new(&[b'/'; 4096]), Some(WalkError::TooLong));
    assert_eq!(new(&[b'/'; 4095]), None);
    assert_eq!(walk(&[b'x'; 256], Mode::Resolve, Rules::empty()).step(), Err(WalkError::TooLong));
    assert_eq!(walk(&[b'x'; 255], Mode::Resolve, Rules::empty()).step(), Ok(Step::Lookup(&[b'x'; 255])));
    assert_eq!(walk(b"", Mode::Resolve, Rules::EMPTY_PATH).step(), Ok(Step::Done(Slash::Without)));
}

#[test]
fn last_components() {
    let cases: [(&[u8], Last, Slash); 5] = [
        (b"x", Last::Name(b"x"), Slash::Without),
        (b"x//", Last::Name(b"x"), Slash::Trailing),
        (b"./", Last::Dot, Slash::Trailing),
        (b"..", Last::DotDot, Slash::Without),
        (b"", Last::Root, Slash::Without),
    ];
    for (path, last, slash) in cases {
        assert_eq!(walk(path, Mode::Parent, Rules::EMPTY_PATH).step(), Ok(Step::Last(last, slash)));
    }
}

#[test]
fn a_loop_ends_after_forty_links() {
    let mut w = walk(b"l", Mode::Resolve, Rules::empty());
    for _ in 0..MAX_LINKS {
        assert_eq!(w.step(), Ok(Step::Lookup(b"l")));
        assert_eq!(w.found(Found::Link), Ok(Move::ReadLink));
        w.link(b"l".to_vec()).unwrap();
    }
    assert_eq!(w.step(), Ok(Step::Lookup(b"l")));
    assert_eq!(w.found(Found::Link), Err(WalkError::Loop));
}

#[test]
fn link_targets() {
    let targets = [(vec![], WalkError::Empty), (vec![b'x'; 4096], WalkError::TooLong)];
    for (target, error) in targets {
        let mut w = walk(b"l", Mode::Resolve, Rules::empty());
        w.step().unwrap();
        assert_eq!(w.found(Found::Link), Ok(Move::ReadLink));
        assert_eq!(w.link(target), Err(error));
    }
}

#[test]
fn what_rules_forbid() {
    assert_eq!(walk(b"/", Mode::Resolve, Rules::BENEATH).step(), Err(WalkError::Outside));
    let at_lookup = |rules| {
        let mut w = walk(b"x/y", Mode::Resolve, rules);
        assert_eq!(w.step(), Ok(Step::Lookup(b"x")));
        w
    };
    assert_eq!(at_lookup(Rules::NO_SYMLINKS).found(Found::Link), Err(WalkError::Loop));
    assert_eq!(at_lookup(Rules::NO_SYMLINKS).found(Found::MagicLink), Err(WalkError::Loop));
    assert_eq!(at_lookup(Rules::NO_MAGICLINKS).found(Found::MagicLink), Err(WalkError::Loop));
    assert_eq!(at_lookup(Rules::NO_MAGICLINKS).found(Found::Link), Ok(Move::ReadLink));
    assert_eq!(at_lookup(Rules::BENEATH).found(Found::MagicLink), Err(WalkError::Outside));
    assert_eq!(at_lookup(Rules::IN_ROOT).found(Found::MagicLink), Err(WalkError::Outside));
    assert_eq!(at_lookup(Rules::NO_XDEV).found(Found::Directory(Crossing::Mount)), Err(WalkError::Outside));
    assert_eq!(at_lookup(Rules::empty()).found(Found::Directory(Crossing::Mount)), Ok(Move::Enter));
    let mut w = walk(b"..", Mode::Resolve, Rules::BENEATH);
    w.step().unwrap();
    assert_eq!(w.at_top(), Err(WalkError::Outside));
}

#[test]
fn magic_links_jump() {
    let mut w = walk(b"fd/3", Mode::Resolve, Rules::empty());
    w.step().unwrap();
    assert_eq!(w.found(Found::MagicLink), Ok(Move::Jump));
    assert_eq!(w.jumped(Found::Other(Crossing::Same)), Err(WalkError::NotDirectory));
}

#[test]
fn answers_must_fit() {
    let mut w = walk(b"a/b", Mode::Resolve, Rules::empty());
    assert_eq!(w.found(Found::Link), Err(WalkError::Protocol));
    w.step().unwrap();
    assert_eq!(w.step().map(|s| format!("{s:?}")), Err(WalkError::Protocol));
    assert_eq!(w.went_up(Crossing::Same), Err(WalkError::Protocol));
}
