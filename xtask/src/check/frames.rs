//! Rules `frames` and `image`: the stack that each function of the linked kernel takes, and the image's size.
//!
//! Reads the kernel's ELF with `object` and decodes just the instructions that move `sp`
//! (RISC-V unprivileged ISA, chapters RV32I and "C"): `addi`, `sub`, `c.addi`, `c.addi16sp`, and the
//! constants that `lui`, `addi`, `c.lui` and `c.li` build for a `sub`. A frame is what a prologue
//! takes in one go; a function may have several on different paths, the largest counts.

use super::{Finding, Tree};
use anyhow::{Context, Result, ensure};
use object::{Object, ObjectSection, ObjectSegment, ObjectSymbol, SymbolKind};
use std::fs;
use xtask::builds::{self, Profile};

/// The most bytes that a function may put on the 16 KiB kernel stack.
const FRAME_BYTES: u64 = 1024;
/// The most bytes that the kernel's segments may take in memory's image.
const IMAGE_BYTES: u64 = 1 << 20;
/// Functions that may take more, by a part of their demangled name, with the reason.
const ALLOWED: &[(&str, &str)] = &[
    ("kernel::boot::boot_thread", "runs once, on a stack of its own"),
    ("kernel::task::thread::Thread::enter", "near the top of the stack; holds the thread until it is moved to the heap"),
    ("kernel::boot::main", "runs once, on a stack of its own"),
    ("kernel::task::process::Process::try_new", "near the top of the stack; holds the process until it is moved to the heap"),
    ("kernel::trap::do_what_is_due", "at the top of the stack; holds the state of floating point for a signal frame"),
    ("kernel::task::clone::", "near the top of the stack; these hold what the child begins with"),
    ("kernel::task::spawn::build", "as clone"),
    ("kernel::task::exec::prepare_elf", "near the top of the stack; holds the plan of the new program until it is mapped"),
    ("signal::state::default_table", "a leaf; holds the table of signal handlers until it is moved to the heap"),
];
/// How far apart two steps of one prologue may stand, in bytes of code.
const PROLOGUE_BYTES: usize = 96;
/// Register x2.
const SP: u32 = 2;

/// Rule `frames`.
pub(super) fn run(_tree: &Tree) -> Result<Vec<Finding>> {
    let path = builds::kernel(Profile::Release)?;
    let data = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
    let mut frames = frames(&data)?;
    ensure!(frames.len() > 50, "{}: too few functions to be the kernel", path.display());
    frames.sort_by_key(|f| std::cmp::Reverse(f.bytes));
    let large = frames.iter().take_while(|f| f.bytes > FRAME_BYTES);
    let judged = large.filter(|f| !ALLOWED.iter().any(|(part, _)| f.function.contains(part)));
    Ok(judged.map(|f| Finding::new(&f.function, 0, f.to_string())).collect())
}

/// Rule `image`.
pub(super) fn image(_tree: &Tree) -> Result<Vec<Finding>> {
    let path = builds::kernel(Profile::Release)?;
    let data = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
    let bytes = image_bytes(&data)?;
    let message = format!("{bytes} bytes of image, {IMAGE_BYTES} at most");
    let found = bytes > IMAGE_BYTES;
    Ok(found.then(|| Finding::new("kernel", 0, message)).into_iter().collect())
}

/// What a loader copies: the file bytes of the loadable segments.
pub(crate) fn image_bytes(elf: &[u8]) -> Result<u64> {
    let file = object::File::parse(elf)?;
    Ok(file.segments().map(|s| s.file_range().1).sum())
}

/// The stack use of one function.
struct Frame {
    function: String,
    bytes: u64,
    dynamic: bool,
}

impl std::fmt::Display for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.dynamic {
            write!(f, "its stack frame has no fixed size")
        } else {
            write!(f, "a stack frame of {} bytes, {FRAME_BYTES} at most", self.bytes)
        }
    }
}

/// Every function of the ELF with its frame.
fn frames(elf: &[u8]) -> Result<Vec<Frame>> {
    let file = object::File::parse(elf)?;
    let mut found = Vec::new();
    for symbol in file.symbols().filter(|s| s.kind() == SymbolKind::Text && s.size() > 0) {
        let Some(index) = symbol.section_index() else {
            continue;
        };
        let section = file.section_by_index(index)?;
        let Some(code) = section.data_range(symbol.address(), symbol.size())? else {
            continue;
        };
        let name = rustc_demangle::demangle(symbol.name()?).to_string();
        let size = frame_of(code);
        found.push(Frame { function: name, bytes: size.unwrap_or(u64::MAX), dynamic: size.is_none() });
    }
    Ok(found)
}

/// What one instruction does that matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// `sp += n`.
    Move(i64),
    /// `sp -= reg`.
    SubReg(u32),
    /// `reg = n`.
    Set(u32, i64),
    /// `rd = rs + n`.
    Add(u32, u32, i64),
    /// Anything else.
    Other,
}

