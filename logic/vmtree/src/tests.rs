//! The map against a page-by-page model: every page has an owner or none, and a region is a run
//! of pages that continue each other.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]

extern crate std;

use std::boxed::Box;
use std::ops::Range;
use std::vec;
use std::vec::Vec;

use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};

use crate::{NoSpare, PAGE_BYTES, Region, RegionMap, ResizeError, Search, Spare, new_node, spare_node};

const PAGES: u64 = 64;

/// A mapping of a file: pages of the same file continue each other when their offsets do.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Mapping {
    file: u8,
    offset: u64,
}

impl Region for Mapping {
    fn split_off(&mut self, offset_bytes: u64) -> Mapping {
        Mapping { file: self.file, offset: self.offset + offset_bytes }
    }

    fn try_merge(&mut self, own_len_bytes: u64, next: Mapping) -> Result<(), Mapping> {
        if next.file == self.file && next.offset == self.offset + own_len_bytes { Ok(()) } else { Err(next) }
    }
}

/// What one page maps, and whether a region starts there.
type Page = Option<(Mapping, bool)>;

struct Model(Vec<Page>);

impl Model {
    fn regions(&self) -> Vec<(Range<u64>, Mapping)> {
        let mut regions: Vec<(Range<u64>, Mapping)> = vec![];
        for (page, entry) in (0..).zip(&self.0) {
            match entry {
                Some((mapping, true)) => {
                    regions.push((page * PAGE_BYTES..(page + 1) * PAGE_BYTES, *mapping));
                }
                Some((_, false)) => regions.last_mut().unwrap().0.end += PAGE_BYTES,
                None => {}
            }
        }
        regions
    }

    fn insert(&mut self, pages: &Range<u64>, file: u8, first_page_of_file: u64) -> bool {
        let slots = &mut self.0[pages.start as usize..pages.end as usize];
        if slots.is_empty() || slots.iter().any(Option::is_some) {
            return false;
        }
        for (n, slot) in (0..).zip(slots) {
            let offset = (first_page_of_file + n) * PAGE_BYTES;
            *slot = Some((Mapping { file, offset }, n == 0));
        }
        true
    }

    /// Makes this page the start of a region if it is in one.
    fn cut(&mut self, page: u64) {
        if let Some(Some((_, first))) = self.0.get_mut(page as usize) {
            *first = true;
        }
    }

    fn merge(&mut self, pages: &Range<u64>) {
        for page in pages.start..=pages.end {
            let Some(before) = page.checked_sub(1).and_then(|page| self.0[page as usize]) else {
                continue;
            };
            if let Some(Some((mapping, first))) = self.0.get_mut(page as usize)
                && before.0.file == mapping.file
                && before.0.offset + PAGE_BYTES == mapping.offset
            {
                *first = false;
            }
        }
    }

    fn places(&self, len: u64, align: u64, low: u64, high: u64) -> Vec<u64> {
        let fits = |&page: &u64| {
            page >= low
                && page.is_multiple_of(align)
                && page + len <= high
                && (page..page + len).all(|page| self.0.get(page as usize).is_none_or(Option::is_none))
        };
        (0..PAGES * 2).filter(fits).collect()
    }
}

#[derive(Clone, Debug)]
enum Op {
    Insert(Range<u64>, u8, u64),
    Carve(Range<u64>),
    Update(Range<u64>, u8),
    ResizeEnd(u64, u64),
    ResizeStart(u64, u64),
    Gap(u64, u32, Range<u64>, bool),
}

fn pages() -> impl Strategy<Value = Range<u64>> {
    (0..PAGES, 0_u64..12).prop_map(|(start, len)| start..(start + len).min(PAGES))
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (pages(), 0_u8..3, 0_u64..2).prop_map(|(at, file, page)| Op::Insert(at, file, page)),
        2 => pages().prop_map(Op::Carve),
        2 => (pages(), 0_u8..2).prop_map(|(at, file)| Op::Update(at, file)),
        1 => (0..PAGES, 0..PAGES).prop_map(|(nth, to)| Op::ResizeEnd(nth, to)),
        1 => (0..PAGES, 0..PAGES).prop_map(|(nth, to)| Op::ResizeStart(nth, to)),
        6 => (1_u64..10, 0_u32..3, (0..PAGES + 4, 0..PAGES + 4), any::<bool>())
            .prop_map(|(len, align, (low, high), top)| Op::Gap(len, align, low..high, top)),
    ]
}

