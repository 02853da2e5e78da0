//! Structs of signals: actions, masks, information, and the frame that the kernel puts on the user stack.

use super::plain_structs;

/// A set of signals: signal N is bit N-1.
pub type SigSet = u64;

plain_structs! {
    /// The kernel's sigaction (rt_sigaction(2)). riscv64 has no sa_restorer: handlers return through the vDSO.
    #[derive(Default)]
    Sigaction: 24 {
        /// Address of the handler, SIG_DFL (0) or SIG_IGN (1).
        sa_handler: u64,
        /// SA_* flags.
        sa_flags: u64,
        /// Signals blocked during the handler.
        sa_mask: SigSet,
    }

    /// stack_t of sigaltstack(2).
    #[derive(Default)]
    StackT: 24 {
        /// Lowest byte.
        ss_sp: u64,
        /// SS_* flags.
        ss_flags: i32,
        /// Zero.
        _pad: u32,
        /// Size, bytes.
        ss_size: u64,
    }

    /// The last argument of pselect6(2).
    #[derive(Default)]
    SigmaskArg: 16 {
        /// Address of a [`SigSet`], or 0.
        ss: u64,
        /// Its size, 8.
        ss_len: u64,
    }

    /// siginfo_t (sigaction(2)). What `fields` holds depends on signal and code: the constructors below fill it.
    #[derive(Default)]
    Siginfo: 128 {
        /// The signal.
        si_signo: i32,
        /// An error number, mostly 0.
        si_errno: i32,
        /// Why it was sent (SI_*, CLD_*, SEGV_* …).
        si_code: i32,
        /// Zero.
        _pad: i32,
        /// The union that starts at byte 16.
        fields: [u64; 14],
    }

    /// sigevent(3type) of timer_create(2).
    #[derive(Default)]
    Sigevent: 64 {
        /// The value that comes with the signal.
        sigev_value: u64,
        /// The signal.
        sigev_signo: i32,
        /// SIGEV_* kind.
        sigev_notify: i32,
        /// The thread of SIGEV_THREAD_ID.
        sigev_notify_thread_id: i32,
        /// Zero.
        _pad: [i32; 11],
    }

    /// user_regs_struct: pc, then x1 to x31 in their order.
    #[derive(Default)]
    UserRegs: 256 {
        /// The program counter.
        pc: u64,
        /// x1 (ra) to x31 (t6).
        x: [u64; 31],
    }

    /// The floating-point state in a signal frame: the D extension's part of `union __riscv_fp_state`, which has the Q extension's size. The last three words are the
    /// reserved word and the end marker of the list of extensions, all zero.
    FpRegs: 528 {
        /// f0 to f31.
        f: [u64; 32],
        /// Rounding mode and flags.
        fcsr: u32,
        /// Zero.
        _reserved: [u32; 67],
    }

    /// sigcontext (`asm/sigcontext.h`).
    Sigcontext: 784 {
        /// Integer registers.
        sc_regs: UserRegs,
        /// Floating-point registers.
        sc_fpregs: FpRegs,
    }

    /// ucontext (`asm/ucontext.h`), at a multiple of 16 bytes.
    Ucontext: 960 {
        /// Zero.
        uc_flags: u64,
        /// Zero.
        uc_link: u64,
        /// The signal stack at the time.
        uc_stack: StackT,
        /// The mask that sigreturn restores.
        uc_sigmask: SigSet,
        /// Room for a longer mask, zero, and 8 bytes of alignment.
        _unused: [u64; 16],
        /// The registers that sigreturn restores, at byte 176.
        uc_mcontext: Sigcontext,
    }

    /// rt_sigframe: what a handler finds at its stack pointer, at a multiple of 16 bytes. a1 points to `info`, a2 to `uc`.
    RtSigframe: 1088 {
        /// Information about the signal.
        info: Siginfo,
        /// The interrupted context.
        uc: Ucontext,
    }
}

impl Siginfo {
    const fn new(signo: i32, code: i32, head: [u64; 4]) -> Siginfo {
        let [a, b, c, d] = head;
        Siginfo { si_signo: signo, si_errno: 0, si_code: code, _pad: 0, fields: [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] }
    }

    /// Sent by a process: kill(2), tgkill(2) with `value` 0; sigqueue(3) with its value.
    #[must_use]
    pub const fn from_process(signo: i32, code: i32, pid: i32, uid: u32, value: u64) -> Siginfo {
        Siginfo::new(signo, code, [pair(pid as u32, uid), value, 0, 0])
    }

    /// Sent by the kernel without more (SI_KERNEL).
    #[must_use]
    pub const fn from_kernel(signo: i32, code: i32) -> Siginfo {
        Siginfo::new(signo, code, [0; 4])
    }

    /// SIGCHLD: a child's change of state. `status` is an exit status or a signal; times are ticks of 10 ms.
    #[must_use]
    pub const fn child(signo: i32, code: i32, pid: i32, uid: u32, status: i32, utime: u64, stime: u64) -> Siginfo {
        Siginfo::new(signo, code, [pair(pid as u32, uid), pair(status as u32, 0), utime, stime])
    }

    /// SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP: the address at fault.
    #[must_use]
    pub const fn fault(signo: i32, code: i32, addr: u64) -> Siginfo {
        Siginfo::new(signo, code, [addr, 0, 0, 0])
    }

    /// A POSIX timer's expiration (SI_TIMER).
    #[must_use]
    pub const fn timer(signo: i32, code: i32, timer_id: i32, overrun: i32, value: u64) -> Siginfo {
        Siginfo::new(signo, code, [pair(timer_id as u32, overrun as u32), value, 0, 0])
    }
}

/// Two 32-bit fields as they lie in memory.
const fn pair(low: u32, high: u32) -> u64 {
    low as u64 | (high as u64) << 32
}

const _: () = assert!(core::mem::offset_of!(Ucontext, uc_mcontext) == 176);
const _: () = assert!(core::mem::offset_of!(RtSigframe, uc) == 128);
