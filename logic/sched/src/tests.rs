//! Fairness, latency and conservation, on simulated harts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]

use std::boxed::Box;
use std::collections::BTreeMap;
use std::vec::Vec;

use proptest::prelude::*;

use crate::{
    Affinity, Balance, Class, Entity, GroupBusy, GroupId, GroupWeight, Hart, Key, MIN_SLICE_NS, Node, Reason, RunQueue, Weight,
    group_node, group_place, node,
};

const MS: u64 = 1_000_000;

fn queue(hart: u32, groups: &[(u64, u32)]) -> RunQueue<u32> {
    let group = |id, weight| {
        let weight = GroupWeight::new(weight);
        // A group of a later number lies in the one before it.
        let parent = GroupId(if id > 9 { id - 1 } else { 0 });
        Box::new(group_node(GroupId(id), parent, weight, Box::new(group_place())))
    };
    let mut queue = RunQueue::new(Hart(hart), group(0, 100));
    for &(id, weight) in groups {
        assert!(queue.add_group(group(id, weight)).is_ok());
    }
    queue
}

fn nice(nice: i8) -> Class {
    Class::Fair { weight: Weight::from_nice(nice) }
}

fn thread(id: u32, class: Class, group: u64) -> Box<Node<u32>> {
    Box::new(node(id, Entity::new(class, GroupId(group), Affinity::ALL)))
}

/// Lets hogs run for `total_ns`, each for its slice less `jitter` thousandths; who got how much.
fn run(queue: &mut RunQueue<u32>, total_ns: u64, jitter: &mut impl FnMut() -> u64) -> BTreeMap<u32, u64> {
    let mut got = BTreeMap::new();
    let mut now = 0;
    while now < total_ns {
        let mut current = queue.pick(now).unwrap();
        let slice = queue.slice_ns(&current).unwrap_or(4 * MS);
        let ran = slice - slice * jitter() / 1000;
        now += ran;
        *got.entry(current.value.thread).or_default() += ran;
        queue.account(&mut current, ran);
        queue.enqueue(current, Reason::Preempted, now);
    }
    got
}

fn ratio(got: &BTreeMap<u32, u64>, a: u32, b: u32) -> f64 {
    got[&a] as f64 / got[&b] as f64
}

fn close(actual: f64, wanted: f64) -> bool {
    (actual / wanted - 1.0).abs() < 0.03
}

