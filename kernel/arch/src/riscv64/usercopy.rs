//! Copies within the kernel, and between it and user memory. A fault in one of the latter ends it with a short count, exact
//! to the byte, instead of a panic.
//!
//! All loads and stores to user memory stand between `__user_copy_begin` and `__user_copy_end`; the trap handler
//! continues at the fixup when a fault there cannot be resolved. `sstatus.SUM` is set only inside.

use core::arch::global_asm;
use core::mem::MaybeUninit;
use zerocopy::FromBytes;

global_asm!(
    // Fifteen words by as many pairs of instructions, which take as many bytes as the words.
    ".macro last_words",
    ".option push",
    ".option norvc",
    ".irp at, 112, 104, 96, 88, 80, 72, 64, 56, 48, 40, 32, 24, 16, 8, 0",
    "  ld t2, \\at(a1)",
    "  sd t2, \\at(a0)",
    ".endr",
    ".option pop",
    ".endm",
    // Copies a2 bytes from a1 to a0 and counts a2 down to 0, at most 128 behind. Changes t0 to t4 and a3 to a6.
    ".macro copy_bytes",
    "  or t0, a0, a1",
    "  andi t0, t0, 7",
    "  beqz t0, 30f",
    "  li t0, 16",
    "  bltu a2, t0, 80f",
    "  andi t0, a0, 7",
    "  beqz t0, 20f",
    "10: lbu t1, 0(a1)", // head: up to the destination's alignment
    "  sb t1, 0(a0)",
    "  addi a0, a0, 1",
    "  addi a1, a1, 1",
    "  addi a2, a2, -1",
    "  andi t0, a0, 7",
    "  bnez t0, 10b",
    "20: andi t0, a1, 7",
    "  beqz t0, 30f",
    // The source is not aligned: words are put together from two.
    "  slli t2, t0, 3",
    "  neg t3, t2", // shifts use the low six bits
    "  sub a3, a1, t0",
    "  li t0, 32",
    "  bltu a2, t0, 80f",
    "  ld t1, 0(a3)",
    "21: ld t4, 8(a3)",
    "  srl t1, t1, t2",
    "  sll a4, t4, t3",
    "  or t1, t1, a4",
    "  sd t1, 0(a0)",
    "  ld t1, 16(a3)",
    "  srl t4, t4, t2",
    "  sll a4, t1, t3",
    "  or t4, t4, a4",
    "  sd t4, 8(a0)",
    "  ld t4, 24(a3)",
    "  srl t1, t1, t2",
    "  sll a4, t4, t3",
    "  or t1, t1, a4",
    "  sd t1, 16(a0)",
    "  ld t1, 32(a3)",
    "  srl t4, t4, t2",
    "  sll a4, t1, t3",
    "  or t4, t4, a4",
    "  sd t4, 24(a0)",
    "  addi a3, a3, 32",
    "  addi a0, a0, 32",
    "  addi a1, a1, 32",
    "  addi a2, a2, -32",
    "  bgeu a2, t0, 21b",
    "  j 80f",
    "30: li t0, 128",
    "  bltu a2, t0, 40f",
    "31:",
    ".irp at, 0, 64",
    "  ld t1, \\at(a1)",
    "  ld t2, \\at+8(a1)",
    "  ld t3, \\at+16(a1)",
    "  ld t4, \\at+24(a1)",
    "  ld a3, \\at+32(a1)",
    "  ld a4, \\at+40(a1)",
    "  ld a5, \\at+48(a1)",
    "  ld a6, \\at+56(a1)",
    "  sd t1, \\at(a0)",
    "  sd t2, \\at+8(a0)",
    "  sd t3, \\at+16(a0)",
    "  sd t4, \\at+24(a0)",
    "  sd a3, \\at+32(a0)",
    "  sd a4, \\at+40(a0)",
    "  sd a5, \\at+48(a0)",
    "  sd a6, \\at+56(a0)",
    ".endr",
    "  addi a0, a0, 128",
    "  addi a1, a1, 128",
    "  addi a2, a2, -128",
    "  bgeu a2, t0, 31b",
    // Up to fifteen words: the jump leads to the pair of the last of them.
    "40: andi t0, a2, 120",
    "  lla t1, 50f",
    "  sub t1, t1, t0",
    "  jr t1",
    "  last_words",
    "50: sub a2, a2, t0",
    "  beqz a2, 99f",
    "  add a0, a0, t0",
    "  add a1, a1, t0",
    "  li t0, 4",
    "  bltu a2, t0, 81f",
    "  lw t1, 0(a1)",
    "  sw t1, 0(a0)",
    "  addi a0, a0, 4",
    "  addi a1, a1, 4",
    "  addi a2, a2, -4",
    "80: beqz a2, 99f",
    "81: lbu t1, 0(a1)",
    "  sb t1, 0(a0)",
    "  addi a0, a0, 1",
    "  addi a1, a1, 1",
    "  addi a2, a2, -1",
    "  bnez a2, 81b",
    "99:",
    ".endm",
    // Fills a2 bytes at a0 with a3, which repeats one byte, and counts a2 down to 0. Changes t0.
    ".macro fill_bytes",
    "  li t0, 16",
    "  bltu a2, t0, 80f",
    "  andi t0, a0, 7",
    "  beqz t0, 20f",
    "10: sb a3, 0(a0)",
    "  addi a0, a0, 1",
    "  addi a2, a2, -1",
    "  andi t0, a0, 7",
    "  bnez t0, 10b",
    "20: li t0, 128",
    "  bltu a2, t0, 30f",
    "21:",
    ".irp at, 0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120",
    "  sd a3, \\at(a0)",
    ".endr",
    "  addi a0, a0, 128",
    "  addi a2, a2, -128",
    "  bgeu a2, t0, 21b",
    "30: li t0, 8",
    "  bltu a2, t0, 80f",
    "31: sd a3, 0(a0)",
    "  addi a0, a0, 8",
    "  addi a2, a2, -8",
    "  bgeu a2, t0, 31b",
    "80: beqz a2, 99f",
    "81: sb a3, 0(a0)",
    "  addi a0, a0, 1",
    "  addi a2, a2, -1",
    "  bnez a2, 81b",
    "99:",
    ".endm",
    // memcpy and memset of the C library, which the compiler calls.
    ".globl memcpy",
    "memcpy:",
    "  mv a7, a0",
    "  copy_bytes",
    "  mv a0, a7",
    "  ret",
    ".globl memset",
    "memset:",
    "  mv a7, a0",
    "  andi a3, a1, 0xff",
    "  slli t0, a3, 8",
    "  or a3, a3, t0",
    "  slli t0, a3, 16",
    "  or a3, a3, t0",
    "  slli t0, a3, 32",
    "  or a3, a3, t0",
    "  fill_bytes",
    "  mv a0, a7",
    "  ret",
    ".globl __user_copy_begin",
    "__user_copy_begin:",
    // a0 = destination, a1 = source, a2 = bytes; returns bytes NOT copied in a0.
    ".globl __user_copy",
    "__user_copy:",
    "  li t6, 1 << 18",
    "  csrs sstatus, t6",
    "  li t5, 0", // after a fault the rest is copied byte by byte
    // A few whole words, as structs are: from the last to the first, entered where there are as many left.
    "  or t0, a0, a1",
    "  andi t0, t0, 7",
    "  andi t1, a2, ~0x78",
    "  or t0, t0, t1",
    "  bnez t0, 3f",
    "  la t1, 2f",
    "  sub t1, t1, a2",
    "  jr t1",
    "  last_words",
    "2: csrc sstatus, t6",
    "  li a0, 0",
    "  ret",
    "3: copy_bytes",
    "1: csrc sstatus, t6",
    "  mv a0, a2",
    "  ret",
    "__user_copy_rest:",
    "  lbu t1, 0(a1)",
    "  sb t1, 0(a0)",
    "  addi a0, a0, 1",
    "  addi a1, a1, 1",
    "  addi a2, a2, -1",
    "  bnez a2, __user_copy_rest",
    "  j 1b",
    // a0 = user destination, a1 = bytes; returns bytes NOT cleared.
    ".globl __user_zero",
    "__user_zero:",
    "  li t6, 1 << 18",
    "  csrs sstatus, t6",
    "  li t5, 1",
    "  mv a2, a1",
    "  li a3, 0",
    "  fill_bytes",
    "1: csrc sstatus, t6",
    "  mv a0, a2",
    "  ret",
    "__user_zero_rest:",
    "  sb zero, 0(a0)",
    "  addi a0, a0, 1",
    "  addi a2, a2, -1",
    "  bnez a2, __user_zero_rest",
    "  j 1b",
    // a0 = aligned user address; returns value in a0, a2 = 0, or a2 = 1 on a fault.
    ".globl __user_load32",
    "__user_load32:",
    "  li t6, 1 << 18",
    "  csrs sstatus, t6",
    "  li t5, 2",
    "  li a2, 1",
    "  lw a0, 0(a0)",
    "  li a2, 0",
    "  csrc sstatus, t6",
    "  sext.w a0, a0",
    "  sd a0, 0(a1)",
    "  mv a0, a2",
    "  ret",
    // a0 = aligned user address, a1 = value; a0 = 0 or 1 on a fault.
    ".globl __user_store32",
    "__user_store32:",
    "  li t6, 1 << 18",
    "  csrs sstatus, t6",
    "  li t5, 2",
    "  li a2, 1",
    "  sw a1, 0(a0)",
    "  csrc sstatus, t6",
    "  li a0, 0",
    "  ret",
    // a0 = aligned user address, a1 = expected, a3 = new, a4 = where to put the old value; a0 = 0 or 1 on a fault.
    ".globl __user_cmpxchg32",
    "__user_cmpxchg32:",
    "  li t6, 1 << 18",
    "  csrs sstatus, t6",
    "  li t5, 2",
    "  sext.w a1, a1",
    "  li a2, 1",
    "1: lr.w.aqrl t0, (a0)",
    "  bne t0, a1, 2f",
    "  sc.w.aqrl t1, a3, (a0)",
    "  bnez t1, 1b",
    "2: li a2, 0",
    "  csrc sstatus, t6",
    "  sd t0, 0(a4)",
    "  mv a0, a2",
    "  ret",
    ".globl __user_copy_end",
    "__user_copy_end:",
    ".globl __user_copy_fixup",
    "__user_copy_fixup:",
    // The first fault of a copy may lie anywhere in a block of it: how far it gets is found out byte by byte.
    "  li t0, 2",
    "  beq t5, t0, 2f",
    "  mv t1, t5",
    "  mv t5, t0",
    "  beqz t1, __user_copy_rest",
    "  j __user_zero_rest",
    "2: li t6, 1 << 18",
    "  csrc sstatus, t6",
    "  mv a0, a2",
    "  ret",
);

