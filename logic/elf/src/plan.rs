//! [`Header`], [`Plan`], [`Segment`]: from the bytes of an ELF file to what must be mapped (elf(5); System V ABI, chapters 4 and 5).

use core::ops::Range;

use bitflags::bitflags;

use crate::{Error, HEADER_BYTES, PAGE_BYTES, PROGRAM_HEADER_BYTES};

const MAGIC: &[u8; 4] = b"\x7fELF";
const CLASS_64: u8 = 2;
const LITTLE_ENDIAN: u8 = 1;
const EM_RISCV: u16 = 243;
const ET_EXEC: u16 = 2;
const ET_DYN: u16 = 3;
/// Linux reads at most 64 KiB of program headers.
const MAX_TABLE_BYTES: u64 = 65536;
/// PATH_MAX: the longest path of an interpreter with its NUL.
const MAX_INTERPRETER_BYTES: u64 = 4096;

const PT_LOAD: u32 = 1;
const PT_INTERP: u32 = 3;
const PT_PHDR: u32 = 6;
const PT_GNU_STACK: u32 = 0x6474_e551;
const PF_X: u32 = 1;

/// Where a program may be put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// At its own addresses (ET_EXEC).
    Fixed,
    /// Anywhere, all addresses moved by one bias (ET_DYN).
    Relocatable,
}

/// A checked ELF header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    kind: Kind,
    entry: u64,
    table_offset: u64,
    table_entries: u16,
}

impl Header {
    /// Checks the first [`HEADER_BYTES`] of a file; more may be given.
    ///
    /// # Errors
    /// `BadMagic`, `WrongClass`, `WrongMachine`, `WrongType`, `BadProgramHeaders`; `Truncated` for an ELF file of fewer bytes.
    pub fn parse(bytes: &[u8]) -> Result<Header, Error> {
        if bytes.get(..4).ok_or(Error::BadMagic)? != MAGIC {
            return Err(Error::BadMagic);
        }
        let bytes: &[u8; HEADER_BYTES] = bytes.first_chunk().ok_or(Error::Truncated)?;
        if bytes.get(4..6) != Some(&[CLASS_64, LITTLE_ENDIAN]) {
            return Err(Error::WrongClass);
        }
        if le16(bytes, 18) != Some(EM_RISCV) {
            return Err(Error::WrongMachine);
        }
        let kind = match le16(bytes, 16) {
            Some(ET_EXEC) => Kind::Fixed,
            Some(ET_DYN) => Kind::Relocatable,
            _ => return Err(Error::WrongType),
        };
        let table_entries = le16(bytes, 56).ok_or(Error::Truncated)?;
        let header = Header {
            kind,
            entry: le64(bytes, 24).ok_or(Error::Truncated)?,
            table_offset: le64(bytes, 32).ok_or(Error::Truncated)?,
            table_entries,
        };
        let entry_fits = le16(bytes, 54).map(usize::from) == Some(PROGRAM_HEADER_BYTES);
        let length = header.table_bytes();
        if !entry_fits || length == 0 || length > MAX_TABLE_BYTES || header.table_offset.checked_add(length).is_none() {
            return Err(Error::BadProgramHeaders);
        }
        Ok(header)
    }

    /// Where in the file the program headers stand: not empty, 64 KiB at most, perhaps beyond the end of the file.
    #[must_use]
    pub fn table(&self) -> Range<u64> {
        self.table_offset..self.table_offset.saturating_add(self.table_bytes())
    }

    fn table_bytes(&self) -> u64 {
        u64::from(self.table_entries).saturating_mul(PROGRAM_HEADER_BYTES as u64)
    }
}

bitflags! {
    /// What may be done with a segment's memory, in the bits of `p_flags`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct SegmentPerms: u32 {
        /// Run it.
        const EXEC = 1;
        /// Write it.
        const WRITE = 2;
        /// Read it.
        const READ = 4;
    }
}

/// Whether the stack must be executable (PT_GNU_STACK).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackPerms {
    /// It need not, which is what riscv64 takes for absent, too.
    NoExec,
    /// The program asks for it.
    Exec,
}

/// The user addresses that a program may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressLimits {
    /// The lowest (`mmap_min_addr`).
    pub first: u64,
    /// One past the highest.
    pub end: u64,
}