/// A pseudo-random jitter of up to `most` thousandths.
fn jitter(mut seed: u64, most: u64) -> impl FnMut() -> u64 {
    move || {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) % (most + 1)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nice_gives_linux_shares(a in -20i8..=19, b in -20i8..=19, seed: u64) {
        let mut queue = queue(0, &[]);
        queue.enqueue(thread(1, nice(a), 0), Reason::New, 0);
        queue.enqueue(thread(2, nice(b), 0), Reason::New, 0);
        let got = run(&mut queue, 60_000 * MS, &mut jitter(seed, 200));
        let wanted = f64::from(Weight::from_nice(a).get()) / f64::from(Weight::from_nice(b).get());
        // A share below one slice in the whole run says nothing.
        prop_assume!((0.01..100.0).contains(&wanted));
        prop_assert!(close(ratio(&got, 1, 2), wanted), "{} {}", ratio(&got, 1, 2), wanted);
    }

    #[test]
    fn groups_share_by_weight(weight in 1u32..2000, crowd in 1u32..12, seed: u64) {
        let mut queue = queue(0, &[(1, 100), (2, weight)]);
        queue.enqueue(thread(0, nice(0), 1), Reason::New, 0);
        for id in 1..=crowd {
            queue.enqueue(thread(id, nice(0), 2), Reason::New, 0);
        }
        let got = run(&mut queue, 40_000 * MS, &mut jitter(seed, 200));
        let others: u64 = (1..=crowd).map(|id| got[&id]).sum();
        let actual = others as f64 / got[&0] as f64;
        prop_assert!(close(actual, f64::from(weight) / 100.0), "{actual}");
    }

    /// Hogs anywhere in a tree of groups: each level is shared out by weight, whatever lies below.
    #[test]
    fn nested_groups_share_level_by_level(weights in prop::collection::vec(20u32..400, 6), crowd in 1u32..6, seed: u64) {
        let mut queue = queue(0, &[]);
        let mut add = |id: u64, parent, weight| {
            let group = group_node(GroupId(id), GroupId(parent), GroupWeight::new(weight), Box::new(group_place()));
            assert!(queue.add_group(Box::new(group)).is_ok());
        };
        // 1 and 2 in the root, 3 and 4 in 1, 5 and 6 in 4; threads in 1, in 2, in 3, and a crowd in 5 and in 6.
        for (id, parent) in [(1, 0), (2, 0), (3, 1), (4, 1), (5, 4), (6, 4)] {
            add(id, parent, weights[id as usize - 1]);
        }
        for group in 1..=3 {
            queue.enqueue(thread(group, nice(0), u64::from(group)), Reason::New, 0);
        }
        for id in 0..crowd {
            queue.enqueue(thread(100 + id, nice(0), 5), Reason::New, 0);
            queue.enqueue(thread(200 + id, nice(0), 6), Reason::New, 0);
        }
        let total = 60_000 * MS;
        let got = run(&mut queue, total, &mut jitter(seed, 200));
        let sum = |ids: std::ops::Range<u32>| ids.map(|id| got.get(&id).copied().unwrap_or(0)).sum::<u64>() as f64;
        let w = |id: usize| f64::from(weights[id - 1]);
        let first = w(1) / (w(1) + w(2));
        let inside = 100.0 + w(3) + w(4);
        let five = w(5) / (w(5) + w(6));
        for (actual, share) in [
            (sum(2..3), 1.0 - first),
            (sum(1..2), first * 100.0 / inside),
            (sum(3..4), first * w(3) / inside),
            (sum(100..200), first * w(4) / inside * five),
            (sum(200..300), first * w(4) / inside * (1.0 - five)),
        ] {
            prop_assert!((actual / total as f64 - share).abs() < 0.012, "{} {share}", actual / total as f64);
        }
    }

    /// Threads are neither lost nor doubled, whatever happens, and the order is that of a sorted list.
    #[test]
    fn conserves(ops in prop::collection::vec((0u8..9, any::<u16>(), any::<u32>()), 1..300)) {
        let mut queues = [queue(0, &[(9, 100), (10, 50), (11, 70)]), queue(1, &[(9, 100), (11, 70)])];
        let mut current: [Option<Box<Node<u32>>>; 2] = [None, None];
        let mut asleep: Vec<Box<Node<u32>>> = Vec::new();
        let mut keys: Vec<(usize, Key)> = Vec::new();
        let (mut total, mut now) = (0u32, 0u64);
        for (op, pick, value) in ops {
            now += u64::from(value) / 16;
            let q = usize::from(pick & 1);
            match op {
                0 | 1 => {
                    let class = match value % 4 {
                        0 => Class::Fifo { prio: (value % 99) as u8 + 1 },
                        1 => Class::Rr { prio: (value % 99) as u8 + 1 },
                        _ => nice((value % 40) as i8 - 20),
                    };
                    // Group 12 exists nowhere, group 10 on one hart only, and group 11 lies in it there.
                    let new = thread(total, class, [0, 9, 10, 11, 12][value as usize / 7 % 5]);
                    total += 1;
                    keys.push((q, queues[q].enqueue(new, Reason::New, now)));
                }
                2 | 3 => if current[q].is_none() { current[q] = queues[q].pick(now); },
                4..=6 => if let Some(mut node) = current[q].take() {
                    queues[q].account(&mut node, u64::from(value) / 64);
                    match op {
                        4 => { queues[q].enqueue(node, Reason::Preempted, now); }
                        5 => { queues[q].enqueue(node, Reason::Yielded, now); }
                        _ => asleep.push(node),
                    }
                },
                7 => if !asleep.is_empty() {
                    let node = asleep.swap_remove(usize::from(pick) % asleep.len());
                    let key = queues[q].enqueue(node, Reason::Woken, now);
                    if let Some(running) = &current[q] {
                        let _ = queues[q].preempts(&key, running, u64::from(value));
                        let _ = queues[q].slice_ns(running);
                    }
                    keys.push((q, key));
                },
                _ => {
                    let odd = |id: &u32| id % 2 == 1;
                    if value % 2 == 0 {
                        if let Some(node) = queues[q].steal(Hart(1 - q as u32), odd) {
                            prop_assert!(odd(&node.value.thread));
                            queues[1 - q].enqueue(node, Reason::Preempted, now);
                        }
                    } else if let Some((q, key)) = keys.pop()
                        && let Some(node) = queues[q].remove(&key) {
                        asleep.push(node);
                    }
                }
            }
            let queued = queues[0].len() + queues[1].len();
            let running = current.iter().flatten().count();
            prop_assert_eq!(queued + running + asleep.len(), total as usize);
        }
        for q in 0..2 {
            let mut ids: Vec<u32> = current[q].take().iter().map(|n| n.value.thread).collect();
            let left = queues[q].len();
            while let Some(node) = queues[q].pick(now) { ids.push(node.value.thread); }
            prop_assert!(ids.len() >= left && queues[q].is_empty());
            prop_assert!(queues[q].root.value.is_idle() && queues[q].root.value.load == 0);
            prop_assert!(queues[q].groups.iter().all(|(_, g)| g.load == 0 && g.place.is_some()));
        }
    }
}