/// The largest frame of a function in bytes; `None` if its size is not a constant.
fn frame_of(code: &[u8]) -> Option<u64> {
    let mut constants = [None::<i64>; 32];
    let (mut largest, mut current, mut last) = (0_i64, 0_i64, 0_usize);
    let mut at = 0;
    while let Some((step, length)) = decode(code.get(at..).unwrap_or(&[])) {
        let taken = match step {
            Step::Move(n) => -n,
            Step::SubReg(r) => constants[r as usize]?,
            Step::Set(r, n) => {
                constants[r as usize] = Some(n);
                0
            }
            Step::Add(rd, rs, n) => {
                constants[rd as usize] = constants[rs as usize].map(|v| v + n);
                0
            }
            Step::Other => 0,
        };
        if taken > 0 {
            let same = current > 0 && at - last <= PROLOGUE_BYTES;
            current = if same { current + taken } else { taken };
            last = at;
            largest = largest.max(current);
        } else if taken < 0 {
            current = 0;
        }
        at += length;
    }
    u64::try_from(largest).ok()
}

/// Decodes one instruction and its length; `None` at the end of the code.
fn decode(code: &[u8]) -> Option<(Step, usize)> {
    let low = u16::from_le_bytes(code.get(..2)?.try_into().ok()?);
    if low & 3 != 3 {
        return Some((decode_short(u32::from(low)), 2));
    }
    let word = u32::from_le_bytes(code.get(..4)?.try_into().ok()?);
    Some((decode_long(word), 4))
}

/// Takes `width` bits at `at` and extends their sign.
fn signed(value: u32, width: u32) -> i64 {
    let shift = 64 - width;
    (i64::from(value) << shift) >> shift
}

fn decode_long(word: u32) -> Step {
    let (rd, rs1, rs2) = (word >> 7 & 31, word >> 15 & 31, word >> 20 & 31);
    let immediate = signed(word >> 20, 12);
    match (word & 0x7f, word >> 12 & 7) {
        (0x13, 0) if rd == SP && rs1 == SP => Step::Move(immediate),
        (0x13 | 0x1b, 0) if rs1 == 0 => Step::Set(rd, immediate),
        (0x13 | 0x1b, 0) if rd != SP => Step::Add(rd, rs1, immediate),
        (0x33, 0) if word >> 25 == 0x20 && rd == SP && rs1 == SP => Step::SubReg(rs2),
        (0x37, _) => Step::Set(rd, signed(word & 0xffff_f000, 32)),
        _ => Step::Other,
    }
}

fn decode_short(word: u32) -> Step {
    let rd = word >> 7 & 31;
    let immediate = signed((word >> 12 & 1) << 5 | (word >> 2 & 31), 6);
    match (word & 3, word >> 13) {
        (1, 3) if rd == SP => {
            // c.addi16sp: nzimm[9|4|6|8:7|5]
            let bits =
                (word >> 12 & 1) << 9 | (word >> 6 & 1) << 4 | (word >> 5 & 1) << 6 | (word >> 3 & 3) << 7 | (word >> 2 & 1) << 5;
            Step::Move(signed(bits, 10))
        }
        (1, 3) => Step::Set(rd, immediate << 12),
        (1, 0) if rd == SP => Step::Move(immediate),
        (1, 0 | 1) => Step::Add(rd, rd, immediate),
        (1, 2) => Step::Set(rd, immediate),
        _ => Step::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(words: &[(u32, usize)]) -> Vec<u8> {
        let bytes = words.iter().flat_map(|(w, n)| w.to_le_bytes().into_iter().take(*n));
        bytes.collect()
    }

    #[test]
    fn decodes_what_moves_sp() {
        // The encodings are those of `riscv64-linux-gnu-as`.
        assert_eq!(decode_long(0x8101_0113), Step::Move(-2032));
        assert_eq!(decode_long(0x4051_0133), Step::SubReg(5));
        assert_eq!(decode_long(0x0000_12b7), Step::Set(5, 4096));
        assert_eq!(decode_short(0x7139), Step::Move(-64));
        assert_eq!(decode_short(0x6121), Step::Move(64));
        assert_eq!(decode_short(0x1141), Step::Move(-16));
        assert_eq!(decode_short(0x6285), Step::Set(5, 4096));
    }

    #[test]
    fn adds_up_one_prologue() {
        let large = code(&[(0x8101_0113, 4), (0x6285, 2), (0x4051_0133, 4), (0x8082, 2)]);
        assert_eq!(frame_of(&large), Some(2032 + 4096));
    }

    #[test]
    fn paths_do_not_add_up() {
        let two = code(&[(0x7139, 2), (0x6121, 2), (0x8082, 2), (0x7139, 2), (0x6121, 2)]);
        assert_eq!(frame_of(&two), Some(64));
    }

    #[test]
    fn unknown_sizes_are_reported() {
        assert_eq!(frame_of(&code(&[(0x4051_0133, 4)])), None);
    }
}