unsafe extern "C" {
    fn __user_copy_begin();
    fn __user_copy_end();
    fn __user_copy_fixup();
    fn __user_copy(dst: *mut u8, src: *const u8, bytes: usize) -> usize;
    fn __user_zero(dst: *mut u8, bytes: usize) -> usize;
    fn __user_store32(dst: *mut u32, value: u32) -> usize;
    fn __user_load32(src: *const u32, out: *mut i64) -> usize;
    fn __user_cmpxchg32(p: *mut u32, expected: u32, unused: usize, new: u32, old: *mut u64) -> usize;
}

/// Whether `pc` is a user access of the kernel that may fault.
pub fn is_user_copy(pc: usize) -> bool {
    pc >= __user_copy_begin as *const () as usize && pc < __user_copy_end as *const () as usize
}

/// Where a user access that failed continues.
pub fn user_copy_fixup() -> usize {
    __user_copy_fixup as *const () as usize
}

/// Copies into `dst` from user address `src`; returns the bytes that could not be copied. The range must lie in user
/// space (checked by the caller, which has the types for it).
pub fn copy_from_user_raw(dst: &mut [u8], src: usize) -> usize {
    debug_assert!(src.checked_add(dst.len()).is_some_and(|e| e <= super::layout::USER_TOP));
    // SAFETY: stores only into `dst`; loads from user space, where a fault is fixed up.
    unsafe { __user_copy(dst.as_mut_ptr(), src as *const u8, dst.len()) }
}

