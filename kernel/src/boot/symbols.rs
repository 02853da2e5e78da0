//! Function names for backtraces, from the table that the build puts into the image after linking.
//!
//! Numbers are little-endian: the magic, `count: u32`, `names: u32` (offset of the names in the table), then `count` entries
//! `(function: u32, name: u32)` in ascending order: offsets from the image's start, and from the names. Names end with NUL.

use core::fmt::{self, Write};

const MAGIC: &[u8] = b"RVOSSYM1";
/// Bytes before the entries, and of one.
const HEADER: usize = 16;
const ENTRY: usize = 8;

/// Writes one line of a backtrace: the address, and the function it lies in if the table knows it. Addresses are where
/// calls return to, which lies behind the caller if the call was its last instruction.
pub(crate) fn write(out: &mut impl Write, pc: usize) -> fmt::Result {
    match find(pc.saturating_sub(1)) {
        Some((name, offset)) => writeln!(out, "  {pc:#x} {name}+{:#x}", offset.saturating_add(1)),
        None => writeln!(out, "  {pc:#x}"),
    }
}

/// The function that an address lies in, and how far.
fn find(pc: usize) -> Option<(&'static str, usize)> {
    let (bytes, image) = arch::symbol_table();
    let table = Table::of(bytes)?;
    let wanted = u32::try_from(pc.checked_sub(image)?).ok()?;
    // The last function that does not begin behind the address.
    let (mut from, mut to) = (0usize, table.count);
    while from < to {
        let middle = from.checked_add(to)? / 2;
        if table.entry(middle)?.0 <= wanted {
            from = middle.checked_add(1)?;
        } else {
            to = middle;
        }
    }
    let (function, name) = table.entry(from.checked_sub(1)?)?;
    Some((table.name(name)?, wanted.checked_sub(function)? as usize))
}

struct Table {
    bytes: &'static [u8],
    count: usize,
    names: usize,
}

impl Table {
    fn of(bytes: &'static [u8]) -> Option<Table> {
        bytes.strip_prefix(MAGIC)?;
        Some(Table { bytes, count: word(bytes, 8)? as usize, names: word(bytes, 12)? as usize })
    }
    fn entry(&self, i: usize) -> Option<(u32, u32)> {
        let at = i.checked_mul(ENTRY)?.checked_add(HEADER)?;
        Some((word(self.bytes, at)?, word(self.bytes, at.checked_add(4)?)?))
    }
    fn name(&self, offset: u32) -> Option<&'static str> {
        let rest = self.bytes.get(self.names.checked_add(offset as usize)?..)?;
        let name = rest.split(|b| *b == 0).next()?;
        core::str::from_utf8(name).ok()
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(word.try_into().ok()?))
}
