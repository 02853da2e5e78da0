//! `siginfo_t` as the kernel keeps it: three words and the union's used 32 bytes (sigaction(2)).
//!
//! Key type: [`SigInfo`]. Layout checked against the C headers of riscv64 (see `frame.rs` for the
//! 128-byte form in user memory).

use crate::Signal;

/// Values of `si_code` that say who sent a signal (sigaction(2)); faults have their own.
pub mod code {
    /// kill(2).
    pub const SI_USER: i32 = 0;
    /// The kernel.
    pub const SI_KERNEL: i32 = 128;
    /// sigqueue(3).
    pub const SI_QUEUE: i32 = -1;
    /// A POSIX timer.
    pub const SI_TIMER: i32 = -2;
    /// tgkill(2).
    pub const SI_TKILL: i32 = -6;
    /// SIGSEGV: nothing mapped there.
    pub const SEGV_MAPERR: i32 = 1;
    /// SIGSEGV: mapped, and the access is not allowed.
    pub const SEGV_ACCERR: i32 = 2;
    /// SIGBUS: bad alignment.
    pub const BUS_ADRALN: i32 = 1;
    /// SIGBUS: no such page behind the mapping.
    pub const BUS_ADRERR: i32 = 2;
    /// SIGILL: illegal opcode.
    pub const ILL_ILLOPC: i32 = 1;
    /// SIGTRAP: breakpoint.
    pub const TRAP_BRKPT: i32 = 1;
    /// SIGSYS: seccomp.
    pub const SYS_SECCOMP: i32 = 1;
}

/// `si_code` of SIGCHLD (sigaction(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum ChildCode {
    /// `CLD_EXITED`.
    Exited = 1,
    /// `CLD_KILLED`.
    Killed = 2,
    /// `CLD_DUMPED`.
    Dumped = 3,
    /// `CLD_TRAPPED`.
    Trapped = 4,
    /// `CLD_STOPPED`.
    Stopped = 5,
    /// `CLD_CONTINUED`.
    Continued = 6,
}

/// Information that goes with a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SigInfo {
    /// Which signal.
    pub signal: Signal,
    /// `si_errno`.
    pub errno: i32,
    /// `si_code`.
    pub code: i32,
    /// The union, by words: so a copy takes few instructions.
    fields: [u64; SigInfo::FIELD_BYTES / 8],
}

impl SigInfo {
    /// Bytes of the union that any layout uses.
    pub const FIELD_BYTES: usize = 32;
    /// Bytes that matter: `sizeof(kernel_siginfo_t)`.
    pub const BYTES: usize = 48;
    /// Bytes of a `siginfo_t` in user memory; those from [`SigInfo::BYTES`] on are zero.
    pub const USER_BYTES: usize = 128;

    /// Signal and code alone, as the kernel sends SIGHUP or SIGPIPE, or where the queue had no
    /// room for more.
    #[must_use]
    pub const fn plain(signal: Signal, code: i32) -> SigInfo {
        SigInfo { signal, errno: 0, code, fields: [0; SigInfo::FIELD_BYTES / 8] }
    }

    /// From kill(2) or tgkill(2) ([`code::SI_USER`], [`code::SI_TKILL`]).
    #[must_use]
    pub fn from_sender(signal: Signal, code: i32, pid: i32, uid: u32) -> SigInfo {
        Fields::default().i32(0, pid).u32(4, uid).into_info(signal, code)
    }

    /// The same from a process that is called `pid` where the signal goes to; 0: it does not exist there.
    #[must_use]
    pub fn with_sender(mut self, pid: i32) -> SigInfo {
        self.fields = Fields(self.fields).i32(0, pid).0;
        self
    }

    /// From a sender with a value (`SI_QUEUE`, `SI_MESGQ`).
    #[must_use]
    pub fn with_value(signal: Signal, code: i32, pid: i32, uid: u32, value: u64) -> SigInfo {
        Fields::default().i32(0, pid).u32(4, uid).u64(8, value).into_info(signal, code)
    }

    /// From a POSIX timer.
    #[must_use]
    pub fn from_timer(signal: Signal, timer: i32, overrun: i32, value: u64) -> SigInfo {
        Fields::default().i32(0, timer).i32(4, overrun).u64(8, value).into_info(signal, code::SI_TIMER)
    }

    /// SIGCHLD; times in clock ticks (`sysconf(_SC_CLK_TCK)`).
    #[must_use]
    pub fn from_child(code: ChildCode, pid: i32, uid: u32, status: i32, utime_ticks: i64, stime_ticks: i64) -> SigInfo {
        Fields::default()
            .i32(0, pid)
            .u32(4, uid)
            .i32(8, status)
            .u64(16, utime_ticks.cast_unsigned())
            .u64(24, stime_ticks.cast_unsigned())
            .into_info(Signal::CHLD, code as i32)
    }