/// Reads a value from user address `src`, which is checked as for [`copy_from_user_raw`]. `None`: not all of it can be read.
#[inline(always)]
pub fn read_user_raw<T: FromBytes>(place: &mut MaybeUninit<T>, src: usize) -> Option<&mut T> {
    debug_assert!(src.checked_add(size_of::<T>()).is_some_and(|e| e <= super::layout::USER_TOP));
    // SAFETY: stores only into `place`; loads as in `copy_from_user_raw`.
    let left = unsafe { __user_copy(place.as_mut_ptr().cast(), src as *const u8, size_of::<T>()) };
    // SAFETY: then all of it was written, and `FromBytes` says that any bytes are a value.
    (left == 0).then(|| unsafe { place.assume_init_mut() })
}

/// Copies `src` to user address `dst`; returns the bytes that could not be copied.
#[inline(always)]
pub fn copy_to_user_raw(dst: usize, src: &[u8]) -> usize {
    assert!(dst.checked_add(src.len()).is_some_and(|e| e <= super::layout::USER_TOP));
    // SAFETY: stores only into user space (asserted), where a fault is fixed up.
    unsafe { __user_copy(dst as *mut u8, src.as_ptr(), src.len()) }
}

/// Clears user memory; returns the bytes that could not be cleared.
#[inline]
pub fn zero_user_raw(dst: usize, bytes: usize) -> usize {
    assert!(dst.checked_add(bytes).is_some_and(|e| e <= super::layout::USER_TOP));
    // SAFETY: as in `copy_to_user_raw`.
    unsafe { __user_zero(dst as *mut u8, bytes) }
}

