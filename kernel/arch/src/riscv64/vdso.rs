//! The code of the vDSO (vdso(7)), which programs call without entering the kernel.
//!
//! The kernel copies it into a page of its own, behind another that holds the [`clock`] data: the code finds both relative to itself. It
//! uses no stack and only registers that a call may change. Clocks are the kernel's, by the same arithmetic (kernel/src/clock.rs):
//! `ns = (time - START) * MULT >> 32`. What can change is read between two looks at `CHANGES`, which is odd while a change is under way;
//! the fences order reads of memory and of `time` alike (unprivileged specification, "Zicsr": reads of counters are device input).

use core::arch::global_asm;

/// Where the words of the clock data are in their page, which lies right before the code's.
pub mod clock {
    /// Changes of what follows it; odd while one is under way.
    pub const CHANGES: usize = 0;
    /// Ticks at which monotonic time was 0.
    pub const START: usize = 8;
    /// Nanoseconds of 2³² ticks.
    pub const MULT: usize = 16;
    /// Real time minus monotonic time, in nanoseconds; not negative.
    pub const REAL_OFFSET: usize = 24;
    /// [`super::SECOND_RECIPROCAL`].
    pub const SECOND_RECIPROCAL: usize = 32;
    /// How fine the coarse clocks are, in nanoseconds.
    pub const COARSE_NS: usize = 40;
    /// The time zone: minutes west in the lower half, kind of summer time in the upper.
    pub const ZONE: usize = 48;
}

/// Bytes from the start of the data's page to that of the code's.
const PAGE_BYTES: usize = 4096;

/// A second has 2⁹ times so many nanoseconds.
const SECOND_ODD: u128 = 1_953_125;
/// 2⁷⁶ / [`SECOND_ODD`], rounded up: `(n >> 9) * it >> 76` is `n / 1_000_000_000` for all 64-bit `n`.
pub const SECOND_RECIPROCAL: u64 = ((1u128 << 76).div_ceil(SECOND_ODD)) as u64;
// The error of the reciprocal, times the largest n >> 9, stays below one unit of the quotient's last place.
const _: () = assert!((SECOND_RECIPROCAL as u128 * SECOND_ODD - (1 << 76)) << 55 <= 1 << 76);

/// Bytes at the start of [`code`] that belong to the return from signals: an unwinder looks before a return address, so there is an
/// instruction before the function.
pub const VDSO_SIGNAL_BYTES: usize = VDSO_SIGRETURN_OFFSET + 8;
/// Where `__vdso_rt_sigreturn` is in the code.
pub const VDSO_SIGRETURN_OFFSET: usize = 4;

/// The code, for a place [`VDSO_CODE_OFFSET`] bytes into its page.
pub fn vdso_code() -> &'static [u8] {
    let (start, end) = (&raw const vdso_text, &raw const vdso_text_end);
    // SAFETY: the two symbols enclose the bytes that the assembly below puts into constant data.
    unsafe { core::slice::from_raw_parts(start, end as usize - start as usize) }
}

