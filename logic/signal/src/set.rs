//! Signal numbers and sets of them.
//!
//! Key types: [`Signal`] (1..=64, checked once), [`SigSet`] (the kernel's 64-bit `sigset_t`).

/// A valid signal number, 1..=64; 32..=64 are the kernel's real-time signals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Signal(u8);

macro_rules! signals {
    ($($name:ident = $nr:literal),* $(,)?) => {
        impl Signal {
            $(#[doc = concat!("`SIG", stringify!($name), "`, number ", stringify!($nr), " on riscv64.")]
            pub const $name: Signal = Signal($nr);)*
        }
    };
}

signals! {
    HUP = 1, INT = 2, QUIT = 3, ILL = 4, TRAP = 5, ABRT = 6, BUS = 7, FPE = 8, KILL = 9, USR1 = 10,
    SEGV = 11, USR2 = 12, PIPE = 13, ALRM = 14, TERM = 15, STKFLT = 16, CHLD = 17, CONT = 18,
    STOP = 19, TSTP = 20, TTIN = 21, TTOU = 22, URG = 23, XCPU = 24, XFSZ = 25, VTALRM = 26,
    PROF = 27, WINCH = 28, IO = 29, PWR = 30, SYS = 31, RTMIN = 32, RTMAX = 64,
}

impl Signal {
    /// The signal with this number; `None` for 0 and beyond 64.
    #[must_use]
    pub const fn new(number: u32) -> Option<Signal> {
        if number >= 1 && number <= 64 { Some(Signal(number as u8)) } else { None }
    }

    /// Its number, 1..=64.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0 as u32
    }

    /// Whether it queues instead of collapsing.
    #[must_use]
    pub const fn is_real_time(self) -> bool {
        self.0 >= Signal::RTMIN.0
    }

    /// Whether it can neither be caught, blocked nor ignored (signal(7)).
    #[must_use]
    pub const fn is_kernel_only(self) -> bool {
        SigSet::KERNEL_ONLY.contains(self)
    }

    pub(crate) const fn index(self) -> usize {
        (self.0 as usize).wrapping_sub(1)
    }
}

/// A set of signals; bit `n - 1` is signal `n`, as in user memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct SigSet(pub u64);

impl SigSet {
    /// No signal.
    pub const EMPTY: SigSet = SigSet(0);
    /// Every signal.
    pub const ALL: SigSet = SigSet(u64::MAX);
    /// SIGKILL and SIGSTOP.
    pub const KERNEL_ONLY: SigSet = SigSet::of(&[Signal::KILL, Signal::STOP]);
    /// Signals whose default is to stop the process.
    pub const STOPPING: SigSet = SigSet::of(&[Signal::STOP, Signal::TSTP, Signal::TTIN, Signal::TTOU]);
    /// SIGCONT alone.
    pub const CONTINUING: SigSet = SigSet::of(&[Signal::CONT]);
    /// Signals that a fault of the thread itself raises; they are delivered first.
    pub const SYNCHRONOUS: SigSet = SigSet::of(&[Signal::SEGV, Signal::BUS, Signal::ILL, Signal::TRAP, Signal::FPE, Signal::SYS]);

    /// The set of these signals.
    #[must_use]
    pub const fn of(signals: &[Signal]) -> SigSet {
        let mut bits = 0;
        let mut rest = signals;
        while let [first, tail @ ..] = rest {
            bits |= first.bit();
            rest = tail;
        }
        SigSet(bits)
    }

    /// Whether the signal is in it.
    #[must_use]
    pub const fn contains(self, signal: Signal) -> bool {
        self.0 & signal.bit() != 0
    }

    /// Whether there is none in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Adds one.
    pub const fn insert(&mut self, signal: Signal) {
        self.0 |= signal.bit();
    }

    /// Takes one out.
    pub const fn remove(&mut self, signal: Signal) {
        self.0 &= !signal.bit();
    }

    /// In either.
    #[must_use]
    pub const fn union(self, other: SigSet) -> SigSet {
        SigSet(self.0 | other.0)
    }

    /// In both.
    #[must_use]
    pub const fn intersection(self, other: SigSet) -> SigSet {
        SigSet(self.0 & other.0)
    }

    /// In this and not in the other.
    #[must_use]
    pub const fn without(self, other: SigSet) -> SigSet {
        SigSet(self.0 & !other.0)
    }

    /// A mask as a thread may have it: without SIGKILL and SIGSTOP.
    #[must_use]
    pub const fn as_mask(self) -> SigSet {
        self.without(SigSet::KERNEL_ONLY)
    }

    /// What is delivered first: a synchronous signal if there is one, then the lowest number.
    #[must_use]
    pub fn first(self) -> Option<Signal> {
        let urgent = self.intersection(SigSet::SYNCHRONOUS);
        let from = if urgent.is_empty() { self } else { urgent };
        if from.is_empty() { None } else { Signal::new(from.0.trailing_zeros().wrapping_add(1)) }
    }

    /// All of them, lowest first.
    pub fn iter(self) -> impl Iterator<Item = Signal> {
        (1..=64).filter_map(Signal::new).filter(move |s| self.contains(*s))
    }
}

impl Signal {
    const fn bit(self) -> u64 {
        1u64.wrapping_shl(self.0.wrapping_sub(1) as u32)
    }
}
