//! The parts of the file and their order.

use crate::out::Out;
use crate::unwind::{self, Frames};
use crate::{Full, PAGE_BYTES, SONAME, VERSION};
use core::ops::Range;

/// Most functions of an image.
pub const MAX_FUNCTIONS: usize = 16;

/// What the image is made around.
#[derive(Clone, Copy, Debug)]
pub struct Code<'a> {
    /// Where it must be in the image, behind all tables.
    pub at: usize,
    /// The code, position-independent.
    pub bytes: &'a [u8],
    /// Its functions.
    pub functions: &'a [Function<'a>],
    /// The first so many bytes return from signals; all others neither move the stack pointer nor lose the return address.
    pub signal_bytes: usize,
}

/// A function.
#[derive(Clone, Copy, Debug)]
pub struct Function<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where it begins in the code.
    pub offset: usize,
    /// Its length.
    pub bytes: usize,
}

const HEADER_BYTES: usize = 64;
const SEGMENT_BYTES: usize = 56;
const SEGMENTS: usize = 3;
const SYMBOL_BYTES: u64 = 24;
const DYNAMIC_BYTES: u64 = 16;

/// Kinds of sections (elf(5), sh_type).
mod kind {
    pub(super) const PROGRAM: u32 = 1;
    pub(super) const STRINGS: u32 = 3;
    pub(super) const HASH: u32 = 5;
    pub(super) const DYNAMIC: u32 = 6;
    pub(super) const DYNAMIC_SYMBOLS: u32 = 11;
    pub(super) const GNU_HASH: u32 = 0x6fff_fff6;
    pub(super) const GNU_VERSION_DEFINITIONS: u32 = 0x6fff_fffd;
    pub(super) const GNU_VERSIONS: u32 = 0x6fff_ffff;
}

/// Tags of the dynamic section (elf(5), d_tag).
mod tag {
    pub(super) const HASH: u64 = 4;
    pub(super) const STRINGS: u64 = 5;
    pub(super) const SYMBOLS: u64 = 6;
    pub(super) const STRINGS_BYTES: u64 = 10;
    pub(super) const SYMBOL_BYTES: u64 = 11;
    pub(super) const SONAME: u64 = 14;
    pub(super) const GNU_HASH: u64 = 0x6fff_fef5;
    pub(super) const VERSIONS: u64 = 0x6fff_fff0;
    pub(super) const VERSION_DEFINITIONS: u64 = 0x6fff_fffc;
    pub(super) const VERSION_DEFINITIONS_COUNT: u64 = 0x6fff_fffd;
}

/// A section; its number is its place in [`SECTIONS`], counted from 1.
#[derive(Clone, Copy, PartialEq, Eq)]
enum S {
    Hash = 1,
    GnuHash,
    Symbols,
    Strings,
    Versions,
    VersionDefinitions,
    Dynamic,
    FramesHeader,
    Frames,
    Code,
    Names,
}

/// What a section header says, but for the place.
struct Section {
    name: &'static str,
    kind: u32,
    flags: u64,
    link: u32,
    info: u32,
    align: usize,
    entry: u64,
}

const ALLOC: u64 = 2;
const EXECUTABLE: u64 = 4;

const fn section(name: &'static str, kind: u32, link: u32, info: u32, entry: u64) -> Section {
    Section { name, kind, flags: ALLOC, link, info, align: 8, entry }
}

const SECTIONS: [Section; S::Names as usize] = [
    section(".hash", kind::HASH, S::Symbols as u32, 0, 4),
    section(".gnu.hash", kind::GNU_HASH, S::Symbols as u32, 0, 0),
    // The first symbol that others see is number 1; so many version definitions there are.
    section(".dynsym", kind::DYNAMIC_SYMBOLS, S::Strings as u32, 1, SYMBOL_BYTES),
    section(".dynstr", kind::STRINGS, 0, 0, 0),
    section(".gnu.version", kind::GNU_VERSIONS, S::Symbols as u32, 0, 2),
    section(".gnu.version_d", kind::GNU_VERSION_DEFINITIONS, S::Strings as u32, 2, 0),
    section(".dynamic", kind::DYNAMIC, S::Strings as u32, 0, DYNAMIC_BYTES),
    section(".eh_frame_hdr", kind::PROGRAM, 0, 0, 0),
    section(".eh_frame", kind::PROGRAM, 0, 0, 0),
    Section { flags: ALLOC | EXECUTABLE, ..section(".text", kind::PROGRAM, 0, 0, 0) },
    Section { flags: 0, align: 1, ..section(".shstrtab", kind::STRINGS, 0, 0, 0) },
];

/// Where the sections lie.
type Places = [Range<usize>; SECTIONS.len()];

fn place(places: &Places, s: S) -> Range<usize> {
    places.get((s as usize).wrapping_sub(1)).cloned().unwrap_or_default()
}

