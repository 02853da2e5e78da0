//! All scopes against a naive model: a list of names, each with its number in every scope that sees it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]

extern crate std;

use std::boxed::Box;
use std::collections::{BTreeMap, BTreeSet};
use std::vec::Vec;

use logic_tree::Node;
use proptest::prelude::{ProptestConfig, Strategy, any, prop_oneof, proptest};

use crate::{MAX_DEPTH, Name, Named, Numbers, ScopeId, Scopes, Table, Why};

const RANGE: Numbers = Numbers { end: 24, wrap_to: 3 };

#[derive(Clone, Debug)]
enum Op {
    Open(usize),
    Close(usize),
    Forget(usize),
    Enter(usize, usize),
    Remove(usize),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        1 => any::<usize>().prop_map(Op::Open),
        1 => any::<usize>().prop_map(Op::Close),
        1 => any::<usize>().prop_map(Op::Forget),
        8 => (any::<usize>(), 1..6_usize).prop_map(|(s, t)| Op::Enter(s, t)),
        6 => any::<usize>().prop_map(Op::Remove),
    ]
}

/// A name of the model: what it stands for and its number in each scope that sees it.
struct Seen {
    value: u64,
    numbers: BTreeMap<ScopeId, u32>,
}

#[derive(Default)]
struct Model {
    /// Each scope with those around it, itself first, and whether it is closed.
    scopes: BTreeMap<ScopeId, (Vec<ScopeId>, bool)>,
    names: Vec<Seen>,
    next: u64,
}

fn node(value: u64, depth: u32) -> Box<Named<u64>> {
    let mut name = Name::new(value);
    for _ in 0..depth {
        name.add_level(Box::new(Node::new(0, 0))).unwrap();
    }
    Box::new(Node::new(0, name))
}

fn pick<T>(of: &[T], n: usize) -> Option<&T> {
    of.get(n.checked_rem(of.len())?)
}

impl Model {
    fn ids(&self) -> Vec<ScopeId> {
        self.scopes.keys().copied().collect()
    }

    fn run(&mut self, table: &mut Scopes<u64>, op: &Op) {
        let ids = self.ids();
        match op {
            Op::Open(n) => {
                let around = *pick(&ids, *n).unwrap();
                let (chain, closed) = self.scopes[&around].clone();
                match table.open(around, Box::new(Table::new())) {
                    Ok(id) => {
                        assert!(!closed && chain.len() <= MAX_DEPTH as usize);
                        let mut new = std::vec![id];
                        new.extend(chain);
                        assert!(self.scopes.insert(id, (new, false)).is_none());
                    }
                    Err(_) => assert!(closed || chain.len() > MAX_DEPTH as usize),
                }
            }
            Op::Close(n) => {
                let id = *pick(&ids, *n).unwrap();
                table.close(id);
                self.scopes.get_mut(&id).unwrap().1 |= id != ScopeId::ROOT;
            }
            Op::Forget(n) => {
                let id = *pick(&ids, *n).unwrap();
                // Scopes inside hold those around them.
                if id == ScopeId::ROOT || self.scopes.values().any(|(c, _)| c[0] != id && c.contains(&id)) {
                    return;
                }
                assert!(table.forget(id).is_some());
                self.scopes.remove(&id);
                for name in &mut self.names {
                    name.numbers.remove(&id);
                }
            }
            Op::Enter(n, tries) => self.enter(table, *pick(&ids, *n).unwrap(), *tries),
            Op::Remove(n) => {
                let Some(at) = n.checked_rem(self.names.len()) else { return };
                let gone = self.names.swap_remove(at);
                let node = table.remove(gone.numbers[&ScopeId::ROOT]).unwrap();
                assert_eq!(node.value.value, gone.value);
            }
        }
    }

