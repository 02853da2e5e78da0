//! What a test printed, as much of it as is worth keeping: the head and the tail. Pure.

use std::collections::VecDeque;

/// Bytes kept from the beginning, and as many from the end.
const KEPT_BYTES: usize = 16 * 1024;

/// A bounded record of output.
#[derive(Debug)]
pub(crate) struct Capture {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    dropped_bytes: u64,
}

impl Capture {
    /// An empty one. All the memory it will use is taken now.
    pub(crate) fn new() -> Self {
        Self { head: Vec::with_capacity(KEPT_BYTES), tail: VecDeque::with_capacity(KEPT_BYTES), dropped_bytes: 0 }
    }

    /// Adds output.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let (head, rest) = bytes.split_at(bytes.len().min(KEPT_BYTES - self.head.len()));
        self.head.extend_from_slice(head);
        for byte in rest {
            if self.tail.len() == KEPT_BYTES {
                self.tail.pop_front();
                self.dropped_bytes += 1;
            }
            self.tail.push_back(*byte);
        }
    }

    /// The output as lines, with a note where some are missing.
    pub(crate) fn text(&self) -> String {
        let (front, back) = self.tail.as_slices();
        let tail = [front, back].concat();
        if self.dropped_bytes == 0 {
            return String::from_utf8_lossy(&[&self.head[..], &tail].concat()).into_owned();
        }
        let (head, tail) = (String::from_utf8_lossy(&self.head), String::from_utf8_lossy(&tail));
        format!("{head}\n[{} bytes left out]\n{tail}", self.dropped_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::{Capture, KEPT_BYTES};
    use proptest::prelude::{any, prop, prop_assert_eq, proptest};

    proptest! {
        #[test]
        fn head_and_tail_are_exact(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9000), 0..9)) {
            let (mut capture, all) = (Capture::new(), chunks.concat());
            for chunk in &chunks {
                capture.push(chunk);
            }
            prop_assert_eq!(&capture.head[..], &all[..all.len().min(KEPT_BYTES)]);
            let tail_len = (all.len() - capture.head.len()).min(KEPT_BYTES);
            prop_assert_eq!(capture.tail.iter().copied().collect::<Vec<u8>>(), &all[all.len() - tail_len..]);
            prop_assert_eq!(capture.dropped_bytes as usize, all.len() - capture.head.len() - tail_len);
        }
    }
}
