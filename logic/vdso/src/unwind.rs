//! Unwind data (DWARF 4, 6.4; System V ABI, `.eh_frame`): how to walk through the code, and through a signal handler's return.

use crate::out::Out;
use core::ops::Range;
use logic_signal::frame::{FP_OFFSET, REGS_OFFSET};

/// A pointer is a signed word relative to its own place (DW_EH_PE_pcrel | DW_EH_PE_sdata4).
const PCREL_SDATA4: u8 = 0x1b;
/// An unsigned word (DW_EH_PE_udata4).
const UDATA4: u8 = 0x03;
/// A signed word relative to the start of the table (DW_EH_PE_datarel | DW_EH_PE_sdata4).
const DATAREL_SDATA4: u8 = 0x3b;
/// Column of `ra`.
const RA: u8 = 1;
/// Column of `sp`.
const SP: u8 = 2;
/// The column for a pc that is in no register (RISC-V ELF psABI, DWARF register numbers).
const ALTERNATE_RETURN: u8 = 64;

const DEF_CFA: u8 = 0x0c;
const DEF_CFA_EXPRESSION: u8 = 0x0f;
const EXPRESSION: u8 = 0x10;
const OP_BREG_SP: u8 = 0x70 + SP;
const OP_DEREF: u8 = 0x06;

/// Descriptions of two ranges of code.
pub(crate) struct Frames {
    /// Code that returns from a signal: the stack pointer is at the signal's frame.
    pub(crate) signal: Range<usize>,
    /// Code that leaves `sp` and `ra` alone.
    pub(crate) plain: Range<usize>,
}

/// Bytes of the table that [`put_header`] makes.
pub(crate) const HEADER_BYTES: usize = 12 + 2 * 8;

/// Puts `.eh_frame`; the places of the descriptions of signal and plain code.
pub(crate) fn put_frames(out: &mut Out<'_>, f: &Frames) -> [usize; 2] {
    let common = put_common(out, b"zRS\0", ALTERNATE_RETURN, |out| {
        // The frame before is where the interrupted stack pointer says.
        out.u8(DEF_CFA_EXPRESSION);
        put_block(out, |out| {
            put_in_frame(out, saved_at(REGS_OFFSET, SP));
            out.u8(OP_DEREF);
        });
    });
    let signal = put_description(out, common, &f.signal, |out| {
        put_saved(out, ALTERNATE_RETURN, REGS_OFFSET);
        for register in 1..32u8 {
            put_saved(out, register, saved_at(REGS_OFFSET, register));
        }
        for register in 0..32u8 {
            put_saved(out, register.saturating_add(32), saved_at(FP_OFFSET, register));
        }
    });
    let common = put_common(out, b"zR\0", RA, |out| out.put(&[DEF_CFA, SP, 0]));
    let plain = put_description(out, common, &f.plain, |_| {});
    out.u32(0);
    [signal, plain]
}

/// Puts `.eh_frame_hdr`: the table by which an unwinder finds a description. `at`: where `.eh_frame` and its descriptions are.
pub(crate) fn put_header(out: &mut Out<'_>, frames_at: usize, f: &Frames, at: [usize; 2]) {
    let start = out.at();
    out.put(&[1, PCREL_SDATA4, UDATA4, DATAREL_SDATA4]);
    out.distance(frames_at);
    out.u32(2);
    let [signal, plain] = at;
    // In ascending order of the code.
    for (code, description) in [(f.signal.start, signal), (f.plain.start, plain)] {
        out.u32((code as u32).wrapping_sub(start as u32));
        out.u32((description as u32).wrapping_sub(start as u32));
    }
}

/// A common information entry; where it is.
fn put_common(out: &mut Out<'_>, augmentation: &[u8], return_column: u8, rules: impl FnOnce(&mut Out<'_>)) -> usize {
    put_record(out, |out| {
        out.u32(0);
        out.u8(1);
        out.put(augmentation);
        // Factors of code and data; the return address; one byte of augmentation data: how descriptions give addresses.
        out.u8(1);
        out.sleb128(-8);
        out.put(&[return_column, 1, PCREL_SDATA4]);
        rules(out);
    })
}

/// A frame description entry; where it is.
fn put_description(out: &mut Out<'_>, common: usize, code: &Range<usize>, rules: impl FnOnce(&mut Out<'_>)) -> usize {
    put_record(out, |out| {
        out.u32((out.at() as u32).wrapping_sub(common as u32));
        out.distance(code.start);
        out.u32(code.len() as u32);
        out.u8(0);
        rules(out);
    })
}

/// A length and what it counts, filled up with DW_CFA_nop.
fn put_record(out: &mut Out<'_>, body: impl FnOnce(&mut Out<'_>)) -> usize {
    let start = out.at();
    out.u32(0);
    let from = out.at();
    body(out);
    out.align(8);
    // The length itself has four bytes: whole records are multiples of eight.
    let length = out.at().saturating_sub(from);
    out.patch_u32(start, length as u32);
    start
}

/// Where register `number` of those from `first` on is in the signal's frame.
fn saved_at(first: usize, number: u8) -> usize {
    first.saturating_add(usize::from(number).saturating_mul(8))
}

/// `register` is saved at `offset` of the signal's frame.
fn put_saved(out: &mut Out<'_>, register: u8, offset: usize) {
    out.put(&[EXPRESSION, register]);
    put_block(out, |out| put_in_frame(out, offset));
}

/// The address `offset` bytes into the signal's frame.
fn put_in_frame(out: &mut Out<'_>, offset: usize) {
    out.u8(OP_BREG_SP);
    out.sleb128(offset as i64);
}

/// A short block with its length before it.
fn put_block(out: &mut Out<'_>, body: impl FnOnce(&mut Out<'_>)) {
    let start = out.at();
    out.u8(0);
    let from = out.at();
    body(out);
    let (end, length) = (out.at(), out.at().saturating_sub(from));
    out.seek(start);
    out.u8(length as u8);
    out.seek(end);
}
