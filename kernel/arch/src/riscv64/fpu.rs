//! Floating-point registers of user threads (F and D extensions). The kernel itself is built without them.

use core::arch::{asm, global_asm};

/// `f0` to `f31` and `fcsr`, as Linux's `struct __riscv_d_ext_state` has them.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(16))]
pub struct FpState {
    /// The registers.
    pub f: [u64; 32],
    /// Rounding mode and flags.
    pub fcsr: u32,
}

impl FpState {
    /// All zero: the initial state.
    pub const ZERO: FpState = FpState { f: [0; 32], fcsr: 0 };
}

global_asm!(
    ".attribute arch, \"rv64imafdc_zicsr_zifencei\"",
    ".option push",
    ".option arch, +f, +d",
    ".macro fp_each op",
    ".set i, 0",
    ".irp r, f0,f1,f2,f3,f4,f5,f6,f7,f8,f9,f10,f11,f12,f13,f14,f15,f16,f17,f18,f19,f20,f21,f22,f23,f24,f25,f26,f27,f28,f29,f30,f31",
    "  \\op \\r, 8*i(a0)",
    "  .set i, i+1",
    ".endr",
    ".endm",
    ".globl __fp_save",
    "__fp_save:",
    "  li t0, 3 << 13",
    "  csrs sstatus, t0",
    "  fp_each fsd",
    "  frcsr t1",
    "  sw t1, 256(a0)",
    "  csrc sstatus, t0",
    "  ret",
    ".globl __fp_restore",
    "__fp_restore:",
    "  li t0, 3 << 13",
    "  csrs sstatus, t0",
    "  fp_each fld",
    "  lw t1, 256(a0)",
    "  fscsr t1",
    "  csrc sstatus, t0",
    "  ret",
    ".option pop",
);

unsafe extern "C" {
    fn __fp_save(to: *mut FpState);
    fn __fp_restore(from: *const FpState);
}

/// Saves the hart's floating-point registers.
pub fn fp_save(to: &mut FpState) {
    // SAFETY: stores 260 bytes into `to`; clobbers t0, t1 only.
    unsafe { __fp_save(to) };
}

/// Loads the hart's floating-point registers.
pub fn fp_restore(from: &FpState) {
    // SAFETY: the kernel keeps nothing in floating-point registers.
    unsafe { __fp_restore(from) };
    // The compiler must not move loads of `from` behind this point; there are none. Nothing to do.
    // SAFETY: empty.
    unsafe { asm!("", options(nomem, nostack)) };
}
