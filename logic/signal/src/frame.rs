//! The riscv64 signal frame: `struct rt_sigframe { siginfo_t; struct ucontext }`, emitted into and
//! parsed from bytes.
//!
//! It lies on the user's stack in three parts that can be copied one by one, so that no kernel
//! stack has to hold all of it: the *head* (siginfo, flags, link, stack, mask with its room to
//! grow), the *registers* (pc, x1..x31), and the *FP state* (D registers, fcsr, and in its last
//! twelve bytes a reserved word and the end marker of extensions, as Linux 6.12 writes them).

use crate::{AltStack, SigInfo, SigSet};

/// Bytes of the whole frame; its address is 16-byte aligned.
pub const FRAME_BYTES: usize = 1088;
/// Bytes of siginfo and of ucontext up to its registers.
pub const HEAD_BYTES: usize = 304;
/// Bytes of `sc_regs`.
pub const REGS_BYTES: usize = 256;
/// Bytes of `sc_fpregs`.
pub const FP_BYTES: usize = 528;
/// Where the ucontext begins: `a2` of a handler; `a1` is the frame's address.
pub const UCONTEXT_OFFSET: usize = 128;
/// Where `sc_regs` begin.
pub const REGS_OFFSET: usize = 304;
/// Where `sc_fpregs` begin.
pub const FP_OFFSET: usize = 560;

const STACK_OFFSET: usize = 144;
const MASK_OFFSET: usize = 168;
const FCSR_OFFSET: usize = 256;
const RESERVED_OFFSET: usize = 516;
const END_MAGIC_OFFSET: usize = 520;
const END_SIZE_OFFSET: usize = 524;

// `offsetof` and `sizeof` as a C program compiled for riscv64 prints them.
const _: () = assert!(SigInfo::USER_BYTES == UCONTEXT_OFFSET);
const _: () = assert!(HEAD_BYTES == REGS_OFFSET && REGS_OFFSET + REGS_BYTES == FP_OFFSET);
const _: () = assert!(FP_OFFSET + FP_BYTES == FRAME_BYTES && FRAME_BYTES.is_multiple_of(16));
const _: () = assert!(FRAME_BYTES - UCONTEXT_OFFSET == 960, "sizeof(struct ucontext)");
const _: () = assert!(STACK_OFFSET == UCONTEXT_OFFSET + 16 && MASK_OFFSET == STACK_OFFSET + 24);
const _: () = assert!(MASK_OFFSET + 128 <= REGS_OFFSET && REGS_OFFSET.is_multiple_of(16));
const _: () = assert!(RESERVED_OFFSET + 12 == FP_BYTES && END_SIZE_OFFSET + 4 == FP_BYTES);

/// Integer registers as `user_regs_struct` orders them: pc, then x1..x31.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Regs(pub [u64; 32]);

/// Floating-point registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FpRegs {
    /// f0..f31.
    pub f: [u64; 32],
    /// Rounding mode and flags.
    pub fcsr: u32,
}

/// What rt_sigreturn(2) takes from the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The mask, without SIGKILL and SIGSTOP.
    pub mask: SigSet,
    /// The alternate stack, to be set as by sigaltstack(2) with its errors ignored.
    pub stack: AltStack,
}

/// A frame that rt_sigreturn(2) refuses: the process gets SIGSEGV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadFrame {
    /// The reserved word is not zero.
    Reserved,
    /// An extension that does not exist here, or a wrong end marker.
    Extension,
}

/// Writes the head. `mask` is what rt_sigreturn restores; `stack` the thread's own words.
pub fn write_head(out: &mut [u8; HEAD_BYTES], info: &SigInfo, mask: SigSet, stack: &AltStack) {
    out.fill(0);
    put(out, 0, &info.to_bytes());
    put(out, STACK_OFFSET, &stack.base.to_le_bytes());
    put(out, STACK_OFFSET.wrapping_add(8), &stack.flags.to_le_bytes());
    put(out, STACK_OFFSET.wrapping_add(16), &stack.size_bytes.to_le_bytes());
    put(out, MASK_OFFSET, &mask.0.to_le_bytes());
}

