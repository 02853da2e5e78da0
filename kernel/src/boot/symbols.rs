//! Function names for backtraces, from the table that the build puts into the image after linking.
//!
//! Numbers are little-endian: the magic, `blocks: u64`, then for each block `(function: u32, place: u32)`: the first function
//! in it, as an offset from the image's start, and where it lies in the table. A block is a gzip file of
//! `(step: u16, name, NUL)`: half of how far the function lies behind the one before it in the block. Both are in ascending
//! order.

use core::fmt::{self, Write};
use logic_gzip::{Inflater, Room};
use sync::{Mutex, levels};

const MAGIC: &[u8] = b"RVOSSYM3";
/// Bytes before the list of blocks, and of one in it.
const HEADER: usize = 16;
const ENTRY: usize = 8;
/// Bytes of a name that are shown.
const NAME: usize = 160;

/// Room for unpacking a block: made at boot, since a panic cannot wait for memory. Unpacking takes milliseconds, so that preemption
/// stays on; who comes meanwhile shows addresses alone.
static ROOM: Mutex<Option<Room>, levels::SymbolRoom> = Mutex::new(None);

/// Makes the room; without it backtraces are addresses alone.
pub(crate) fn init() {
    // Nobody else is there yet, and preemption is off.
    if let Some(mut room) = ROOM.try_lock() {
        *room = Room::try_new().ok();
    }
}

/// Writes one line of a backtrace: the address, and the function it lies in if the table knows it. Addresses are where
/// calls return to, which lies behind the caller if the call was its last instruction.
pub(crate) fn write(out: &mut impl Write, pc: usize) -> fmt::Result {
    let mut name = Name { bytes: [0; NAME], len: 0, offset: 0 };
    match find(pc.saturating_sub(1), &mut name) {
        Some(offset) => writeln!(out, "  {pc:#x} {}+{:#x}", name.text(), offset.saturating_add(1)),
        None => writeln!(out, "  {pc:#x}"),
    }
}

/// A function, as far as it has been read.
struct Name {
    bytes: [u8; NAME],
    len: usize,
    offset: u32,
}

impl Name {
    fn text(&self) -> &str {
        let bytes = self.bytes.get(..self.len).unwrap_or_default();
        bytes.utf8_chunks().next().map_or("", |c| c.valid())
    }
}

/// The function that an address lies in, and how far.
fn find(pc: usize, name: &mut Name) -> Option<usize> {
    let (table, image) = arch::symbol_table();
    table.strip_prefix(MAGIC)?;
    let blocks = word(table, MAGIC.len())? as usize;
    let wanted = u32::try_from(pc.checked_sub(image)?).ok()?;
    let entry = |i: usize| {
        let at = i.checked_mul(ENTRY)?.checked_add(HEADER)?;
        Some((word(table, at)?, word(table, at.checked_add(4)?)?))
    };
    // The last block that does not begin behind the address.
    let (first, place) = (0..blocks).map_while(entry).take_while(|(first, _)| *first <= wanted).last()?;
    let mut room = ROOM.try_lock()?;
    let mut block = Inflater::new(table.get(place as usize..)?, room.as_mut()?).ok()?;
    search(wanted, first, &mut block, name)
}

/// The last function of a block that does not begin behind the address.
fn search(wanted: u32, first: u32, block: &mut Inflater<'_, '_>, name: &mut Name) -> Option<usize> {
    let (mut found, mut function) = (None, first);
    loop {
        let (Some(low), Some(high)) = (next(block), next(block)) else { return found };
        function = function.saturating_add(2 * u32::from(u16::from_le_bytes([low, high])));
        if function > wanted {
            return found;
        }
        (name.len, name.offset) = (0, function);
        found = Some(wanted.checked_sub(name.offset)? as usize);
        while let Some(byte) = next(block).filter(|b| *b != 0) {
            if let Some(place) = name.bytes.get_mut(name.len) {
                *place = byte;
                name.len = name.len.saturating_add(1);
            }
        }
    }
}

fn next(block: &mut Inflater<'_, '_>) -> Option<u8> {
    let byte = *block.fill().ok()?.first()?;
    block.consume(1);
    Some(byte)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(word.try_into().ok()?))
}