fn bytes(pages: &Range<u64>) -> Range<u64> {
    pages.start * PAGE_BYTES..pages.end * PAGE_BYTES
}

struct Pair {
    map: RegionMap<Mapping>,
    model: Model,
    spare: Spare<Mapping>,
}

impl Pair {
    fn fill_spare(&mut self) {
        while self.spare.put(Box::new(spare_node())).is_ok() {}
    }

    fn step(&mut self, op: &Op) {
        match op {
            Op::Insert(pages, file, page) => {
                let mapping = Mapping { file: *file, offset: page * PAGE_BYTES };
                let given = self.map.insert(bytes(pages), Box::new(new_node(mapping)));
                assert_eq!(given.is_ok(), self.model.insert(pages, *file, *page));
                if let Err(mut node) = given {
                    assert_eq!(node.value.take(), Some(mapping));
                }
            }
            Op::Carve(pages) => self.carve(pages),
            Op::Update(pages, file) => self.update(pages, *file),
            Op::ResizeEnd(nth, to) => self.resize_end(*nth, *to),
            Op::ResizeStart(nth, to) => self.resize_start(*nth, *to),
            Op::Gap(len, align, pages, top) => self.gap(*len, 1 << align, pages, *top),
        }
    }

    fn carve(&mut self, pages: &Range<u64>) {
        self.fill_spare();
        if !pages.is_empty() {
            self.model.cut(pages.start);
            self.model.cut(pages.end);
        }
        let inside =
            |(range, _): &(Range<u64>, Mapping)| range.start >= pages.start * PAGE_BYTES && range.end <= pages.end * PAGE_BYTES;
        let expected: Vec<_> = self.model.regions().into_iter().filter(inside).collect();
        let mut removed = vec![];
        let result = self.map.carve(bytes(pages), &mut self.spare, |range, mut node| {
            removed.push((range, node.value.take().unwrap()));
        });
        assert_eq!(result, Ok(()));
        assert_eq!(removed, expected);
        self.model.0[pages.start as usize..pages.end as usize].fill(None);
    }

    fn update(&mut self, pages: &Range<u64>, file: u8) {
        self.fill_spare();
        let before = self.map.len() + self.spare.len();
        let mut freed = 0;
        let result = self.map.update(bytes(pages), &mut self.spare, |_, mapping| mapping.file = file, |_| freed += 1);
        assert_eq!(result, Ok(()));
        assert_eq!(self.map.len() + self.spare.len() + freed, before);
        if !pages.is_empty() {
            self.model.cut(pages.start);
            self.model.cut(pages.end);
        }
        for (mapping, _) in self.model.0[pages.start as usize..pages.end as usize].iter_mut().flatten() {
            mapping.file = file;
        }
        self.model.merge(pages);
    }

    fn resize_end(&mut self, nth: u64, to: u64) {
        let regions = self.model.regions();
        let Some((range, mapping)) = regions.get(nth as usize % regions.len().max(1)).cloned() else {
            return;
        };
        let (end, to_bytes) = (range.end / PAGE_BYTES, to * PAGE_BYTES);
        let result = self.map.resize_end(range.start, to_bytes);
        let free = |page: u64| self.model.0[page as usize].is_none();
        if to_bytes <= range.start {
            assert_eq!(result, Err(ResizeError::Bound));
        } else if !(end..to).all(free) {
            assert_eq!(result, Err(ResizeError::Overlap));
        } else {
            assert_eq!(result, Ok(()));
            if to < end {
                self.model.0[to as usize..end as usize].fill(None);
            }
            for page in end..to {
                let offset = mapping.offset + page * PAGE_BYTES - range.start;
                self.model.0[page as usize] = Some((Mapping { offset, ..mapping }, false));
            }
        }
    }

