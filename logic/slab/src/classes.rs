//! Classes of sizes, and where the slots of a page are.

use core::alloc::Layout;

/// Slot sizes in bytes. The classes above 1024 leave as little as possible of a page unused.
pub const CLASSES: [u32; 16] = [16, 32, 48, 64, 96, 128, 192, 256, 320, 384, 512, 672, 800, 1008, 1344, 2016];

/// Bytes before the first slot.
pub const HEADER: usize = 64;
/// Where the header has room for tags, if there are few slots.
pub const TAGS_AT: usize = 40;
/// For how many slots.
pub const TAGS_BYTES: usize = HEADER - TAGS_AT;

const PAGE: usize = 4096;

/// The class for a layout, if a slab serves it.
#[inline(always)]
#[must_use]
pub fn class_of(layout: Layout) -> Option<usize> {
    let size = layout.size();
    if size > 2016 || layout.align() > 16 {
        return over_aligned(layout);
    }
    Some(class_of_size(size))
}

#[inline(always)]
fn class_of_size(size: usize) -> usize {
    const TABLE: [u8; 127] = {
        let mut t = [0u8; 127];
        let mut i = 0;
        while i < 127 {
            let mut c = 0;
            while (CLASSES[c] as usize) < i * 16 {
                c += 1;
            }
            t[i] = c as u8;
            i += 1;
        }
        t
    };
    TABLE[size.div_ceil(16)] as usize
}

/// Alignments above 16: slots of 64 and 128 bytes are aligned to 64, since the header is 64 bytes.
fn over_aligned(layout: Layout) -> Option<usize> {
    (layout.align() <= 64 && layout.size() <= 64).then_some(3)
}

/// Slots of a page of a class, with a tag for each or without.
#[must_use]
pub const fn slots_of(class: usize, tagged: bool) -> usize {
    let size = CLASSES[class] as usize;
    let most = (PAGE - HEADER) / size;
    if !tagged || most <= TAGS_BYTES { most } else { (PAGE - HEADER) / (size + 1) }
}

/// Where in the page the tag of the slot at `slot` is: in the header if there are few slots, else behind them.
#[must_use]
#[inline]
pub fn tag_place(class: usize, slots: usize, slot: usize) -> usize {
    let size = CLASSES[class] as usize;
    let index = slot.saturating_sub(HEADER) / size;
    if slots <= TAGS_BYTES { TAGS_AT + index } else { HEADER + slots * size + index }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_gets_a_slot_that_is_large_enough() {
        for size in 1..=2016 {
            let class = class_of(Layout::from_size_align(size, 8).expect("valid")).expect("a class");
            assert!(CLASSES[class] as usize >= size && (class == 0 || (CLASSES[class - 1] as usize) < size));
        }
        assert_eq!(class_of(Layout::from_size_align(2017, 8).expect("valid")), None);
    }

    #[test]
    fn tags_and_slots_do_not_meet() {
        for (class, &size) in CLASSES.iter().enumerate() {
            let (slots, size) = (slots_of(class, true), size as usize);
            let mut seen = std::collections::BTreeSet::new();
            for slot in (0..slots).map(|n| HEADER + n * size) {
                let tag = tag_place(class, slots, slot);
                assert!(tag < PAGE && seen.insert(tag), "class {class}");
                assert!((TAGS_AT..HEADER).contains(&tag) || tag >= HEADER + slots * size);
            }
            assert!(slots_of(class, false) * size + HEADER <= PAGE);
        }
    }
}
