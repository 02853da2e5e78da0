//! `budget_conserved`: a tree of accounts against a tree that is summed up anew each time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]

use std::sync::Arc;
use std::vec;
use std::vec::Vec;

use logic_shim::Core;
use proptest::prelude::{Strategy, any, prop_oneof, proptest};

use crate::{Account, Full, KINDS, Kind, Limit, Link, SetLimitError, Stocks, UNLIMITED};

const HARTS: usize = 3;
const KIND: Kind = Kind::Frames;

type Shared = Account<Core, Up, Vec<Stocks<Core>>>;

#[derive(Debug)]
struct Up(Arc<Shared>);

impl Link<Core, Vec<Stocks<Core>>> for Up {
    fn account(&self) -> Option<&Shared> {
        Some(&self.0)
    }
}

fn account(parent: Option<&Arc<Shared>>, limit: Limit) -> Result<Arc<Shared>, SetLimitError> {
    let mut limits = [Limit::OPEN; KINDS];
    limits[KIND as usize] = limit;
    let stocks = (0..HARTS).map(|_| Stocks::new()).collect();
    Account::new(stocks, parent.cloned().map(Up), &limits).map(Arc::new)
}

/// What the model knows of an account.
struct Node {
    parent: Option<usize>,
    limit: u64,
    carved: bool,
    closed: bool,
    /// Charged to this account itself.
    own: u64,
    /// What was in use when the limit was last set.
    overdrawn: u64,
    account: Option<Arc<Shared>>,
}

struct Tree(Vec<Node>);

#[derive(Clone, Debug)]
enum Op {
    Charge(usize, usize, u32),
    Uncharge(usize, usize, u32),
    Add(usize, bool, u64),
    SetLimit(usize, u64),
    Close(usize),
    Remove(usize),
    Drain(usize),
}

fn op() -> impl Strategy<Value = Op> {
    let (node, hart) = (any::<usize>(), 0..HARTS);
    prop_oneof![
        8 => (node, hart.clone(), 0_u32..100).prop_map(|(node, hart, n)| Op::Charge(node, hart, n)),
        8 => (node, hart.clone(), 1_u32..5).prop_map(|(node, hart, n)| Op::Charge(node, hart, n)),
        8 => (node, hart.clone(), 1_u32..5).prop_map(|(node, hart, n)| Op::Uncharge(node, hart, n)),
        6 => (node, hart, 0_u32..200).prop_map(|(node, hart, n)| Op::Uncharge(node, hart, n)),
        3 => (node, any::<bool>(), 0_u64..2000).prop_map(|(node, carved, n)| Op::Add(node, carved, n)),
        2 => (node, 0_u64..2000).prop_map(|(node, limit)| Op::SetLimit(node, limit)),
        1 => node.prop_map(Op::Close),
        1 => node.prop_map(Op::Remove),
        2 => node.prop_map(Op::Drain),
    ]
}

impl Tree {
    /// What an account takes from the pools above it.
    fn weight(&self, node: usize) -> u64 {
        let at = &self.0[node];
        if at.carved && !at.closed { at.limit } else { self.taken(node) }
    }

    fn taken(&self, node: usize) -> u64 {
        let children = (0..self.0.len()).filter(|&child| self.0[child].parent == Some(node));
        self.0[node].own + children.map(|child| self.weight(child)).sum::<u64>()
    }

    /// Whether a refusal may be missing: every account without room has only been overdrawn since
    /// its maximum was lowered, and stays within what it had in use then.
    fn may_recharge(&self, node: usize, units: u64) -> bool {
        let mut at = node;
        loop {
            let here = &self.0[at];
            if !here.closed {
                if self.taken(at) + units > here.limit.max(here.overdrawn) {
                    return false;
                }
                if here.carved {
                    return true;
                }
            }
            match here.parent {
                Some(parent) => at = parent,
                None => return true,
            }
        }
    }

    /// How many levels up there is no room, if there is none.
    fn refusal(&self, node: usize, units: u64) -> Option<u32> {
        let mut at = node;
        for levels_up in 0.. {
            let here = &self.0[at];
            if !here.closed {
                if units > 0 && self.taken(at) + units > here.limit {
                    return Some(levels_up);
                }
                if here.carved {
                    return None;
                }
            }
            at = here.parent?;
        }
        None
    }