    fn resize_start(&mut self, nth: u64, to: u64) {
        let regions = self.model.regions();
        let Some((range, mapping)) = regions.get(nth as usize % regions.len().max(1)).cloned() else {
            return;
        };
        let (start, to_bytes) = (range.start / PAGE_BYTES, to * PAGE_BYTES);
        let result = self.map.resize_start(range.start, to_bytes);
        let free = |page: u64| self.model.0[page as usize].is_none();
        if to_bytes >= range.end {
            assert_eq!(result, Err(ResizeError::Bound));
        } else if !(to..start).all(free) {
            assert_eq!(result, Err(ResizeError::Overlap));
        } else {
            assert_eq!(result, Ok(()));
            self.model.0[start.min(to) as usize..to as usize].fill(None);
            for page in to..range.end / PAGE_BYTES {
                let offset = mapping.offset + (page - to) * PAGE_BYTES;
                self.model.0[page as usize] = Some((Mapping { offset, ..mapping }, page == to));
            }
        }
    }

    fn gap(&self, len: u64, align: u64, pages: &Range<u64>, top: bool) {
        let search = if top { Search::Top } else { Search::Bottom };
        let found = self
            .map
            .find_gap(len * PAGE_BYTES, align * PAGE_BYTES, pages.start * PAGE_BYTES, pages.end * PAGE_BYTES, search)
            .map(|place| place / PAGE_BYTES);
        let places = self.model.places(len, align, pages.start, pages.end);
        if align == 1 {
            assert_eq!(found, if top { places.last() } else { places.first() }.copied());
        } else if let Some(place) = found {
            assert!(places.contains(&place));
        } else {
            assert_eq!(self.model.places(len + align - 1, 1, pages.start, pages.end), []);
        }
    }

    fn check(&self) {
        let regions = self.model.regions();
        let expected = regions.iter().map(|(range, mapping)| (range.clone(), mapping));
        assert!(self.map.iter().eq(expected.clone()));
        assert_eq!(self.map.len(), regions.len());
        let total: u64 = regions.iter().map(|(range, _)| range.end - range.start).sum();
        assert_eq!(self.map.total_bytes(), total);
        for address in (0..PAGES).flat_map(|page| [page * PAGE_BYTES, page * PAGE_BYTES + 4095]) {
            let holds = |(range, _): &(Range<u64>, &Mapping)| range.contains(&address);
            assert_eq!(self.map.find(address), expected.clone().find(holds));
            let later = |(range, _): &(Range<u64>, &Mapping)| range.end > address;
            assert_eq!(self.map.next_at_or_after(address), expected.clone().find(later));
        }
    }
}

proptest! {
    #[test]
    fn agrees_with_pages(ops in proptest::collection::vec(op(), 1..120)) {
        let mut pair = Pair {
            map: RegionMap::new(),
            model: Model(vec![None; PAGES as usize]),
            spare: Spare::new(),
        };
        for op in &ops {
            pair.step(op);
            pair.check();
        }
        let regions = pair.model.regions();
        let drained: Vec<_> = pair.map.drain()
            .map(|(range, mut node)| (range, node.value.take().unwrap())).collect();
        prop_assert_eq!(drained, regions);
        prop_assert!(pair.map.is_empty());
    }
}

#[test]
fn without_spare_nodes_nothing_is_cut() {
    let mut map = RegionMap::new();
    let mapping = Mapping { file: 0, offset: 0 };
    assert!(map.insert(0..0x4000, Box::new(new_node(mapping))).is_ok());
    let mut spare = Spare::new();
    assert!(spare.put(Box::new(spare_node())).is_ok());
    let refused = map.carve(0x1000..0x2000, &mut spare, |_, _| panic!("removed"));
    assert_eq!(refused, Err(NoSpare));
    assert_eq!((map.len(), spare.len()), (1, 1));
    assert_eq!(map.carve(0x3000..0x4000, &mut spare, |_, _| ()), Ok(()));
    assert_eq!(map.find(0x2fff), Some((0..0x3000, &mapping)));
    assert!(map.covers(&(0..0x3000)) && !map.covers(&(0..0x3001)));
    assert!(map.insert(0x3001..0x4000, Box::new(new_node(mapping))).is_err());
}