/// Loads an aligned 32-bit word of user memory; `None` on a fault.
#[inline(always)]
pub fn user_load_u32(addr: usize) -> Option<u32> {
    assert!(addr & 3 == 0 && addr < super::layout::USER_TOP);
    let mut out = 0i64;
    // SAFETY: loads from user space, where a fault is fixed up.
    let failed = unsafe { __user_load32(addr as *const u32, &mut out) };
    (failed == 0).then_some(out as u32)
}

/// Stores an aligned 32-bit word to user memory; `None` on a fault.
#[inline(always)]
pub fn user_store_u32(addr: usize, value: u32) -> Option<()> {
    assert!(addr & 3 == 0 && addr < super::layout::USER_TOP);
    // SAFETY: stores to user space, where a fault is fixed up.
    (unsafe { __user_store32(addr as *mut u32, value) } == 0).then_some(())
}

/// Compare-and-exchange on an aligned word of user memory: the value found, `None` on a fault.
pub fn user_cmpxchg_u32(addr: usize, expected: u32, new: u32) -> Option<u32> {
    assert!(addr & 3 == 0 && addr < super::layout::USER_TOP);
    let mut old = 0u64;
    // SAFETY: touches user space only, where a fault is fixed up.
    let failed = unsafe { __user_cmpxchg32(addr as *mut u32, expected, 0, new, &mut old) };
    (failed == 0).then_some(old as u32)
}
