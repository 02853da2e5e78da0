//! The riscv64 signal frame: `struct rt_sigframe { siginfo_t; struct ucontext }`.
//!
//! It lies on the user's stack in parts that the shell copies one by one, so that nothing is put together twice: the siginfo,
//! the *context* (flags, link, stack, mask), the registers (pc, x1..x31), the FP registers (f0..f31, fcsr) and the *end* (a
//! reserved word and the end marker of extensions, as Linux 6.12 writes them). What lies between belongs to nobody: the room
//! in which the mask may grow, and that of wider FP registers.

use crate::{AltStack, SigInfo, SigSet};

/// Bytes of the whole frame; its address is 16-byte aligned.
pub const FRAME_BYTES: usize = 1088;
/// Where the ucontext begins: `a2` of a handler; `a1` is the frame's address.
pub const UCONTEXT_OFFSET: usize = 128;
/// Where `sc_regs` begin: pc, then x1..x31, as `user_regs_struct` orders them.
pub const REGS_OFFSET: usize = 304;
/// Where `sc_fpregs` begin: f0..f31.
pub const FP_OFFSET: usize = 560;
/// Where `fcsr` stands, 32 bits.
pub const FCSR_OFFSET: usize = FP_OFFSET + 256;
/// Where the [`End`] stands.
pub const END_OFFSET: usize = FP_OFFSET + 512;

// `offsetof` and `sizeof` as a C program compiled for riscv64 prints them.
const _: () = assert!(SigInfo::USER_BYTES == UCONTEXT_OFFSET);
const _: () = assert!(UCONTEXT_OFFSET + size_of::<Context>() <= REGS_OFFSET && REGS_OFFSET.is_multiple_of(16));
const _: () = assert!(REGS_OFFSET + 256 == FP_OFFSET && FP_OFFSET + 528 == FRAME_BYTES && FRAME_BYTES.is_multiple_of(16));
const _: () = assert!(FRAME_BYTES - UCONTEXT_OFFSET == 960, "sizeof(struct ucontext)");
const _: () = assert!(END_OFFSET + size_of::<End>() == FRAME_BYTES);

/// The ucontext up to the first word of its mask: flags, link, base of the stack, its flags, its size, mask.
pub type Context = [u64; 6];

/// What stands at [`END_OFFSET`]: a word of nobody, which makes it aligned; reserved; magic and size of the end marker.
pub type End = [u32; 4];

/// The end of every frame.
pub const END: End = [0; 4];

/// What rt_sigreturn(2) takes from the context.
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

/// The context. `mask` is what rt_sigreturn restores; `stack` the thread's own words.
#[must_use]
pub const fn context(mask: SigSet, stack: &AltStack) -> Context {
    [0, 0, stack.base, stack.flags as u64, stack.size_bytes, mask.0]
}

/// Reads the context.
#[must_use]
pub const fn parse_context(context: &Context) -> Restored {
    let [_, _, base, flags, size_bytes, mask] = *context;
    // The upper half of the word is padding.
    Restored { mask: SigSet(mask).as_mask(), stack: AltStack { base, flags: flags as u32, size_bytes } }
}

/// Reads the end.
///
/// # Errors
/// See [`BadFrame`].
pub const fn check_end(end: &End) -> Result<(), BadFrame> {
    match end {
        [_, 0, 0, 0] => Ok(()),
        [_, 0, ..] => Err(BadFrame::Extension),
        _ => Err(BadFrame::Reserved),
    }
}
