//! The tree against `BTreeMap`, with a summary that counts nodes and adds up values.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]

extern crate std;

use std::boxed::Box;
use std::collections::BTreeMap;
use std::vec::Vec;

use proptest::prelude::{Strategy, prop_assert, prop_assert_eq, prop_oneof, proptest};

use crate::{Augment, Node, Tree, height};

/// How many nodes, and the sum of their values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum(u64, u64);

impl Augment<u32, u64> for Sum {
    fn summarize(_: &u32, value: &u64, left: Option<&Sum>, right: Option<&Sum>) -> Sum {
        let (left, right) = (left.copied().unwrap_or_default(), right.copied().unwrap_or_default());
        Sum(left.0 + right.0 + 1, left.1 + right.1 + value)
    }
}

type Summed = Tree<u32, u64, Sum>;

#[derive(Clone, Debug)]
enum Op {
    Insert(u32, u64),
    Remove(u32),
    PopFirst,
    Modify(u32, u64),
    Look(u32),
}

fn op() -> impl Strategy<Value = Op> {
    let key = 0_u32..400;
    prop_oneof![
        3 => (key.clone(), 0_u64..1000).prop_map(|(key, value)| Op::Insert(key, value)),
        2 => key.clone().prop_map(Op::Remove),
        1 => proptest::strategy::Just(Op::PopFirst),
        1 => (key.clone(), 0_u64..1000).prop_map(|(key, value)| Op::Modify(key, value)),
        2 => key.prop_map(Op::Look),
    ]
}

/// Order, balance, heights and summaries of every node.
fn check(tree: &Summed, model: &BTreeMap<u32, u64>) {
    let mut stack: Vec<&Node<u32, u64, Sum>> = tree.root().into_iter().collect();
    while let Some(node) = stack.pop() {
        let (left, right) = (height(&node.left), height(&node.right));
        assert!(left.abs_diff(right) <= 1);
        assert_eq!(node.height, left.max(right) + 1);
        let sums = [node.left(), node.right()].map(|side| side.map(Node::summary));
        assert_eq!(node.summary, Sum::summarize(&node.key, &node.value, sums[0], sums[1]));
        stack.extend(node.left().into_iter().chain(node.right()));
    }
    assert!(tree.iter().eq(model.iter()));
    assert_eq!(tree.len(), model.len());
    assert_eq!(tree.is_empty(), model.is_empty());
    assert_eq!(tree.first(), model.iter().next());
    assert_eq!(tree.last(), model.iter().next_back());
}

proptest! {
    #[test]
    fn agrees_with_btreemap(ops in proptest::collection::vec(op(), 1..400)) {
        let mut tree = Summed::new();
        let mut model = BTreeMap::new();
        for op in ops {
            match op {
                Op::Insert(key, value) => {
                    let given = tree.insert(Box::new(Node::new(key, value)));
                    prop_assert_eq!(given.is_err(), model.contains_key(&key));
                    if let Err(node) = given {
                        prop_assert_eq!((node.key, node.value), (key, value));
                    } else {
                        model.insert(key, value);
                    }
                }
                Op::Remove(key) => {
                    let node = tree.remove(&key);
                    prop_assert_eq!(node.as_ref().map(|node| node.value), model.remove(&key));
                    prop_assert!(node.is_none_or(|node| node.left.is_none() && node.right.is_none()));
                }
                Op::PopFirst => {
                    let node = tree.pop_first();
                    prop_assert_eq!(node.map(|node| (node.key, node.value)), model.pop_first());
                }
                Op::Modify(key, value) => {
                    let before = tree.modify(&key, |_, held| core::mem::replace(held, value));
                    let expected = model.get_mut(&key).map(|held| core::mem::replace(held, value));
                    prop_assert_eq!(before, expected);
                }
                Op::Look(key) => {
                    prop_assert_eq!(tree.get(&key), model.get(&key));
                    prop_assert_eq!(tree.get_mut(&key), model.get_mut(&key));
                    prop_assert_eq!(tree.floor(&key), model.range(..=key).next_back());
                    prop_assert_eq!(tree.floor_mut(&key), model.range_mut(..=key).next_back());
                    prop_assert_eq!(tree.ceiling(&key), model.range(key..).next());
                    prop_assert_eq!(tree.ceiling_mut(&key), model.range_mut(key..).next());
                    prop_assert_eq!(tree.next_after(&key), model.range(key + 1..).next());
                    prop_assert_eq!(tree.last_before(&key), model.range(..key).next_back());
                    prop_assert_eq!(tree.first_mut(), model.iter_mut().next());
                }
            }
            check(&tree, &model);
        }
        let mut nodes = tree.take_nodes();
        let half = model.len() / 2;
        for (&key, _) in model.iter().take(half) {
            prop_assert_eq!(nodes.next().map(|node| node.key), Some(key));
        }
        prop_assert!(tree.is_empty());
    }
}

#[test]
fn ascending_keys_stay_low_and_drop_is_a_loop() {
    let mut tree: Tree<u32, ()> = Tree::new();
    for key in 0..200_000 {
        assert!(tree.insert(Box::new(Node::new(key, ()))).is_ok());
    }
    assert!(height(&tree.root) <= 25);
    assert_eq!(tree.iter().count(), 200_000);
    drop(tree);
}

#[test]
fn an_altered_key_keeps_its_place() {
    let mut tree: Tree<u32, char> = Tree::default();
    for (key, value) in [(10, 'a'), (20, 'b'), (30, 'c')] {
        assert!(tree.insert(Box::new(Node::new(key, value))).is_ok());
    }
    assert_eq!(tree.modify(&20, |key, _| *key = 15), Some(()));
    assert_eq!(tree.modify(&20, |_, _| ()), None);
    assert_eq!(tree.get(&15), Some(&'b'));
}