/// One piece to map. Addresses have no bias yet.
///
/// ```text
///  start()        vaddr              vaddr+file_bytes      vaddr+mem_bytes   end()
///    |  file, too   |   from the file      |  zeros            |  zeros        |
///    page boundary                                                      page boundary
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The first byte that the program asked for.
    pub vaddr: u64,
    /// Where that byte stands in the file.
    pub file_offset: u64,
    /// Bytes that come from the file. It may be too short: pages past its end are SIGBUS when touched, as on Linux.
    pub file_bytes: u64,
    /// Bytes in memory, above 0; those past `file_bytes` are zero.
    pub mem_bytes: u64,
    /// What may be done with them.
    pub perms: SegmentPerms,
}

impl Segment {
    /// The page boundary at which the mapping starts.
    #[must_use]
    pub fn start(&self) -> u64 {
        page_floor(self.vaddr)
    }

    /// The page boundary at which the mapping ends.
    #[must_use]
    pub fn end(&self) -> u64 {
        page_ceil(self.vaddr.saturating_add(self.mem_bytes))
    }

    /// Where the byte at `start()` stands in the file; a page boundary.
    #[must_use]
    pub fn start_offset(&self) -> u64 {
        page_floor(self.file_offset)
    }

    /// The page boundary up to which pages come from the file; `start()` when none do.
    #[must_use]
    pub fn file_end(&self) -> u64 {
        if self.file_bytes == 0 { self.start() } else { page_ceil(self.zero_start()) }
    }

    /// The first byte that must be zero. If it is below `file_end()` and `mem_bytes` is above `file_bytes`, the rest of its page must be cleared.
    #[must_use]
    pub fn zero_start(&self) -> u64 {
        self.vaddr.saturating_add(self.file_bytes)
    }
}

/// A program or interpreter that can be mapped.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    table: &'a [u8],
    header: Header,
    span: (u64, u64),
    align: u64,
    brk: u64,
    table_vaddr: Option<u64>,
    interpreter: Option<(u64, u64)>,
    stack: StackPerms,
}

impl<'a> Plan<'a> {
    /// Checks the program headers. `table` holds the bytes of [`Header::table`].
    ///
    /// # Errors
    /// `Truncated` when `table` is too short, and what [`Error`] says of segments and interpreter.
    pub fn new(header: Header, table: &'a [u8], limits: AddressLimits) -> Result<Plan<'a>, Error> {
        let length = usize::try_from(header.table_bytes()).map_err(|_| Error::Truncated)?;
        let table = table.get(..length).ok_or(Error::Truncated)?;
        let mut plan = Plan {
            table,
            header,
            span: (u64::MAX, 0),
            align: PAGE_BYTES,
            brk: 0,
            table_vaddr: None,
            interpreter: None,
            stack: StackPerms::NoExec,
        };
        let mut phdr_vaddr = None;
        for raw in raw_headers(table) {
            match raw.kind {
                PT_LOAD => plan.add_load(&raw, limits)?,
                PT_INTERP => plan.add_interpreter(&raw)?,
                PT_PHDR => phdr_vaddr = Some(raw.vaddr),
                PT_GNU_STACK if raw.flags & PF_X != 0 => plan.stack = StackPerms::Exec,
                _ => {}
            }
        }
        plan.table_vaddr = phdr_vaddr.or(plan.table_vaddr);
        plan.check_span(limits)?;
        Ok(plan)
    }

    /// The segments to map, ascending, with no page in common.
    pub fn segments(&self) -> impl Iterator<Item = Segment> + use<'a> {
        raw_headers(self.table).filter(|raw| raw.kind == PT_LOAD && raw.mem_bytes > 0).map(|raw| raw.segment())
    }

