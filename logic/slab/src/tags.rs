//! Small numbers for the names of types: what a heap object is, in one byte.
//!
//! [`Tags`] only grows. Tag 0 is for everything without a name of its own, also once the table is full. Neighbour:
//! `kernel/mem` keeps a tag beside each object and counts those that live.

/// How many tags there are, tag 0 included.
pub const TAGS: usize = 256;

/// What tag 0 is called.
pub const OTHER: &str = "other";

/// Names by tag.
#[derive(Debug)]
pub struct Tags {
    /// An open hash table: the place is the tag.
    names: [Option<&'static str>; TAGS],
}

impl Tags {
    /// No names yet but that of tag 0.
    #[must_use]
    pub const fn new() -> Tags {
        let mut names = [None; TAGS];
        if let Some((first, _)) = names.split_first_mut() {
            *first = Some(OTHER);
        }
        Tags { names }
    }

    /// The tag of a name, a new one if it has none.
    pub fn tag(&mut self, name: &'static str) -> u8 {
        let first = hash(name);
        for step in 0..TAGS as u32 {
            let tag = first.wrapping_add(step) as u8;
            match self.names.get_mut(usize::from(tag)) {
                Some(Some(known)) if *known == name => return tag,
                Some(free @ None) => {
                    *free = Some(name);
                    return tag;
                }
                _ => {}
            }
        }
        0
    }

    /// The name of a tag.
    #[must_use]
    pub fn name(&self, tag: u8) -> Option<&'static str> {
        self.names.get(usize::from(tag)).copied().flatten()
    }
}

impl Default for Tags {
    fn default() -> Self {
        Tags::new()
    }
}

/// Names of types differ most at their ends.
fn hash(name: &str) -> u32 {
    let mixed = name.bytes().rev().take(16).fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    mixed ^ (mixed >> 16) ^ name.len() as u32
}

#[cfg(test)]
mod tests {
    use super::{OTHER, TAGS, Tags};
    use std::string::ToString;

    #[test]
    fn a_name_keeps_its_tag() {
        let mut tags = Tags::new();
        assert_eq!(tags.name(0), Some(OTHER));
        let (a, b) = (tags.tag("kernel::fs::Dentry"), tags.tag("kernel::fs::Inode"));
        assert_ne!(a, b);
        assert_eq!((tags.tag("kernel::fs::Dentry"), tags.name(b)), (a, Some("kernel::fs::Inode")));
    }

    #[test]
    fn a_full_table_falls_back() {
        let mut tags = Tags::new();
        let names: std::vec::Vec<&'static str> = (0..TAGS + 5).map(|n| &*n.to_string().leak()).collect();
        let given: std::collections::BTreeSet<u8> = names.iter().map(|n| tags.tag(n)).collect();
        assert_eq!(given.len(), TAGS);
        assert_eq!(tags.tag("one more"), 0);
        assert_eq!(names.iter().filter(|n| tags.tag(n) != 0).count(), TAGS - 1);
    }
}