macro_rules! functions {
    ($($name:ident)*) => {
        unsafe extern "C" {
            static vdso_text: u8;
            static vdso_text_end: u8;
            $(static $name: u8;)*
        }
        /// The functions in [`vdso_code`], in ascending order: names and offsets.
        pub fn vdso_functions() -> [(&'static str, usize); [$(stringify!($name)),*].len()] {
            let first = &raw const vdso_text as usize;
            [$((stringify!($name), &raw const $name as usize - first)),*]
        }
    };
}

// In the order of the code.
functions! {
    __vdso_rt_sigreturn __vdso_clock_gettime __vdso_gettimeofday __vdso_clock_getres
    __vdso_getcpu __vdso_flush_icache __vdso_riscv_hwprobe
}

/// Where in its page the code must be.
pub const VDSO_CODE_OFFSET: usize = 0x900;

global_asm!(
    // t1 = monotonic time, t2 = the data; changes t3, t4.
    ".macro vdso_monotonic",
    "  ld t3, {start}(t2); ld t4, {mult}(t2)",
    "  rdtime t1; sub t1, t1, t3",
    "  mulhu t3, t1, t4; mul t1, t1, t4",
    "  srli t1, t1, 32; slli t3, t3, 32; or t1, t1, t3",
    ".endm",
    // t3 = seconds of t1, t1 = the nanoseconds that are left; changes t4.
    ".macro vdso_split",
    "  ld t4, {reciprocal}(t2)",
    "  srli t3, t1, 9; mulhu t3, t3, t4; srli t3, t3, 12",
    "  li t4, 1000000000; mul t4, t3, t4; sub t1, t1, t4",
    ".endm",
    // Goes to `else` unless clock a0, below 8, is in a set; changes t6.
    ".macro vdso_unless_in set, else",
    "  li t6, \\set; srl t6, t6, a0; andi t6, t6, 1; beqz t6, \\else",
    ".endm",
    ".pushsection .rodata.vdso, \"a\"",
    ".option push; .option arch, +m; .option norvc; .balign 8", // at file level, the target's features are not known with LTO
    ".set vdso_data, vdso_text - {text_to_data}",
    ".globl vdso_text; vdso_text:",
    "  nop",
    ".globl __vdso_rt_sigreturn; __vdso_rt_sigreturn:", // debuggers know a signal's frame by these two instructions
    "  li a7, 139; ecall",
    // (clock, timespec): 1, 4, 7 are monotonic, 0 is real, 5 and 6 are the coarse ones; the kernel knows others.
    ".globl __vdso_clock_gettime; __vdso_clock_gettime:",
    "  sltiu t6, a0, 8; beqz t6, 7f",
    "  lla t2, vdso_data",
    "  vdso_unless_in 0x92, 2f",
    "  vdso_monotonic",
    "1: vdso_split",
    "  sd t3, 0(a1); sd t1, 8(a1)",
    "  li a0, 0; ret",
    "2: bnez a0, 3f",
    "  jal t0, vdso_real; j 1b",
    "3: vdso_unless_in 0x60, 7f",
    "  andi t6, a0, 1; beqz t6, 4f",
    "  jal t0, vdso_real; j 5f",
    "4: vdso_monotonic",
    "5: ld t3, {coarse}(t2); remu t4, t1, t3; sub t1, t1, t4",
    "  j 1b",
    "7: li a7, 113; ecall; ret",
    // t1 = real time, t2 = the data; changes t3 to t6; called by t0.
    "vdso_real:",
    "  lla t2, vdso_data",
    "1: ld t5, {changes}(t2)",
    "  andi t3, t5, 1; bnez t3, 1b",
    "  fence ir, ir",
    "  vdso_monotonic",
    "  ld t6, {real_offset}(t2)",
    "  fence ir, ir",
    "  ld t3, {changes}(t2); bne t3, t5, 1b",
    "  add t1, t1, t6; jr t0",
    // (timeval or null, timezone or null)
    ".globl __vdso_gettimeofday; __vdso_gettimeofday:",
    "  jal t0, vdso_real",
    "  beqz a0, 1f",
    "  vdso_split",
    "  li t4, 1000; divu t1, t1, t4",
    "  sd t3, 0(a0); sd t1, 8(a0)",
    "1: beqz a1, 2f",
    "  ld t3, {zone}(t2); srli t4, t3, 32; sw t3, 0(a1); sw t4, 4(a1)",
    "2: li a0, 0; ret",
    // (clock, timespec or null)
    ".globl __vdso_clock_getres; __vdso_clock_getres:",
    "  sltiu t6, a0, 8; beqz t6, 4f",
    "  vdso_unless_in 0x93, 1f",
    "  li t1, 1; j 2f",
    "1: vdso_unless_in 0x60, 4f",
    "  lla t2, vdso_data; ld t1, {coarse}(t2)",
    "2: beqz a1, 3f",
    "  sd zero, 0(a1); sd t1, 8(a1)",
    "3: li a0, 0; ret",
    "4: li a7, 114; ecall; ret",
    ".globl __vdso_getcpu; __vdso_getcpu: li a7, 168; ecall; ret",
    ".globl __vdso_flush_icache; __vdso_flush_icache: li a7, 259; ecall; ret",
    ".globl __vdso_riscv_hwprobe; __vdso_riscv_hwprobe: li a7, 258; ecall; ret",
    ".globl vdso_text_end; vdso_text_end:",
    ".option pop; .popsection",
    start = const clock::START, mult = const clock::MULT, reciprocal = const clock::SECOND_RECIPROCAL,
    coarse = const clock::COARSE_NS, changes = const clock::CHANGES, real_offset = const clock::REAL_OFFSET,
    zone = const clock::ZONE, text_to_data = const VDSO_CODE_OFFSET + PAGE_BYTES,
);
