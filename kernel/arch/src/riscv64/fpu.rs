//! Floating-point registers of user threads (F and D extensions). The kernel itself is built without them.

use core::arch::global_asm;

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
    ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
    "  \\op f\\n, 8*\\n(a0)",
    ".endr",
    ".endm",
    ".globl __fp_save",
    "__fp_save:",
    "  li t0, 3 << 13; csrs sstatus, t0",
    "  fp_each fsd",
    "  frcsr t1; sw t1, 256(a0)",
    "  csrc sstatus, t0; ret",
    ".globl __fp_restore",
    "__fp_restore:",
    "  li t0, 3 << 13; csrs sstatus, t0",
    "  fp_each fld",
    "  lw t1, 256(a0); fscsr t1",
    "  csrc sstatus, t0; ret",
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
}
