//! The trap frame: registers of an interrupted context, in the order of Linux's `user_regs_struct`.
//!
//! The trap's assembly (`kernel/arch`) fills it by offsets, which is why its size and its order are fixed here.
#![no_std]
#![forbid(unsafe_code)]

/// `sstatus.FS`: the field's mask.
pub const SSTATUS_FS_MASK: usize = 3 << 13;
/// `sstatus.FS`: on, registers hold their initial values.
pub const SSTATUS_FS_INITIAL: usize = 1 << 13;
/// `sstatus.FS`: on, memory and registers agree.
pub const SSTATUS_FS_CLEAN: usize = 2 << 13;
/// `sstatus.FS`: on, registers are newer than memory.
pub const SSTATUS_FS_DIRTY: usize = 3 << 13;
/// `sstatus.SPP`: the trap came from supervisor mode.
const SSTATUS_SPP: usize = 1 << 8;
/// `sstatus.SPIE`: interrupts are on after `sret`.
const SSTATUS_SPIE: usize = 1 << 5;

/// Registers of an interrupted context. The first 32 words are `pc, x1 … x31`, as in Linux's
/// `struct user_regs_struct` (arch/riscv/include/uapi/asm/ptrace.h), so that signal frames take them as they are.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct TrapFrame {
    /// `pc` and `x1` to `x31`.
    pub regs: [usize; 32],
    /// `sstatus` at the trap.
    pub status: usize,
    /// `stval` at the trap.
    pub tval: usize,
    /// `scause` at the trap.
    pub cause: usize,
    /// `a0` before the system call, for restarting it.
    pub orig_a0: usize,
}

/// Bytes that a frame takes on the kernel stack; a multiple of 16.
pub const TRAP_FRAME_BYTES: usize = core::mem::size_of::<TrapFrame>();
const _: () = assert!(TRAP_FRAME_BYTES == 288);

impl TrapFrame {
    /// A frame for a fresh user context: all registers zero, floating point off, interrupts on.
    pub const fn new_user(pc: usize, sp: usize) -> Self {
        let mut regs = [0; 32];
        regs[0] = pc;
        regs[2] = sp;
        TrapFrame { regs, status: SSTATUS_SPIE | (2 << 32), tval: 0, cause: 0, orig_a0: 0 }
    }
    /// Program counter.
    pub fn pc(&self) -> usize {
        self.regs[0]
    }
    /// Sets the program counter.
    pub fn set_pc(&mut self, pc: usize) {
        self.regs[0] = pc;
    }
    /// Stack pointer.
    pub fn sp(&self) -> usize {
        self.regs[2]
    }
    /// Sets the stack pointer.
    pub fn set_sp(&mut self, sp: usize) {
        self.regs[2] = sp;
    }
    /// Sets the thread pointer `tp`.
    pub fn set_tp(&mut self, tp: usize) {
        self.regs[4] = tp;
    }
    /// System-call argument `n`, 0 to 5 (`a0` to `a5`).
    pub fn arg(&self, n: usize) -> usize {
        self.regs[10 + (n & 7)]
    }
    /// Sets argument register `n`.
    pub fn set_arg(&mut self, n: usize, value: usize) {
        self.regs[10 + (n & 7)] = value;
    }
    /// System-call number (`a7`).
    pub fn call_number(&self) -> usize {
        self.regs[17]
    }
    /// Whether the trap came from user mode.
    pub fn from_user(&self) -> bool {
        self.status & SSTATUS_SPP == 0
    }
    /// Whether the interrupted context had interrupts on.
    pub fn interrupts_were_on(&self) -> bool {
        self.status & SSTATUS_SPIE != 0
    }
    /// The `sstatus.FS` field, in place.
    pub fn fs(&self) -> usize {
        self.status & SSTATUS_FS_MASK
    }
    /// Replaces the `sstatus.FS` field.
    pub fn set_fs(&mut self, fs: usize) {
        self.status = (self.status & !SSTATUS_FS_MASK) | (fs & SSTATUS_FS_MASK);
    }
    /// Makes the privileged parts of a frame that came from user memory harmless: user mode, interrupts on.
    pub fn sanitize(&mut self) {
        self.status = (self.status & SSTATUS_FS_MASK) | SSTATUS_SPIE | (2 << 32);
    }
}