/// Writes the image into `page`, whose bytes are zero and as many as a page has; the image's length.
///
/// # Errors
/// [`Full`] if something does not fit.
pub fn compose(code: &Code<'_>, page: &mut [u8]) -> Result<usize, Full> {
    if code.functions.len() > MAX_FUNCTIONS {
        return Err(Full);
    }
    let mut out = Out::new(page);
    out.seek(HEADER_BYTES.saturating_add(SEGMENT_BYTES.saturating_mul(SEGMENTS)));
    let mut places = Places::default();
    put_tables(&mut out, code, &mut places);
    if out.at() > code.at {
        return Err(Full);
    }
    out.seek(code.at);
    put_section(&mut out, &mut places, S::Code, |out, _| out.put(code.bytes));
    put_section(&mut out, &mut places, S::Names, |out, _| {
        out.u8(0);
        for s in &SECTIONS {
            out.put(s.name.as_bytes());
            out.u8(0);
        }
    });
    out.align(8);
    let headers_at = out.at();
    put_section_headers(&mut out, &places);
    let end = out.at();
    out.seek(0);
    put_header(&mut out, code.at, headers_at);
    put_segments(&mut out, &places, end);
    out.seek(end);
    out.finish()
}

/// Puts a section at the next place for it.
fn put_section(out: &mut Out<'_>, places: &mut Places, s: S, body: impl FnOnce(&mut Out<'_>, &Places)) {
    let index = (s as usize).wrapping_sub(1);
    out.align(SECTIONS.get(index).map_or(1, |s| s.align));
    let start = out.at();
    body(out, places);
    if let Some(slot) = places.get_mut(index) {
        *slot = start..out.at();
    }
}

/// Everything that stands before the code.
fn put_tables(out: &mut Out<'_>, code: &Code<'_>, places: &mut Places) {
    let f = code.functions;
    put_section(out, places, S::Hash, |out, _| put_hash(out, f.len()));
    put_section(out, places, S::GnuHash, |out, _| put_gnu_hash(out, f));
    put_section(out, places, S::Symbols, |out, _| put_symbols(out, code));
    put_section(out, places, S::Strings, |out, _| {
        for string in ["", SONAME, VERSION].into_iter().chain(f.iter().map(|f| f.name)) {
            out.put(string.as_bytes());
            out.u8(0);
        }
    });
    put_section(out, places, S::Versions, |out, _| {
        // The null symbol is local (0); all others have version 2.
        out.u16(0);
        f.iter().for_each(|_| out.u16(2));
    });
    put_section(out, places, S::VersionDefinitions, |out, _| put_version_definitions(out));
    put_section(out, places, S::Dynamic, put_dynamic);
    let end = code.at.saturating_add(code.bytes.len());
    let plain = code.at.saturating_add(code.signal_bytes);
    let frames = Frames { signal: code.at..plain, plain: plain..end };
    // The header says where the descriptions are, and stands before them: room for it first.
    put_section(out, places, S::FramesHeader, |out, _| out.seek(out.at().saturating_add(unwind::HEADER_BYTES)));
    let mut at = [0; 2];
    put_section(out, places, S::Frames, |out, _| at = unwind::put_frames(out, &frames));
    let end = out.at();
    out.seek(place(places, S::FramesHeader).start);
    unwind::put_header(out, place(places, S::Frames).start, &frames, at);
    out.seek(end);
}

/// DT_HASH: one bucket with all symbols after the null symbol in a chain.
fn put_hash(out: &mut Out<'_>, functions: usize) {
    let functions = functions as u32;
    for word in [1, functions.saturating_add(1), u32::from(functions != 0), 0] {
        out.u32(word);
    }
    for symbol in 1..=functions {
        out.u32(if symbol == functions { 0 } else { symbol.saturating_add(1) });
    }
}

/// The hash of names in version definitions (System V ABI, "Hash Table").
const fn elf_hash(name: &str) -> u32 {
    let mut h = 0u32;
    let mut rest = name.as_bytes();
    while let [first, tail @ ..] = rest {
        h = (h << 4).wrapping_add(*first as u32);
        let top = h & 0xf000_0000;
        h = (h ^ (top >> 24)) & !top;
        rest = tail;
    }
    h
}

/// The hash of DT_GNU_HASH.
fn gnu_hash(name: &str) -> u32 {
    name.bytes().fold(5381, |h: u32, b| h.wrapping_mul(33).wrapping_add(u32::from(b)))
}

/// DT_GNU_HASH: one word of filter, one bucket.
fn put_gnu_hash(out: &mut Out<'_>, functions: &[Function<'_>]) {
    const SHIFT: u32 = 6;
    for word in [1, 1, 1, SHIFT] {
        out.u32(word);
    }
    let filter = functions.iter().map(|f| gnu_hash(f.name)).fold(0u64, |all, h| all | 1 << (h % 64) | 1 << ((h >> SHIFT) % 64));
    out.u64(filter);
    out.u32(u32::from(!functions.is_empty()));
    for (i, f) in functions.iter().enumerate() {
        // The lowest bit says that the chain ends.
        let last = i.saturating_add(1) == functions.len();
        out.u32(gnu_hash(f.name) & !1 | u32::from(last));
    }
}

