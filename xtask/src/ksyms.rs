//! Function names for the kernel's backtraces: a table made from the ELF file's symbols and written into the room that
//! `kernel/linker.ld` leaves for it. The format stands in `kernel/src/boot/symbols.rs`, which reads it.
//!
//! [`embed`] is called after each build of the kernel; what it returns is what boots.

use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

const MAGIC: &[u8] = b"RVOSSYM3";
/// How long names may be.
const NAME_BYTES: usize = 160;
/// Functions that are packed together: all of them are unpacked to find one.
const BLOCK: usize = 1024;

/// Writes a copy of the kernel's ELF file with the table in it, beside the original; gives its path.
///
/// # Errors
/// When the file is no kernel of this tree, or cannot be read or written.
pub fn embed(kernel: &Path) -> Result<PathBuf> {
    let elf = fs::read(kernel).with_context(|| format!("read {}", kernel.display()))?;
    let filled = fill(elf).with_context(|| format!("put function names into {}", kernel.display()))?;
    let out = kernel.with_file_name("kernel-with-names");
    // Another run, or another thread of this one, may be at it: it is replaced in one step.
    static RUN: AtomicU32 = AtomicU32::new(0);
    let run = RUN.fetch_add(1, Ordering::Relaxed);
    let part = kernel.with_file_name(format!("kernel-with-names.{}.{run}", std::process::id()));
    fs::write(&part, filled).with_context(|| format!("write {}", part.display()))?;
    fs::rename(&part, &out).with_context(|| format!("write {}", out.display()))?;
    Ok(out)
}

/// Fills in the table.
fn fill(mut elf: Vec<u8>) -> Result<Vec<u8>> {
    let file = object::File::parse(&*elf)?;
    let address = |name: &str| {
        let found = file.symbols().find(|s| s.name() == Ok(name));
        found.map(|s| s.address()).with_context(|| format!("the symbol {name} is missing"))
    };
    let (image, start, end) = (address("__image_start")?, address("__ksyms_start")?, address("__ksyms_end")?);
    let room = usize::try_from(end - start)?;
    let table = fitting(&functions(&file, image)?, room)?;
    let section = file.sections().find(|s| s.address() <= start && end <= s.address() + s.size());
    let section = section.context("the room for names is in no section")?;
    let (offset, _) = section.file_range().context("the room for names is not in the file")?;
    let at = usize::try_from(offset + (start - section.address()))?;
    elf.get_mut(at..at + table.len()).context("the room for names is behind the file's end")?.copy_from_slice(&table);
    Ok(elf)
}

/// Functions by their offset from the image's start; of several names of one place, the one with a size.
fn functions(file: &object::File<'_>, image: u64) -> Result<BTreeMap<u32, String>> {
    let mut found: BTreeMap<u32, (u64, String)> = BTreeMap::new();
    for symbol in file.symbols().filter(|s| s.kind() == SymbolKind::Text || s.kind() == SymbolKind::Unknown) {
        let name = symbol.name()?;
        let in_text = symbol.section_index().is_some_and(|i| file.section_by_index(i).is_ok_and(|s| s.name() == Ok(".text")));
        if !in_text || name.is_empty() || name.starts_with(['.', '$']) {
            continue;
        }
        let offset = u32::try_from(symbol.address().checked_sub(image).context("a function lies before the image")?)?;
        let name = plain(&format!("{:#}", rustc_demangle::demangle(name)));
        match found.get(&offset) {
            Some((size, _)) if *size >= symbol.size() => {}
            _ => drop(found.insert(offset, (symbol.size(), name))),
        }
    }
    ensure!(found.len() > 50, "too few functions to be the kernel");
    Ok(found.into_iter().map(|(offset, (_, name))| (offset, name)).collect())
}

/// The table, if there is room for it.
fn fitting(functions: &BTreeMap<u32, String>, room: usize) -> Result<Vec<u8>> {
    let table = table(functions)?;
    let (functions, bytes) = (functions.len(), table.len());
    ensure!(bytes <= room, "the names of {functions} functions take {bytes} bytes, and there is room for {room}");
    Ok(table)
}

fn table(functions: &BTreeMap<u32, String>) -> Result<Vec<u8>> {
    let all: Vec<_> = functions.iter().collect();
    let blocks: Vec<_> = all.chunks(BLOCK).collect();
    let mut table = MAGIC.to_vec();
    table.extend(u64::try_from(blocks.len())?.to_le_bytes());
    let mut files: Vec<u8> = Vec::new();
    let first_file = table.len() + 8 * blocks.len();
    for block in blocks {
        let first = block.first().map_or(0, |(offset, _)| **offset);
        table.extend(first.to_le_bytes());
        table.extend(u32::try_from(first_file + files.len())?.to_le_bytes());
        files.extend(packed(block)?);
    }
    table.extend(files);
    Ok(table)
}