    fn enter(&mut self, table: &mut Scopes<u64>, scope: ScopeId, tries: usize) {
        let (chain, _) = self.scopes[&scope].clone();
        let closed = chain.iter().any(|s| self.scopes[s].1);
        self.next += 1;
        let depth = u32::try_from(chain.len() - 1).unwrap();
        assert_eq!((table.depth(scope), table.is_open(scope)), (depth, !closed));
        match table.enter(scope, node(self.next, depth), tries) {
            Ok(entered) => {
                assert!(!closed);
                let numbers: BTreeMap<_, _> = chain.iter().map(|s| (*s, table.seen(*s, entered.root).unwrap())).collect();
                for (s, number) in &numbers {
                    assert!(*number >= 1 && *number < RANGE.end);
                    assert!(self.names.iter().all(|n| n.numbers.get(s) != Some(number)), "{number} is taken in {s:?}");
                }
                assert_eq!((numbers[&ScopeId::ROOT], numbers[&scope]), (entered.root, entered.own));
                self.names.push(Seen { value: self.next, numbers });
            }
            Err(refused) => {
                assert_eq!(refused.why == Why::Closed, closed);
                assert_eq!(refused.node.value.value, self.next);
            }
        }
    }

    fn compare(&self, table: &Scopes<u64>) {
        for id in self.ids() {
            let mut at = 0;
            let mut listed = BTreeSet::new();
            while let Some((number, root)) = table.next(id, at) {
                listed.insert((number, root));
                at = number + 1;
            }
            let known = |n: &Seen| Some((*n.numbers.get(&id)?, n.numbers[&ScopeId::ROOT]));
            let wanted: BTreeSet<_> = self.names.iter().filter_map(known).collect();
            assert_eq!(listed, wanted);
            assert_eq!((table.len(id), table.is_empty(id)), (wanted.len(), wanted.is_empty()));
            for number in 0..RANGE.end {
                let named = self.names.iter().find(|n| n.numbers.get(&id) == Some(&number));
                assert_eq!(table.resolve(id, number), named.map(|n| n.numbers[&ScopeId::ROOT]));
                let value = table.resolve(id, number).and_then(|root| table.get(root));
                assert_eq!(value, named.map(|n| &n.value));
            }
            for name in &self.names {
                assert_eq!(table.seen(id, name.numbers[&ScopeId::ROOT]), name.numbers.get(&id).copied());
            }
            for other in self.ids() {
                assert_eq!(table.is_within(id, other), self.scopes[&id].0.contains(&other));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn agrees_with_a_list(ops in proptest::collection::vec(op(), 1..120)) {
        let mut table = Scopes::new(RANGE);
        let mut model = Model::default();
        model.scopes.insert(ScopeId::ROOT, (std::vec![ScopeId::ROOT], false));
        for op in &ops {
            model.run(&mut table, op);
            model.compare(&table);
        }
    }
}

#[test]
fn numbers_come_in_turn_and_wrap() {
    let mut table = Scopes::new(RANGE);
    let scope = table.open(ScopeId::ROOT, Box::new(Table::new())).unwrap();
    for n in 1..RANGE.end {
        let entered = table.enter(scope, node(0, 1), 1).unwrap();
        assert_eq!((entered.root, entered.own), (n, n));
    }
    assert_eq!(table.enter(ScopeId::ROOT, node(0, 0), 64).unwrap_err().why, Why::Search);
    assert!(table.remove(2).is_some() && table.remove(7).is_some());
    // After the largest number the small ones are not used again.
    assert_eq!(table.enter(ScopeId::ROOT, node(0, 0), 64).unwrap().root, 7);
    assert_eq!((table.seen(scope, 7), table.seen(scope, 8)), (None, Some(8)));
    assert_eq!(table.enter(ScopeId::ROOT, node(0, 0), 64).unwrap_err().why, Why::Search);
    assert_eq!(table.handed_out(), u64::from(RANGE.end));
}

#[test]
fn scopes_have_a_depth() {
    let mut table: Scopes<u64> = Scopes::new(RANGE);
    let mut at = ScopeId::ROOT;
    for n in 1..=MAX_DEPTH {
        at = table.open(at, Box::new(Table::new())).unwrap();
        assert_eq!(table.depth(at), n);
    }
    assert!(table.open(at, Box::new(Table::new())).is_err());
    assert_eq!(table.enter(at, node(0, MAX_DEPTH - 1), 8).unwrap_err().why, Why::Closed);
    assert_eq!(table.enter(at, node(5, MAX_DEPTH), 8).unwrap().own, 1);
    assert_eq!(table.name(1).unwrap().numbers().count(), MAX_DEPTH as usize);
}
