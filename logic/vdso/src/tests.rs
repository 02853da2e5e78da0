//! The image as a C library, an unwinder and a debugger read it.

use crate::{Code, Full, Function, PAGE_BYTES, SONAME, VERSION, compose};
use std::collections::BTreeMap;
use std::format;
use std::string::String;
use std::vec::Vec;

const CODE_OFFSET: usize = 0x900;

const FUNCTIONS: [Function<'static>; 3] = [
    Function { name: "__vdso_rt_sigreturn", offset: 4, bytes: 8 },
    Function { name: "__vdso_clock_gettime", offset: 12, bytes: 20 },
    Function { name: "__vdso_getcpu", offset: 32, bytes: 8 },
];

/// A composed image.
struct Image {
    bytes: Vec<u8>,
    length: usize,
}

fn image() -> Image {
    let text: Vec<u8> = (1..=40).collect();
    let mut page = [0u8; PAGE_BYTES];
    let length =
        compose(&Code { at: CODE_OFFSET, bytes: &text, functions: &FUNCTIONS, signal_bytes: 12 }, &mut page).expect("fits");
    Image { bytes: page.to_vec(), length }
}

impl Image {
    fn word(&self, at: usize, bytes: usize) -> usize {
        let mut word = [0; 8];
        word[..bytes].copy_from_slice(&self.bytes[at..at + bytes]);
        u64::from_le_bytes(word) as usize
    }
    fn string(&self, at: usize) -> &str {
        let end = self.bytes[at..].iter().position(|b| *b == 0).expect("ends");
        core::str::from_utf8(&self.bytes[at..at + end]).expect("text")
    }
    /// Segments by kind: offset and length.
    fn segments(&self) -> BTreeMap<usize, (usize, usize)> {
        let (at, size, n) = (self.word(32, 8), self.word(54, 2), self.word(56, 2));
        (0..n).map(|i| at + i * size).map(|p| (self.word(p, 4), (self.word(p + 8, 8), self.word(p + 32, 8)))).collect()
    }
    fn dynamic(&self) -> BTreeMap<usize, usize> {
        let (at, len) = self.segments()[&2];
        (at..at + len).step_by(16).map(|p| (self.word(p, 8), self.word(p + 8, 8))).collect()
    }
    fn symbol_name(&self, number: usize) -> &str {
        let d = self.dynamic();
        self.string(d[&5] + self.word(d[&6] + number * 24, 4))
    }
    fn symbol_value(&self, number: usize) -> usize {
        self.word(self.dynamic()[&6] + number * 24 + 8, 8)
    }
    /// As musl looks a symbol up: by the chains of DT_HASH.
    fn find_by_hash(&self, name: &str) -> Option<usize> {
        let h = self.dynamic()[&4];
        let (buckets, symbols) = (self.word(h, 4), self.word(h + 4, 4));
        let mut i = self.word(h + 8, 4);
        while i != 0 {
            assert!(i < symbols);
            if self.symbol_name(i) == name {
                return Some(i);
            }
            i = self.word(h + 8 + buckets * 4 + i * 4, 4);
        }
        None
    }
    /// As glibc does: filter, bucket, chain.
    fn find_by_gnu_hash(&self, name: &str) -> Option<usize> {
        let hash = name.bytes().fold(5381u32, |h, b| h.wrapping_mul(33).wrapping_add(b.into())) as usize;
        let h = self.dynamic()[&0x6fff_fef5];
        let [buckets, first, filters, shift] = [0, 4, 8, 12].map(|o| self.word(h + o, 4));
        let filter = self.word(h + 16 + (hash / 64 % filters) * 8, 8);
        if filter >> (hash % 64) & filter >> ((hash >> shift) % 64) & 1 == 0 {
            return None;
        }
        let bucket = h + 16 + filters * 8;
        let mut i = self.word(bucket + hash % buckets * 4, 4);
        loop {
            let word = self.word(bucket + buckets * 4 + (i - first) * 4, 4);
            if word | 1 == hash | 1 && self.symbol_name(i) == name {
                return Some(i);
            }
            if word & 1 != 0 {
                return None;
            }
            i += 1;
        }
    }
    fn version_of(&self, number: usize) -> String {
        let d = self.dynamic();
        let wanted = self.word(d[&0x6fff_fff0] + number * 2, 2);
        let mut at = d[&0x6fff_fffc];
        for _ in 0..d[&0x6fff_fffd] {
            if self.word(at + 4, 2) == wanted {
                let name = self.string(d[&5] + self.word(at + self.word(at + 12, 4), 4));
                assert_eq!(self.word(at + 8, 4), elf_hash(name));
                return name.into();
            }
            at += self.word(at + 16, 4);
        }
        panic!("no such version");
    }
}

/// As the System V ABI writes it, in C.
fn elf_hash(name: &str) -> usize {
    let mut h = 0u64;
    for b in name.bytes() {
        h = (h << 4) + u64::from(b);
        let g = h & 0xf000_0000;
        if g != 0 {
            h ^= g >> 24;
        }
        h &= !g;
    }
    h as usize
}

#[test]
fn both_hash_tables_find_every_function() {
    let image = image();
    for (i, f) in FUNCTIONS.iter().enumerate() {
        assert_eq!(image.find_by_hash(f.name), Some(i + 1));
        assert_eq!(image.find_by_gnu_hash(f.name), Some(i + 1));
        assert_eq!(image.symbol_value(i + 1), CODE_OFFSET + f.offset);
        assert_eq!(image.version_of(i + 1), VERSION);
    }
    for name in ["__vdso_time", "x", ""] {
        assert_eq!(image.find_by_hash(name), None);
        assert_eq!(image.find_by_gnu_hash(name), None);
    }
}