fn put_symbols(out: &mut Out<'_>, code: &Code<'_>) {
    const GLOBAL_FUNCTION: u8 = 0x12;
    out.put(&[0; SYMBOL_BYTES as usize]);
    let mut name_at = 1usize.saturating_add(SONAME.len()).saturating_add(VERSION.len()).saturating_add(2);
    for f in code.functions {
        out.u32(name_at as u32);
        out.u8(GLOBAL_FUNCTION);
        out.u8(0);
        out.u16(S::Code as u16);
        out.u64(code.at.saturating_add(f.offset) as u64);
        out.u64(f.bytes as u64);
        name_at = name_at.saturating_add(f.name.len()).saturating_add(1);
    }
}

/// Version 1 is the object itself, version 2 that of its symbols.
fn put_version_definitions(out: &mut Out<'_>) {
    const BASE: u16 = 1;
    const DEFINITION_BYTES: u32 = 20;
    const NAME_BYTES: u32 = 8;
    let soname_at = 1u32;
    let version_at = soname_at.saturating_add(SONAME.len() as u32).saturating_add(1);
    let next = DEFINITION_BYTES.saturating_add(NAME_BYTES);
    for (number, flags, name, name_at, next) in [(1, BASE, SONAME, soname_at, next), (2, 0, VERSION, version_at, 0)] {
        for half in [1, flags, number, 1] {
            out.u16(half);
        }
        for word in [elf_hash(name), DEFINITION_BYTES, next, name_at, 0] {
            out.u32(word);
        }
    }
}

fn put_dynamic(out: &mut Out<'_>, places: &Places) {
    let at = |s| place(places, s).start as u64;
    for (tag, value) in [
        (tag::SONAME, 1),
        (tag::HASH, at(S::Hash)),
        (tag::GNU_HASH, at(S::GnuHash)),
        (tag::STRINGS, at(S::Strings)),
        (tag::SYMBOLS, at(S::Symbols)),
        (tag::STRINGS_BYTES, place(places, S::Strings).len() as u64),
        (tag::SYMBOL_BYTES, SYMBOL_BYTES),
        (tag::VERSIONS, at(S::Versions)),
        (tag::VERSION_DEFINITIONS, at(S::VersionDefinitions)),
        (tag::VERSION_DEFINITIONS_COUNT, 2),
        (0, 0),
    ] {
        out.u64(tag);
        out.u64(value);
    }
}

fn put_section_headers(out: &mut Out<'_>, places: &Places) {
    out.put(&[0; 64]);
    let mut name_at = 1usize;
    for (s, place) in SECTIONS.iter().zip(places) {
        out.u32(name_at as u32);
        out.u32(s.kind);
        out.u64(s.flags);
        // Address and place in the file are the same, but what is not loaded for itself has no address.
        out.u64(if s.flags & ALLOC != 0 { place.start as u64 } else { 0 });
        out.u64(place.start as u64);
        out.u64(place.len() as u64);
        out.u32(s.link);
        out.u32(s.info);
        out.u64(s.align as u64);
        out.u64(s.entry);
        name_at = name_at.saturating_add(s.name.len()).saturating_add(1);
    }
}

fn put_header(out: &mut Out<'_>, code_at: usize, section_headers_at: usize) {
    const SHARED_OBJECT: u16 = 3;
    const RISCV: u16 = 243;
    out.put(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    out.u16(SHARED_OBJECT);
    out.u16(RISCV);
    out.u32(1);
    out.u64(code_at as u64);
    out.u64(HEADER_BYTES as u64);
    out.u64(section_headers_at as u64);
    out.u32(0);
    let sections = (S::Names as u16).saturating_add(1);
    for half in [HEADER_BYTES as u16, SEGMENT_BYTES as u16, SEGMENTS as u16, 64, sections, S::Names as u16] {
        out.u16(half);
    }
}

fn put_segments(out: &mut Out<'_>, places: &Places, end: usize) {
    const LOAD: u32 = 1;
    const DYNAMIC: u32 = 2;
    const GNU_EH_FRAME: u32 = 0x6474_e550;
    let segments: [(u32, u32, Range<usize>, usize); SEGMENTS] = [
        (LOAD, 5, 0..end, PAGE_BYTES),
        (DYNAMIC, 4, place(places, S::Dynamic), 8),
        (GNU_EH_FRAME, 4, place(places, S::FramesHeader), 8),
    ];
    for (kind, flags, place, align) in segments {
        out.u32(kind);
        out.u32(flags);
        let (start, len) = (place.start as u64, place.len() as u64);
        for word in [start, start, start, len, len, align as u64] {
            out.u64(word);
        }
    }
}