    fn pick(&self, nth: usize) -> Option<usize> {
        let live: Vec<_> = (0..self.0.len()).filter(|&node| self.0[node].account.is_some()).collect();
        live.get(nth % live.len().max(1)).copied()
    }

    fn account(&self, node: usize) -> Arc<Shared> {
        self.0[node].account.clone().unwrap()
    }

    fn drain_all(&self) {
        for node in &self.0 {
            if let Some(account) = &node.account {
                account.drain(KIND);
            }
        }
    }

    fn step(&mut self, op: &Op) {
        let (Op::Charge(nth, ..)
        | Op::Uncharge(nth, ..)
        | Op::Add(nth, ..)
        | Op::SetLimit(nth, _)
        | Op::Close(nth)
        | Op::Remove(nth)
        | Op::Drain(nth)) = op;
        let node = self.pick(*nth).unwrap();
        let account = self.account(node);
        match *op {
            Op::Charge(_, hart, units) => self.charge(node, hart, units),
            Op::Uncharge(_, hart, units) => {
                let units = u64::from(units).min(self.0[node].own);
                account.uncharge(hart, KIND, units as u32);
                self.0[node].own -= units;
            }
            Op::Add(_, carved, units) => self.add(node, carved, units),
            Op::SetLimit(_, limit) => self.set_limit(node, limit),
            Op::Close(_) if node != 0 => {
                account.close();
                self.0[node].closed = true;
            }
            Op::Remove(_) if node != 0 => {
                let has_children = self.0.iter().any(|child| child.parent == Some(node));
                if self.0[node].own == 0 && !has_children {
                    self.0[node].account = None;
                    self.0[node].parent = None;
                    assert_eq!(Arc::strong_count(&account), 1);
                }
            }
            Op::Drain(_) => account.drain(KIND),
            Op::Close(_) | Op::Remove(_) => {}
        }
    }

    fn charge(&mut self, node: usize, hart: usize, units: u32) {
        let account = self.account(node);
        let mut result = account.charge(hart, KIND, units);
        if result.is_err() {
            self.drain_all();
            result = account.charge(hart, KIND, units);
        }
        let refusal = self.refusal(node, u64::from(units));
        match (result, refusal) {
            (Ok(()), None) => self.0[node].own += u64::from(units),
            (Ok(()), Some(_)) if self.may_recharge(node, u64::from(units)) => self.0[node].own += u64::from(units),
            (Err(Full { levels_up }), Some(expected)) => assert_eq!(levels_up, expected),
            mismatch => panic!("charge: {mismatch:?}"),
        }
    }

    fn add(&mut self, parent: usize, carved: bool, units: u64) {
        let limit = if carved { Limit::Carved(units) } else { Limit::Shared(units) };
        let mut added = account(self.0[parent].account.as_ref(), limit);
        if added.is_err() {
            self.drain_all();
            added = account(self.0[parent].account.as_ref(), limit);
        }
        let fits = !carved || self.refusal(parent, units).is_none();
        assert_eq!(added.is_ok(), fits);
        if let Ok(account) = added {
            self.0.push(Node {
                parent: Some(parent),
                limit: units,
                carved,
                closed: false,
                own: 0,
                overdrawn: 0,
                account: Some(account),
            });
        }
    }

    fn set_limit(&mut self, node: usize, limit: u64) {
        if self.0[node].closed {
            return;
        }
        // Exact from here on: what stocks hold counts as in use.
        self.drain_all();
        let before = self.0[node].limit;
        let expected = if !self.0[node].carved {
            Ok(())
        } else if limit < self.taken(node) {
            Err(SetLimitError::InUse)
        } else {
            let more = limit.saturating_sub(before);
            match self.0[node].parent {
                Some(parent) if self.refusal(parent, more).is_some() => Err(SetLimitError::ParentFull),
                _ => Ok(()),
            }
        };
        assert_eq!(self.account(node).set_limit(KIND, limit), expected);
        if expected.is_ok() {
            self.0[node].overdrawn = self.taken(node);
            self.0[node].limit = limit;
        }
    }

