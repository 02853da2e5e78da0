//! Requests and spaces on one host thread: encodings, who is interrupted, who is stale; with a
//! naive model of TLBs beside them. The races are in `models`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]

use std::vec::Vec;

use logic_shim::Core;
use proptest::prelude::*;

use crate::{AsidHistory, Depth, EntryFlush, Flush, Hart, Harts, Shootdown, Space};

fn any_flush() -> impl Strategy<Value = Flush> {
    prop_oneof![
        any::<(u16, u64, u64)>().prop_map(|(asid, start, pages)| Flush::Pages { asid, start, pages }),
        any::<u16>().prop_map(|asid| Flush::Space { asid }),
        any::<u16>().prop_map(|asid| Flush::Unload { asid }),
        any::<(u64, u64)>().prop_map(|(start, pages)| Flush::Kernel { start, pages }),
        Just(Flush::Everything),
        Just(Flush::Instructions),
    ]
}

proptest! {
    #[test]
    fn requests_arrive_as_sent(flush in any_flush(), targets: u64, me in 0u32..8) {
        let shootdown = Shootdown::<8, Core>::new();
        let me = Hart(me);
        let asked = Harts(targets & 0xff).without(me);
        let pending = shootdown.begin(me, flush, Harts(targets));
        prop_assert_eq!(pending.interrupt(), asked);
        for hart in 0..8 {
            let mut got = Vec::new();
            shootdown.serve(Hart(hart), |flush| got.push(flush));
            prop_assert_eq!(got, if asked.contains(Hart(hart)) { Vec::from([flush]) } else { Vec::new() });
        }
        pending.wait(|_| unreachable!("nobody asked"));
    }

    /// Four harts, one space, one page whose entry counts up. A hart that is active never uses an
    /// old entry after a shoot-down has ended.
    #[test]
    fn like_naive_tlbs(ops in prop::collection::vec((0u8..6, 0u32..4), 1..200), reused: bool) {
        let history = if reused { AsidHistory::Reused } else { AsidHistory::Clean };
        let space = Space::<Core>::new(history);
        let shootdown = Shootdown::<4, Core>::new();
        let online = Harts(0xf);
        let mut entry = 1u32;
        // 0 is the entry of an earlier owner of the identifier.
        let mut tlb = [reused.then_some(0u32); 4];
        let mut active = [false; 4];
        for (op, hart) in ops {
            let (me, h) = (Hart(hart), hart as usize);
            match op {
                0 | 1 => {
                    if space.enter(me) == EntryFlush::Space { tlb[h] = None; }
                    active[h] = true;
                }
                2 => { space.rest(me); active[h] = false; }
                3 => { space.unload(me); active[h] = false; }
                _ => {
                    entry += 1;
                    let depth = if op == 4 { Depth::Leaves } else { Depth::Tables };
                    let targets = space.targets(online, depth);
                    if targets.contains(me) { tlb[h] = None; }
                    let pending = shootdown.begin(me, Flush::Space { asid: 1 }, targets);
                    for target in targets.iter() {
                        shootdown.serve(target, |_| tlb[target.0 as usize] = None);
                    }
                    pending.wait(|_| {});
                }
            }
            for h in 0..4 {
                if active[h] {
                    let used = *tlb[h].get_or_insert(entry);
                    prop_assert_eq!(used, entry);
                }
            }
        }
    }
}

#[test]
fn second_asker_does_not_interrupt_again() {
    let shootdown = Shootdown::<4, Core>::new();
    let first = shootdown.begin(Hart(0), Flush::Everything, Harts(0b0110));
    let second = shootdown.begin(Hart(3), Flush::Instructions, Harts(0b0111));
    assert_eq!(first.interrupt(), Harts(0b0110));
    assert_eq!(second.interrupt(), Harts(0b0001));
    for hart in 1..3 {
        let mut got = Vec::new();
        shootdown.serve(Hart(hart), |flush| got.push(flush));
        assert_eq!(got, [Flush::Everything, Flush::Instructions]);
    }
    let mut served = 0;
    first.wait(|_| served += 1);
    shootdown.serve(Hart(0), |_| served += 1);
    second.wait(|_| {});
    assert_eq!(served, 1);
}

#[test]
fn harts_that_do_not_exist() {
    let shootdown = Shootdown::<2, Core>::new();
    let pending = shootdown.begin(Hart(0), Flush::Everything, Harts(u64::MAX));
    assert_eq!(pending.interrupt(), Harts(0b10));
    shootdown.serve(Hart(1), |_| {});
    pending.wait(|_| {});
    shootdown.begin(Hart(70), Flush::Everything, Harts(1)).wait(|_| {});
    shootdown.serve(Hart(70), |_| unreachable!("no such hart"));
    assert_eq!(Harts(0b1010_0001).iter().map(|h| h.0).collect::<Vec<_>>(), [0, 5, 7]);
    assert_eq!(Harts(1 << 63).iter().map(|h| h.0).collect::<Vec<_>>(), [63]);
}

#[test]
fn lazily_loaded_harts_are_asked_for_tables_only() {
    let space = Space::<Core>::new(AsidHistory::Clean);
    assert_eq!(space.enter(Hart(0)), EntryFlush::Nothing);
    assert_eq!(space.enter(Hart(1)), EntryFlush::Nothing);
    space.rest(Hart(1));
    assert_eq!(space.loaded(), Harts(0b11));
    assert_eq!(space.targets(Harts(0b111), Depth::Leaves), Harts(0b01));
    assert_eq!(space.targets(Harts(0b111), Depth::Tables), Harts(0b11));
    assert_eq!(space.enter(Hart(1)), EntryFlush::Space);
    assert_eq!(space.enter(Hart(1)), EntryFlush::Nothing);
    space.unload(Hart(1));
    assert_eq!(space.targets(Harts(0b111), Depth::Tables), Harts(0b01));
}

/// Beside a plain set: no identifier twice, 0 never, all of them before `None`, and one that was given back is `Reused` unless
/// it was never out.
#[test]
fn asids_are_handed_out_in_turn() {
    use crate::{AsidHistory, Asids};
    let mut asids = Asids::new();
    for id in 1..=5 {
        assert_eq!(asids.take(5), Some((id, AsidHistory::Clean)));
    }
    assert_eq!(asids.take(5), None);
    asids.give_back(3);
    assert_eq!(asids.take(5), Some((3, AsidHistory::Reused)));
    assert_eq!(Asids::new().take(0), None);
}

proptest::proptest! {
    #[test]
    fn asids_as_a_set(last in 1u16..300, steps in proptest::collection::vec((proptest::bool::weighted(0.6), 0usize..300), 0..1200)) {
        use crate::{AsidHistory, Asids};
        let mut asids = Asids::new();
        let (mut out, mut ever) = (std::vec::Vec::new(), std::collections::BTreeSet::new());
        for (take, which) in steps {
            if take {
                match asids.take(last) {
                    Some((id, history)) => {
                        proptest::prop_assert!(id != 0 && id <= last && !out.contains(&id));
                        proptest::prop_assert!(ever.insert(id) || history == AsidHistory::Reused);
                        out.push(id);
                    }
                    None => proptest::prop_assert_eq!(out.len(), usize::from(last)),
                }
            } else if !out.is_empty() {
                asids.give_back(out.swap_remove(which % out.len()));
            }
        }
    }
}