#[test]
fn nice_0_and_5() {
    let mut queue = queue(0, &[]);
    queue.enqueue(thread(1, nice(0), 0), Reason::New, 0);
    queue.enqueue(thread(2, nice(5), 0), Reason::New, 0);
    let got = run(&mut queue, 10_000 * MS, &mut || 0);
    assert!(close(ratio(&got, 1, 2), 1024.0 / 335.0));
}

#[test]
fn one_against_eight_in_a_sibling_group() {
    let mut queue = queue(0, &[(1, 100), (2, 100)]);
    queue.enqueue(thread(0, nice(0), 1), Reason::New, 0);
    for id in 1..=8 {
        queue.enqueue(thread(id, nice(0), 2), Reason::New, 0);
    }
    let got = run(&mut queue, 10_000 * MS, &mut || 0);
    let others: u64 = (1..=8).map(|id| got[&id]).sum();
    assert!(close(got[&0] as f64, others as f64));
}

/// A thread that sleeps 10 ms and runs 0.2 ms, among eight hogs; the time from wake to run.
#[test]
fn sleeper_among_hogs_runs_soon() {
    for group in [1, 2] {
        let mut queue = queue(0, &[(1, 100), (2, 100)]);
        for id in 1..=8 {
            queue.enqueue(thread(id, nice(0), 1), Reason::New, 0);
        }
        let mut sleeper = Some(thread(0, nice(0), group));
        let (mut now, mut wake_at, mut woken_at) = (0, 10 * MS, 0);
        let (mut waits, mut reason) = (Vec::new(), Reason::New);
        while waits.len() < 500 {
            let mut current = queue.pick(now).unwrap();
            let mut ran = queue.slice_ns(&current).unwrap();
            if current.value.thread == 0 {
                waits.push(now - woken_at);
                ran = MS / 5;
            } else if sleeper.is_some() && now + ran >= wake_at {
                let until = wake_at.saturating_sub(now);
                woken_at = now + until;
                let key = queue.enqueue(sleeper.take().unwrap(), reason, woken_at);
                reason = Reason::Woken;
                if queue.preempts(&key, &current, until) {
                    ran = until;
                }
            }
            now += ran;
            queue.account(&mut current, ran);
            if current.value.thread == 0 {
                sleeper = Some(current);
                wake_at = now + 10 * MS;
            } else {
                queue.enqueue(current, Reason::Preempted, now);
            }
        }
        // The first wait is that of a new thread.
        assert!(waits.iter().skip(1).all(|&ns| ns <= MIN_SLICE_NS), "{waits:?}");
    }
}

/// A group in which new threads keep coming does not starve its old ones.
#[test]
fn fork_bomb_does_not_starve_its_group() {
    let mut queue = queue(0, &[]);
    queue.enqueue(thread(0, nice(0), 0), Reason::New, 0);
    for id in 1..=20 {
        queue.enqueue(thread(id, nice(0), 0), Reason::New, 0);
    }
    let (mut now, mut got) = (0, 0);
    for id in 21..4000 {
        let mut current = queue.pick(now).unwrap();
        let ran = MS / 2;
        now += ran;
        queue.account(&mut current, ran);
        if current.value.thread == 0 {
            got += ran;
            queue.enqueue(current, Reason::Preempted, now);
        } else {
            // Ends after half a millisecond, leaving a child.
            queue.enqueue(thread(id, nice(0), 0), Reason::New, now);
        }
    }
    assert!(got * 40 > now, "{got} of {now}");
}

#[test]
fn real_time_order() {
    let mut queue = queue(0, &[]);
    queue.enqueue(thread(0, nice(-20), 0), Reason::New, 0);
    for (id, prio) in [(1, 10), (2, 50), (3, 50), (4, 99)] {
        queue.enqueue(thread(id, Class::Fifo { prio }, 0), Reason::New, 0);
    }
    let mut order = Vec::new();
    let preempted = queue.pick(0).unwrap();
    let next = queue.pick(0).unwrap();
    assert_eq!((preempted.value.thread, next.value.thread), (4, 2));
    // The head of its priority, not its tail.
    let key = queue.enqueue(next, Reason::Preempted, 0);
    assert!(!queue.preempts(&key, &preempted, 0));
    drop(preempted);
    while let Some(node) = queue.pick(0) {
        order.push(node.value.thread);
    }
    assert_eq!(order, [2, 3, 1, 0]);
}

#[test]
fn round_robin_takes_turns() {
    let mut queue = queue(0, &[]);
    for id in 1..=2 {
        queue.enqueue(thread(id, Class::Rr { prio: 5 }, 0), Reason::New, 0);
    }
    let got = run(&mut queue, 10_000 * MS, &mut || 0);
    assert!(close(ratio(&got, 1, 2), 1.0));
}