    fn check(&self) {
        for (index, node) in self.0.iter().enumerate() {
            if let (Some(account), false) = (&node.account, node.closed) {
                assert_eq!(account.usage(KIND), self.taken(index));
                assert_eq!(account.limit(KIND), node.limit);
            }
        }
    }
}

proptest! {
    #[test]
    fn budget_conserved(ops in proptest::collection::vec((op(), any::<bool>()), 1..150)) {
        let root = account(None, Limit::Carved(3000)).unwrap();
        let node = Node {
            parent: None, limit: 3000, carved: true, closed: false, own: 0, overdrawn: 0, account: Some(root),
        };
        let mut tree = Tree(vec![node]);
        for (op, look) in &ops {
            tree.step(op);
            if *look {
                tree.drain_all();
                tree.check();
            }
        }
        // Everything is given back; closed and open accounts go from the leaves up.
        for node in (0..tree.0.len()).rev() {
            let own = core::mem::take(&mut tree.0[node].own);
            if let Some(account) = &tree.0[node].account {
                account.uncharge(0, KIND, own as u32);
            }
        }
        let root = tree.account(0);
        tree.0.clear();
        root.drain(KIND);
        assert_eq!(root.usage(KIND), 0);
    }
}

#[test]
fn a_charge_takes_from_the_stock() {
    let root = account(None, Limit::Carved(UNLIMITED)).unwrap();
    assert_eq!(root.charge(0, KIND, 1), Ok(()));
    assert_eq!(root.usage(KIND), 1);
    assert_eq!(root.pool_handed_out(KIND), 33);
    for _ in 0..32 {
        assert_eq!(root.charge(0, KIND, 1), Ok(()));
    }
    assert_eq!((root.usage(KIND), root.pool_handed_out(KIND)), (33, 33));
    for _ in 0..33 {
        root.uncharge(1, KIND, 1);
    }
    assert_eq!((root.usage(KIND), root.pool_handed_out(KIND)), (0, 33));
    for _ in 0..200 {
        assert_eq!(root.charge(0, KIND, 1), Ok(()));
        root.uncharge(1, KIND, 1);
    }
    assert!(root.pool_handed_out(KIND) <= 3 * 64);
    assert_eq!(root.charge(HARTS, KIND, 5), Ok(()));
    root.uncharge(HARTS + 7, KIND, 5);
    assert_eq!(root.usage(KIND), 0);
    assert_eq!(root.charge(0, Kind::Threads, 1), Ok(()));
    assert!(root.parent().is_none());
}

struct Fixed(&'static Account<Core, Fixed, [Stocks<Core>; 2]>);

impl Link<Core, [Stocks<Core>; 2]> for Fixed {
    fn account(&self) -> Option<&Account<Core, Fixed, [Stocks<Core>; 2]>> {
        Some(self.0)
    }
}

#[test]
fn accounts_in_statics() {
    static ROOT: Account<Core, Fixed, [Stocks<Core>; 2]> = Account::zero([const { Stocks::fixed() }; 2], None);
    static INIT: Account<Core, Fixed, [Stocks<Core>; 2]> = Account::zero([const { Stocks::fixed() }; 2], Some(Fixed(&ROOT)));
    ROOT.begin(0);
    INIT.begin(0);
    assert_eq!(INIT.charge(0, KIND, 1), Err(Full { levels_up: 0 }));
    assert_eq!(INIT.set_limit(KIND, 10), Err(SetLimitError::ParentFull));
    assert_eq!(ROOT.set_limit(KIND, 10_000), Ok(()));
    assert_eq!(INIT.set_limit(KIND, 1000), Ok(()));
    assert_eq!(INIT.charge(1, KIND, 1000), Ok(()));
    assert_eq!(INIT.charge(1, KIND, 1), Err(Full { levels_up: 0 }));
    assert_eq!((ROOT.usage(KIND), INIT.usage(KIND)), (1000, 1000));
    INIT.uncharge(0, KIND, 1000);
}