/// Writes the registers.
pub fn write_regs(out: &mut [u8; REGS_BYTES], regs: &Regs) {
    for (to, reg) in out.chunks_exact_mut(8).zip(regs.0) {
        to.copy_from_slice(&reg.to_le_bytes());
    }
}

/// Writes the FP state; `None` for a thread that never used it: all zero.
pub fn write_fp(out: &mut [u8; FP_BYTES], fp: Option<&FpRegs>) {
    out.fill(0);
    let Some(fp) = fp else { return };
    for (to, reg) in out.chunks_exact_mut(8).zip(fp.f) {
        to.copy_from_slice(&reg.to_le_bytes());
    }
    put(out, FCSR_OFFSET, &fp.fcsr.to_le_bytes());
}

/// Writes the whole frame.
pub fn write_frame(
    out: &mut [u8; FRAME_BYTES],
    info: &SigInfo,
    mask: SigSet,
    stack: &AltStack,
    regs: &Regs,
    fp: Option<&FpRegs>,
) {
    let (head, rest) = out.split_at_mut(REGS_OFFSET);
    let (regs_out, fp_out) = rest.split_at_mut(REGS_BYTES);
    if let Ok(head) = head.try_into() {
        write_head(head, info, mask, stack);
    }
    if let Ok(regs_out) = regs_out.try_into() {
        write_regs(regs_out, regs);
    }
    if let Ok(fp_out) = fp_out.try_into() {
        write_fp(fp_out, fp);
    }
}

/// Reads the head.
#[must_use]
pub fn parse_head(bytes: &[u8; HEAD_BYTES]) -> Restored {
    Restored {
        mask: SigSet(long(bytes, MASK_OFFSET)).as_mask(),
        stack: AltStack {
            base: long(bytes, STACK_OFFSET),
            flags: word(bytes, STACK_OFFSET.wrapping_add(8)),
            size_bytes: long(bytes, STACK_OFFSET.wrapping_add(16)),
        },
    }
}

/// Reads the registers. The shell keeps the status register out of them and lets a bad pc fault.
#[must_use]
pub fn parse_regs(bytes: &[u8; REGS_BYTES]) -> Regs {
    let mut regs = Regs([0; 32]);
    for (reg, from) in regs.0.iter_mut().zip(bytes.chunks_exact(8)) {
        *reg = long(from, 0);
    }
    regs
}

/// Reads the FP state.
///
/// # Errors
/// See [`BadFrame`].
pub fn parse_fp(bytes: &[u8; FP_BYTES]) -> Result<FpRegs, BadFrame> {
    if word(bytes, RESERVED_OFFSET) != 0 {
        return Err(BadFrame::Reserved);
    }
    if word(bytes, END_MAGIC_OFFSET) != 0 || word(bytes, END_SIZE_OFFSET) != 0 {
        return Err(BadFrame::Extension);
    }
    let mut fp = FpRegs { f: [0; 32], fcsr: word(bytes, FCSR_OFFSET) };
    for (reg, from) in fp.f.iter_mut().zip(bytes.chunks_exact(8)) {
        *reg = long(from, 0);
    }
    Ok(fp)
}

fn put(out: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(to) = out.get_mut(at..at.wrapping_add(bytes.len())) {
        to.copy_from_slice(bytes);
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    let part = bytes.get(at..at.wrapping_add(4)).and_then(|b| b.try_into().ok());
    part.map_or(0, u32::from_le_bytes)
}

fn long(bytes: &[u8], at: usize) -> u64 {
    let part = bytes.get(at..at.wrapping_add(8)).and_then(|b| b.try_into().ok());
    part.map_or(0, u64::from_le_bytes)
}