    /// Whether a bias may be chosen.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.header.kind
    }

    /// The first instruction, without bias.
    #[must_use]
    pub fn entry(&self) -> u64 {
        self.header.entry
    }

    /// From the start of the first segment to the end of the last, page boundaries, without bias. The bias is `place - span().start` for a place that is a
    /// multiple of [`Plan::align`].
    #[must_use]
    pub fn span(&self) -> Range<u64> {
        self.span.0..self.span.1
    }

    /// What the place of a relocatable program must be a multiple of, bytes: a power of two, a page at least.
    #[must_use]
    pub fn align(&self) -> u64 {
        self.align
    }

    /// One past the program's last byte, without bias: where brk(2) starts, after rounding up.
    #[must_use]
    pub fn brk(&self) -> u64 {
        self.brk
    }

    /// Address of the program headers in memory (AT_PHDR), without bias; `None` when no segment holds them.
    #[must_use]
    pub fn table_vaddr(&self) -> Option<u64> {
        self.table_vaddr
    }

    /// How many program headers there are (AT_PHNUM).
    #[must_use]
    pub fn table_entries(&self) -> u16 {
        self.header.table_entries
    }

    /// Where the interpreter's path stands in the file, its NUL included: 2 to 4096 bytes.
    #[must_use]
    pub fn interpreter(&self) -> Option<Range<u64>> {
        self.interpreter.map(|(start, end)| start..end)
    }

    /// What the stack must be.
    #[must_use]
    pub fn stack(&self) -> StackPerms {
        self.stack
    }

    fn add_load(&mut self, raw: &RawHeader, limits: AddressLimits) -> Result<(), Error> {
        if raw.mem_bytes == 0 {
            return Ok(());
        }
        let end = raw.vaddr.checked_add(raw.mem_bytes).ok_or(Error::BadSegment)?;
        let mapped_end = end.checked_next_multiple_of(PAGE_BYTES).ok_or(Error::BadSegment)?;
        let file_end = raw.offset.checked_add(raw.file_bytes).ok_or(Error::BadSegment)?;
        let same_place_in_page = raw.vaddr % PAGE_BYTES == raw.offset % PAGE_BYTES;
        // A segment of zeros alone has no use for its offset.
        if raw.file_bytes > raw.mem_bytes || (raw.file_bytes > 0 && !same_place_in_page) || i64::try_from(file_end).is_err() {
            return Err(Error::BadSegment);
        }
        let start = page_floor(raw.vaddr);
        if self.header.kind == Kind::Fixed && (start < limits.first || mapped_end > limits.end) {
            return Err(Error::OutOfRange);
        }
        if self.brk != 0 && start < self.span.1 {
            return Err(Error::Overlap);
        }
        // An alignment that is no power of two means nothing (Linux ignores it too).
        if raw.align.is_power_of_two() {
            self.align = self.align.max(raw.align);
        }
        self.span = (self.span.0.min(start), mapped_end);
        self.brk = end;
        // Without PT_PHDR, the segment that holds the table tells its address.
        let table = self.header.table();
        if self.table_vaddr.is_none() && raw.offset <= table.start && table.end <= file_end {
            self.table_vaddr = table.start.checked_sub(raw.offset).and_then(|into| raw.vaddr.checked_add(into));
        }
        Ok(())
    }

    fn add_interpreter(&mut self, raw: &RawHeader) -> Result<(), Error> {
        let end = raw.offset.checked_add(raw.file_bytes).ok_or(Error::BadInterpreter)?;
        if self.interpreter.is_some() || !(2..=MAX_INTERPRETER_BYTES).contains(&raw.file_bytes) || i64::try_from(end).is_err() {
            return Err(Error::BadInterpreter);
        }
        self.interpreter = Some((raw.offset, end));
        Ok(())
    }

    fn check_span(&self, limits: AddressLimits) -> Result<(), Error> {
        if self.brk == 0 {
            return Err(Error::NoSegments);
        }
        let room = limits.end.saturating_sub(limits.first);
        let fits = self.span.1.saturating_sub(self.span.0) <= room && self.align <= room;
        let entry_fits = match self.header.kind {
            Kind::Fixed => self.header.entry < limits.end,
            Kind::Relocatable => self.header.entry < self.span.1,
        };
        if fits && entry_fits { Ok(()) } else { Err(Error::OutOfRange) }
    }
}

/// A program header as it stands in the file.
struct RawHeader {
    kind: u32,
    flags: u32,
    offset: u64,
    vaddr: u64,
    file_bytes: u64,
    mem_bytes: u64,
    align: u64,
}

impl RawHeader {
    fn segment(&self) -> Segment {
        Segment {
            vaddr: self.vaddr,
            file_offset: self.offset,
            file_bytes: self.file_bytes,
            mem_bytes: self.mem_bytes,
            perms: SegmentPerms::from_bits_truncate(self.flags),
        }
    }
}

fn raw_headers(table: &[u8]) -> impl Iterator<Item = RawHeader> + use<'_> {
    table.chunks_exact(PROGRAM_HEADER_BYTES).filter_map(|entry| {
        Some(RawHeader {
            kind: le32(entry, 0)?,
            flags: le32(entry, 4)?,
            offset: le64(entry, 8)?,
            vaddr: le64(entry, 16)?,
            file_bytes: le64(entry, 32)?,
            mem_bytes: le64(entry, 40)?,
            align: le64(entry, 48)?,
        })
    })
}

fn le16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

fn le64(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

fn page_floor(address: u64) -> u64 {
    address & !PAGE_BYTES.saturating_sub(1)
}

fn page_ceil(address: u64) -> u64 {
    page_floor(address.saturating_add(PAGE_BYTES.saturating_sub(1)))
}
