//! The allocator against a map of who owns each frame.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]

extern crate std;

use std::collections::BTreeMap;
use std::vec;
use std::vec::Vec;

use proptest::prelude::{Strategy, prop_assert, prop_assert_eq, prop_oneof, proptest};

use crate::{Frames, FreeError, MAX_ORDER, Node};

const FRAMES: u32 = 5000;

#[derive(Clone, Debug)]
enum Op {
    Alloc(u8),
    Free(usize),
    FreeAny(u32, u8),
    AllocBatch(usize),
    FreeBatch(usize),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        (0..=MAX_ORDER + 1).prop_map(Op::Alloc),
        (0_u8..3).prop_map(Op::Alloc),
        (0_usize..1000).prop_map(Op::Free),
        (0_usize..1000).prop_map(Op::Free),
        (0..FRAMES + 100, 0..=u8::MAX).prop_map(|(frame, order)| Op::FreeAny(frame, order)),
        (0_usize..200).prop_map(Op::AllocBatch),
        (0_usize..200).prop_map(Op::FreeBatch),
    ]
}

/// Which frames are free, and the allocated blocks.
struct Model {
    free: Vec<bool>,
    blocks: BTreeMap<u32, u8>,
}

impl Model {
    fn take(&mut self, first: u32, order: u8) -> bool {
        let frames = first as usize..first as usize + (1 << order);
        let all_free = self.free[frames.clone()].iter().all(|&free| free);
        self.free[frames].fill(false);
        self.blocks.insert(first, order);
        all_free && first.is_multiple_of(1 << order)
    }

    fn give(&mut self, first: u32) {
        let order = self.blocks.remove(&first).unwrap();
        self.free[first as usize..first as usize + (1 << order)].fill(true);
    }

    fn has_block(&self, order: u8) -> bool {
        let mut chunks = self.free.chunks_exact(1 << order);
        order <= MAX_ORDER && chunks.any(|chunk| chunk.iter().all(|&free| free))
    }

    fn count(&self) -> u32 {
        self.free.iter().filter(|&&free| free).count() as u32
    }

    fn nth_block(&self, n: usize) -> Option<(u32, u8)> {
        let len = self.blocks.len();
        self.blocks.iter().nth(n % len.max(1)).map(|(&first, &order)| (first, order))
    }
}

proptest! {
    #[test]
    fn agrees_with_a_bitmap(
        ops in proptest::collection::vec(op(), 1..200),
        hole in 0_u32..3000,
        hole_len in 0_u32..500,
    ) {
        let mut nodes = vec![Node::ABSENT; FRAMES as usize];
        let mut frames = Frames::new(&mut nodes);
        let mut model = Model { free: vec![false; FRAMES as usize], blocks: BTreeMap::new() };
        let second = hole + hole_len;
        prop_assert_eq!(frames.add_range(second, u32::MAX), FRAMES - second);
        prop_assert_eq!(frames.add_range(0, hole), hole);
        model.free[..hole as usize].fill(true);
        model.free[second as usize..].fill(true);
        for op in ops {
            match op {
                Op::Alloc(order) => match frames.alloc(order) {
                    Some(first) => prop_assert!(model.take(first, order)),
                    None => prop_assert!(!model.has_block(order)),
                },
                Op::Free(n) => {
                    if let Some((first, order)) = model.nth_block(n) {
                        prop_assert_eq!(frames.free(first, order + 1), Err(FreeError::WrongOrder));
                        prop_assert_eq!(frames.free(first, order), Ok(()));
                        model.give(first);
                        prop_assert_eq!(frames.free(first, order), Err(FreeError::NotAllocated));
                    }
                }
                Op::FreeAny(frame, order) => match model.blocks.get(&frame).copied() {
                    Some(held) if held == order => {
                        prop_assert_eq!(frames.free(frame, order), Ok(()));
                        model.give(frame);
                    }
                    Some(_) => prop_assert_eq!(frames.free(frame, order), Err(FreeError::WrongOrder)),
                    None => prop_assert_eq!(frames.free(frame, order), Err(FreeError::NotAllocated)),
                },
                Op::AllocBatch(len) => {
                    let mut out = vec![0; len];
                    let count = frames.alloc_batch(&mut out);
                    prop_assert_eq!(count, len.min(model.count() as usize));
                    for &frame in &out[..count] {
                        prop_assert!(model.take(frame, 0));
                    }
                }
                Op::FreeBatch(len) => {
                    let singles: Vec<u32> = model.blocks.iter()
                        .filter(|&(_, &order)| order == 0).map(|(&first, _)| first).take(len).collect();
                    prop_assert_eq!(frames.free_batch(&singles), Ok(()));
                    for &frame in &singles {
                        model.give(frame);
                    }
                }
            }
            prop_assert_eq!(frames.free_frames(), model.count());
        }
        let blocks: Vec<_> = model.blocks.iter().map(|(&first, &order)| (first, order)).collect();
        for (first, order) in blocks {
            prop_assert_eq!(frames.free(first, order), Ok(()));
            model.give(first);
        }
        // Everything has merged again: the large blocks are all there.
        while model.has_block(MAX_ORDER) {
            let first = frames.alloc(MAX_ORDER);
            prop_assert!(first.is_some_and(|first| model.take(first, MAX_ORDER)));
        }
    }
}

#[test]
fn low_frames_first() {
    let mut nodes = [Node::ABSENT; 64];
    let mut frames = Frames::new(&mut nodes);
    frames.add_range(3, 61);
    assert_eq!(frames.alloc(0), Some(3));
    assert_eq!(frames.alloc(2), Some(4));
    assert_eq!(frames.alloc(6), None);
    assert_eq!(frames.free_batch(&[3, 3]), Err(FreeError::NotAllocated));
    assert_eq!(frames.free_frames(), 57);
}