    /// A fault of the thread at `addr`.
    #[must_use]
    pub fn from_fault(signal: Signal, code: i32, addr: u64) -> SigInfo {
        Fields::default().u64(0, addr).into_info(signal, code)
    }

    /// SIGIO: `band` are poll's bits.
    #[must_use]
    pub fn from_poll(signal: Signal, code: i32, band: i64, fd: i32) -> SigInfo {
        Fields::default().u64(0, band.cast_unsigned()).i32(8, fd).into_info(signal, code)
    }

    /// SIGSYS of a seccomp filter.
    #[must_use]
    pub fn from_seccomp(call_addr: u64, call: i32, arch: u32, errno: i32) -> SigInfo {
        let info = Fields::default().u64(0, call_addr).i32(8, call).u32(12, arch);
        SigInfo { errno, ..info.into_info(Signal::SYS, code::SYS_SECCOMP) }
    }

    /// Reads what rt_sigqueueinfo(2) was given; the caller has checked the number and decides
    /// whether the code may be sent to that target.
    #[must_use]
    pub fn from_user(signal: Signal, bytes: &[u8; SigInfo::BYTES]) -> SigInfo {
        let mut words = bytes.chunks_exact(8).map(|word| word.try_into().map_or(0, u64::from_le_bytes));
        let [head, code] = [words.next(), words.next()].map(Option::unwrap_or_default);
        let fields = core::array::from_fn(|_| words.next().unwrap_or_default());
        SigInfo { signal, errno: high(head), code: low(code), fields }
    }

    /// The used bytes in user form.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; SigInfo::BYTES] {
        let mut out = [0; SigInfo::BYTES];
        let head = [both(self.signal.number().cast_signed(), self.errno), both(self.code, 0)];
        for (to, word) in out.chunks_exact_mut(8).zip(head.iter().chain(&self.fields)) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        out
    }

    /// `si_pid`, `si_tid`: the union's first word.
    #[must_use]
    pub fn pid(&self) -> i32 {
        low(self.field(0))
    }

    /// `si_uid`, `si_overrun`: the union's second word.
    #[must_use]
    pub fn uid(&self) -> u32 {
        high(self.field(0)).cast_unsigned()
    }

    /// `si_status`, `si_fd`, or the low half of `si_value`: the union's third word.
    #[must_use]
    pub fn status(&self) -> i32 {
        low(self.field(1))
    }

    /// `si_addr`: the union's first eight bytes.
    #[must_use]
    pub fn addr(&self) -> u64 {
        self.field(0)
    }

    /// `si_value`.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.field(1)
    }

    /// The same with `si_overrun` set, when a timer's signal is taken (timer_getoverrun(2)).
    #[must_use]
    pub fn with_overrun(mut self, overrun: i32) -> SigInfo {
        self.fields = Fields(self.fields).i32(4, overrun).0;
        self
    }

    fn field(&self, word: usize) -> u64 {
        self.fields.get(word).copied().unwrap_or_default()
    }

    /// Whether a user process sent it (`SI_FROMUSER`).
    #[must_use]
    pub fn is_from_user(&self) -> bool {
        self.code <= 0
    }
}

const fn low(word: u64) -> i32 {
    (word as u32).cast_signed()
}

const fn high(word: u64) -> i32 {
    low(word >> 32)
}

const fn both(low: i32, high: i32) -> u64 {
    low.cast_unsigned() as u64 | (high.cast_unsigned() as u64) << 32
}

/// The union while it is filled in, at offsets in bytes.
#[derive(Default)]
struct Fields([u64; SigInfo::FIELD_BYTES / 8]);

impl Fields {
    #[inline]
    fn i32(mut self, at: usize, value: i32) -> Fields {
        if let Some(word) = self.0.get_mut(at / 8) {
            *word = if at.is_multiple_of(8) { both(value, high(*word)) } else { both(low(*word), value) };
        }
        self
    }

    #[inline]
    fn u32(self, at: usize, value: u32) -> Fields {
        self.i32(at, value.cast_signed())
    }

    #[inline]
    fn u64(mut self, at: usize, value: u64) -> Fields {
        if let Some(word) = self.0.get_mut(at / 8) {
            *word = value;
        }
        self
    }

    fn into_info(self, signal: Signal, code: i32) -> SigInfo {
        SigInfo { signal, errno: 0, code, fields: self.0 }
    }
}