#[test]
fn hash_of_the_version_is_the_one_that_libraries_look_for() {
    assert_eq!(elf_hash(VERSION), 182_943_605);
}

#[test]
fn everything_lies_in_the_loaded_segment() {
    let image = image();
    let (at, len) = image.segments()[&1];
    assert_eq!((at, len), (0, image.length));
    let d = image.dynamic();
    assert_eq!(image.string(d[&5] + d[&14]), SONAME);
    assert!([4, 5, 6, 0x6fff_fef5].iter().all(|t| d[t] < CODE_OFFSET));
    assert_eq!(&image.bytes[CODE_OFFSET..CODE_OFFSET + 40], &(1..=40).collect::<Vec<u8>>());
}

#[test]
fn sections_have_names_and_do_not_overlap() {
    let image = image();
    let (at, n, names) = (image.word(40, 8), image.word(60, 2), image.word(62, 2));
    let header = |i: usize| at + i * 64;
    let strings = image.word(header(names) + 24, 8);
    let mut end = 0;
    let mut seen = Vec::new();
    for i in 1..n {
        let (start, len) = (image.word(header(i) + 24, 8), image.word(header(i) + 32, 8));
        assert!(start >= end && len > 0, "{i}");
        end = start + len;
        seen.push(image.string(strings + image.word(header(i), 4)));
    }
    assert!(end <= at && at + n * 64 == image.length);
    let wanted = ".hash .gnu.hash .dynsym .dynstr .gnu.version .gnu.version_d .dynamic .eh_frame_hdr .eh_frame .text .shstrtab";
    assert_eq!(seen.join(" "), wanted);
}

/// Follows the table of an unwinder to the description of `pc`: its code and how its common entry is called.
fn description_of(image: &Image, pc: usize) -> Option<(core::ops::Range<usize>, String)> {
    let (table, _) = image.segments()[&0x6474_e550];
    assert_eq!(image.word(table, 4), 0x3b03_1b01);
    let signed = |at: usize| image.word(at, 4) as u32 as i32 as isize;
    let mut entries = (0..image.word(table + 8, 4)).map(|i| table + 12 + i * 8);
    let entry = entries.rfind(|e| table.wrapping_add_signed(signed(*e)) <= pc)?;
    let fde = table.wrapping_add_signed(signed(entry + 4));
    let start = (fde + 8).wrapping_add_signed(signed(fde + 8));
    let common = fde + 4 - image.word(fde + 4, 4);
    assert_eq!((fde % 8, common % 8, image.word(common + 4, 4)), (0, 0, 0));
    let code = start..start + image.word(fde + 12, 4);
    code.contains(&pc).then(|| (code, image.string(common + 9).into()))
}

#[test]
fn unwinders_find_signal_and_plain_code() {
    let image = image();
    // A handler returns to the first instruction; unwinders look before it.
    for pc in [CODE_OFFSET + 3, CODE_OFFSET + 4, CODE_OFFSET + 11] {
        assert_eq!(description_of(&image, pc), Some((CODE_OFFSET..CODE_OFFSET + 12, "zRS".into())));
    }
    for pc in [CODE_OFFSET + 12, CODE_OFFSET + 39] {
        assert_eq!(description_of(&image, pc), Some((CODE_OFFSET + 12..CODE_OFFSET + 40, "zR".into())));
    }
    assert_eq!(description_of(&image, CODE_OFFSET + 40), None);
}

#[test]
fn signal_rules_name_every_register_of_the_frame() {
    let image = image();
    let (table, _) = image.segments()[&0x6474_e550];
    let fde = table + image.word(table + 12 + 4, 4);
    let end = fde + 4 + image.word(fde, 4);
    let mut at = fde + 17;
    let mut found = BTreeMap::new();
    while at < end && image.bytes[at] == 0x10 {
        let (register, len) = (image.bytes[at + 1], usize::from(image.bytes[at + 2]));
        assert_eq!(image.bytes[at + 3], 0x72);
        let leb = &image.bytes[at + 4..at + 3 + len];
        let value = leb.iter().rev().fold(0usize, |v, b| v << 7 | usize::from(b & 0x7f));
        assert!(leb.last().is_some_and(|b| b & 0xc0 == 0), "positive, and ends");
        found.insert(register, value);
        at += 3 + len;
    }
    assert!(image.bytes[at..end].iter().all(|b| *b == 0));
    let mut wanted: BTreeMap<u8, usize> = (1..32).map(|r| (r, 304 + usize::from(r) * 8)).collect();
    wanted.extend((0..32).map(|r| (r + 32, 560 + usize::from(r) * 8)));
    wanted.insert(64, 304);
    assert_eq!(found, wanted);
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut page = [0u8; PAGE_BYTES];
    let long = [0u8; PAGE_BYTES - CODE_OFFSET];
    assert_eq!(compose(&Code { at: CODE_OFFSET, bytes: &long, functions: &FUNCTIONS, signal_bytes: 12 }, &mut page), Err(Full));
    let name = format!("{:0900}", 0);
    let many = [Function { name: &name, offset: 0, bytes: 4 }; 2];
    assert_eq!(compose(&Code { at: CODE_OFFSET, bytes: &[0; 4], functions: &many, signal_bytes: 4 }, &mut page), Err(Full));
    let many = [Function { name: "f", offset: 0, bytes: 4 }; 17];
    assert_eq!(compose(&Code { at: CODE_OFFSET, bytes: &[0; 4], functions: &many, signal_bytes: 4 }, &mut page), Err(Full));
}