/// One block of functions as a gzip file.
fn packed(block: &[(&u32, &String)]) -> Result<Vec<u8>> {
    let mut file = GzEncoder::new(Vec::new(), Compression::best());
    let mut before = block.first().map_or(0, |(offset, _)| **offset);
    for (offset, name) in block {
        let step = u16::try_from((*offset - before) / 2).context("a function is too long for the table")?;
        ensure!((*offset - before).is_multiple_of(2), "a function begins at an odd place");
        file.write_all(&step.to_le_bytes())?;
        file.write_all(shortened(name, NAME_BYTES).as_bytes())?;
        file.write_all(&[0])?;
        before = **offset;
    }
    Ok(file.finish()?)
}

/// A name without what tells a reader of a backtrace little: the type parameters, except of what drop glue drops, and the
/// modules of the language's own libraries.
fn plain(name: &str) -> String {
    let mut out = String::new();
    let mut rest = name;
    while let Some((before, inner, after)) = first_brackets(rest) {
        push_path(&mut out, before);
        let parameters = out.ends_with(|c: char| c.is_alphanumeric() || c == '_') || out.ends_with("::");
        if parameters && !out.ends_with("drop_in_place") {
            out.truncate(out.trim_end_matches("::").len());
        } else {
            out.push('<');
            out.push_str(&plain(inner));
            out.push('>');
        }
        rest = after;
    }
    push_path(&mut out, rest);
    out
}

/// What stands before the first angle brackets, in them, and behind them.
fn first_brackets(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find('<')?;
    let mut depth = 0;
    let mut last = ' ';
    for (at, c) in text.char_indices().skip_while(|(at, _)| *at < start) {
        match c {
            '<' => depth += 1,
            '>' if last != '-' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&text[..start], &text[start + 1..at], &text[at + 1..]));
        }
        last = c;
    }
    None
}

/// Appends a piece of a name; of `core::fmt::Formatter` just `Formatter`.
fn push_path(out: &mut String, mut text: &str) {
    while let Some(at) = ["core::", "alloc::"].iter().filter_map(|library| text.find(library)).min() {
        out.push_str(&text[..at]);
        let behind = text[at..].splitn(3, "::").nth(2);
        let inside = text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        match behind.filter(|_| !inside) {
            Some(name) => text = name,
            None => {
                out.push_str(&text[at..at + 4]);
                text = &text[at + 4..];
            }
        }
    }
    out.push_str(text);
}

/// The end of a name says more than its beginning.
fn shortened(name: &str, longest: usize) -> String {
    if name.len() <= longest {
        return name.to_owned();
    }
    let from = (name.len() - longest + 3..).find(|i| name.is_char_boundary(*i)).unwrap_or(name.len());
    format!("…{}", &name[from..])
}

#[cfg(test)]
mod tests {
    use super::{fitting, plain, shortened};
    use flate2::read::GzDecoder;
    use std::collections::BTreeMap;
    use std::io::Read;

    fn word(table: &[u8], at: usize) -> usize {
        u32::from_le_bytes(table[at..at + 4].try_into().expect("four bytes")) as usize
    }

    #[test]
    fn a_table_holds_its_functions_in_order() {
        let functions = (0..3000).map(|n| (8 * n, format!("module::function_{n}"))).collect::<BTreeMap<u32, String>>();
        let table = fitting(&functions, 40_000).expect("fits");
        assert_eq!(&table[..8], b"RVOSSYM3");
        let mut read = Vec::new();
        for block in 0..word(&table, 8) {
            let mut contents = Vec::new();
            GzDecoder::new(&table[word(&table, 20 + 8 * block)..]).read_to_end(&mut contents).expect("a gzip file");
            let (mut rest, mut at) = (&*contents, word(&table, 16 + 8 * block));
            while let [low, high, name @ ..] = rest {
                at += 2 * usize::from(u16::from_le_bytes([*low, *high]));
                let end = name.iter().position(|b| *b == 0).expect("a name ends");
                read.push((at, String::from_utf8(name[..end].to_vec()).expect("text")));
                rest = &name[end + 1..];
            }
        }
        let expected = functions.into_iter().map(|(at, name)| (at as usize, name));
        assert!(read.into_iter().eq(expected));
    }

    #[test]
    fn names_say_what_a_reader_needs() {
        assert_eq!(plain("logic_tree::Tree<K,V,A>::insert"), "logic_tree::Tree::insert");
        assert_eq!(plain("core::ptr::drop_in_place<alloc::vec::Vec<mem::refs::Ref<a::B>>>"), "drop_in_place<Vec>");
        assert_eq!(plain("<mem::refs::Ref<T> as core::ops::drop::Drop>::drop"), "<mem::refs::Ref as drop::Drop>::drop");
        assert_eq!(plain("a::ready::<impl a::Set>::settle"), "a::ready::settle");
        assert_eq!(plain("mem::map::<fn(u8) -> u8>::{{closure}}"), "mem::map::{{closure}}");
        assert_eq!(plain("kernel::score::alloc"), "kernel::score::alloc");
    }

    #[test]
    fn names_without_room_are_an_error() {
        assert!(fitting(&BTreeMap::from([(0, "x".repeat(150))]), 20).is_err());
    }

    #[test]
    fn the_end_of_a_name_stays() {
        assert_eq!(shortened("a::b", 4), "a::b");
        assert_eq!(shortened("module::function", 11), "…function");
    }
}