#[test]
fn real_time_is_capped() {
    let mut queue = queue(0, &[]);
    queue.enqueue(thread(1, Class::Fifo { prio: 5 }, 0), Reason::New, 0);
    queue.enqueue(thread(2, nice(0), 0), Reason::New, 0);
    let got = run(&mut queue, 60_000 * MS, &mut || 0);
    // 950 ms of each second, less at most a slice of the other that is still running then.
    let share = got[&1] as f64 / (got[&1] + got[&2]) as f64;
    assert!((0.935..0.951).contains(&share), "{share}");
}

#[test]
fn alone_without_slices() {
    let mut queue = queue(0, &[(1, 100)]);
    queue.enqueue(thread(1, nice(0), 1), Reason::New, 0);
    let current = queue.pick(0).unwrap();
    assert_eq!(queue.slice_ns(&current), None);
    assert!(queue.pick(0).is_none());
    queue.enqueue(thread(2, nice(0), 1), Reason::New, 0);
    assert_eq!(queue.slice_ns(&current), Some(6 * MS));
}

#[test]
fn steal_minds_affinity() {
    let mut queue = queue(0, &[]);
    for (id, mask) in [(1, 0b11), (2, 0b10), (3, 0b01)] {
        let mut node = thread(id, nice(0), 0);
        node.value.entity.affinity = Affinity(mask);
        queue.enqueue(node, Reason::New, 0);
    }
    let mut steal = |hart| queue.steal(Hart(hart), |_| true).map(|n| n.value.thread);
    assert_eq!(steal(64), None);
    assert_eq!(steal(1), Some(2));
    assert_eq!(steal(1), Some(1));
    assert_eq!(steal(1), None);
    assert_eq!(steal(0), Some(3));
}

/// A stolen thread keeps its distance, whatever the clocks of the two queues say.
#[test]
fn stolen_thread_is_placed_fairly() {
    let (mut old, mut young) = (queue(0, &[]), queue(1, &[]));
    for id in 1..=3 {
        old.enqueue(thread(id, nice(0), 0), Reason::New, 0);
    }
    run(&mut old, 5_000 * MS, &mut || 0);
    young.enqueue(thread(9, nice(0), 0), Reason::New, 0);
    let stolen = old.steal(Hart(1), |_| true).unwrap();
    let id = stolen.value.thread;
    young.enqueue(stolen, Reason::Preempted, 0);
    let got = run(&mut young, 1_000 * MS, &mut || 0);
    assert!(close(ratio(&got, id, 9), 1.0), "{got:?}");
}

#[test]
fn groups_come_and_go() {
    let mut queue = queue(0, &[(1, 100)]);
    let key = queue.enqueue(thread(1, nice(0), 1), Reason::New, 0);
    assert_eq!(queue.remove_group(GroupId(1)).err(), Some(GroupBusy));
    assert_eq!(queue.remove_group(GroupId::ROOT).err(), Some(GroupBusy));
    queue.set_group_weight(GroupId(1), GroupWeight::new(700));
    let node = queue.remove(&key).unwrap();
    assert!(queue.remove(&key).is_none());
    assert!(queue.remove_group(GroupId(1)).unwrap().is_some());
    assert!(queue.remove_group(GroupId(1)).unwrap().is_none());
    // Its group is gone: it runs in the root.
    queue.enqueue(node, Reason::Woken, 0);
    assert_eq!(queue.pick(0).unwrap().value.entity.group, GroupId::ROOT);
    assert_eq!(queue.root.value.load, 0);
}

#[test]
fn balance_alone() {
    let balance = Balance::<4, logic_shim::Core>::new();
    assert_eq!(balance.busiest(Hart(0)), None);
    balance.note_queued(Hart(1), 3);
    balance.note_queued(Hart(3), 7);
    balance.note_queued(Hart(9), 7);
    assert_eq!(balance.busiest(Hart(0)), Some(Hart(3)));
    assert_eq!(balance.busiest(Hart(3)), Some(Hart(1)));
    assert_eq!(balance.announce(Hart(0)), Affinity(0b1010));
    assert_eq!(balance.announce(Hart(2)), Affinity(0b1010));
    assert_eq!(balance.idle(), Affinity(0b101));
    assert_eq!(balance.claim(Affinity(0b1010), Hart(0)), None);
    assert_eq!(balance.claim(Affinity::ALL, Hart(2)), Some(Hart(2)));
    assert_eq!(balance.claim(Affinity::ALL, Hart(2)), Some(Hart(0)));
    assert_eq!(balance.claim(Affinity::ALL, Hart(2)), None);
    let _ = balance.announce(Hart(0));
    balance.resume(Hart(0));
    assert_eq!(balance.idle(), Affinity(0));
}
