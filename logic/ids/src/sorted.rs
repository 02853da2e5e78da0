//! [`sort`]: a heap sort in few instructions of code, where the standard library's takes some thousand bytes.

/// Sorts in place, in O(n log n) steps.
pub fn sort<T: Ord>(items: &mut [T]) {
    let (mut start, mut end) = (items.len() / 2, items.len());
    while end > 1 {
        if start > 0 {
            // The heap is being made.
            start = start.saturating_sub(1);
        } else {
            end = end.saturating_sub(1);
            items.swap(0, end);
        }
        sift(items, start, end);
    }
}

/// Lets an item sink below larger ones, in the heap `items[..end]`.
fn sift<T: Ord>(items: &mut [T], mut at: usize, end: usize) {
    loop {
        let left = at.saturating_mul(2).saturating_add(1);
        let right = left.saturating_add(1);
        let larger = if right < end && items.get(left) < items.get(right) { right } else { left };
        if larger >= end || items.get(at) >= items.get(larger) {
            return;
        }
        items.swap(at, larger);
        at = larger;
    }
}

#[cfg(test)]
mod tests {
    use super::sort;
    use proptest::prelude::{any, prop, prop_assert_eq, proptest};

    proptest! {
        #[test]
        fn as_the_standard_library(mut items in prop::collection::vec(any::<u8>(), 0..70)) {
            let mut expected = items.clone();
            expected.sort_unstable();
            sort(&mut items);
            prop_assert_eq!(items, expected);
        }
    }
}
