//! Entries against hand-made values, spans against page-by-page counting.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]

extern crate std;

use std::vec::Vec;

use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

use crate::{
    Access, LOWER_END, Mode, PAGE_BYTES, Permit, Pte, PteFlags, Satp, Span, UPPER_START, entry_bytes, index, is_canonical,
    permits,
};

#[test]
fn entries() {
    let leaf = Pte::leaf(0x80200, PteFlags::WRITE | PteFlags::USER);
    assert_eq!(leaf.bits(), 0x80200 << 10 | 0b1_0111);
    assert!(leaf.is_leaf() && !leaf.is_table() && leaf.is_valid());
    assert_eq!(leaf.ppn(), 0x80200);
    let cow = leaf.without(PteFlags::WRITE).with(PteFlags::COW);
    assert!(cow.has(PteFlags::COW | PteFlags::READ) && !cow.has(PteFlags::WRITE));
    assert_eq!(cow.flags().bits(), 0b1_0001_0011);
    let table = Pte::table(7);
    assert!(table.is_table() && !table.is_leaf() && Pte::EMPTY.is_empty());
    assert_eq!(Pte::leaf(u64::MAX, PteFlags::READ).bits() >> 54, 0);
}

#[test]
fn addresses() {
    assert!(is_canonical(LOWER_END - 1) && !is_canonical(LOWER_END));
    assert!(is_canonical(UPPER_START) && !is_canonical(UPPER_START - 1));
    assert_eq!([0, 1, 2].map(entry_bytes), [4096, 2 << 20, 1 << 30]);
    let va = 5 << 30 | 6 << 21 | 7 << 12 | 8;
    assert_eq!([0, 1, 2].map(|level| index(va, level)), [7, 6, 5]);
    assert_eq!(index(u64::MAX, 2), 511);
    let satp = Satp::new(Mode::Sv39, 3, 0x80001);
    assert_eq!(satp.bits(), 0x8000_3000_0008_0001);
    assert_eq!((satp.asid(), satp.root_ppn()), (3, 0x80001));
    assert_eq!(Satp::from_bits(satp.bits()), satp);
}

#[test]
fn what_an_access_needs() {
    let page = PteFlags::VALID | PteFlags::READ;
    let all = page | PteFlags::WRITE | PteFlags::ACCESSED;
    assert_eq!(permits(page, Access::Read), Permit::NeedsAccessed);
    assert_eq!(permits(page, Access::Write), Permit::No);
    assert_eq!(permits(page, Access::Execute), Permit::No);
    assert_eq!(permits(page | PteFlags::COW, Access::Write), Permit::Cow);
    assert_eq!(permits(PteFlags::COW, Access::Write), Permit::No);
    assert_eq!(permits(all, Access::Read), Permit::Yes);
    assert_eq!(permits(all, Access::Write), Permit::NeedsDirty);
    assert_eq!(permits(all | PteFlags::DIRTY, Access::Write), Permit::Yes);
    assert_eq!(permits(PteFlags::empty(), Access::Read), Permit::No);
}

proptest! {
    #[test]
    fn parts_cover_the_range(start in any::<u64>(), pages in 0_u64..5000, level in 0_u32..3) {
        let start = start & !(PAGE_BYTES - 1);
        let end = start.saturating_add(pages * PAGE_BYTES);
        let parts: Vec<_> = Span::new(start, end, level).collect();
        let mut at = start;
        for part in &parts {
            prop_assert_eq!(part.start, at);
            prop_assert!(part.end > part.start);
            prop_assert_eq!(part.index, index(part.end - 1, level));
            prop_assert_eq!(part.start / entry_bytes(level), (part.end - 1) / entry_bytes(level));
            prop_assert_eq!(part.is_whole(level), part.end - part.start == entry_bytes(level));
            at = part.end;
        }
        prop_assert_eq!(at, end);
        for pair in parts.windows(2) {
            prop_assert_eq!(pair[0].end % entry_bytes(level), 0);
        }
    }
}
