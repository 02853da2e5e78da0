//! `struct signalfd_siginfo` (signalfd(2)): what a read gives for a signal, by the layout that its number and code say.

use crate::info::code;
use crate::{SigInfo, Signal};

/// Which member of the union a siginfo uses (include/uapi/asm-generic/siginfo.h).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    Kill,
    Timer,
    Poll,
    Fault,
    Child,
    RealTime,
    System,
}

impl SigInfo {
    /// Bytes of a `struct signalfd_siginfo`.
    pub const SIGNALFD_BYTES: usize = 128;

    fn layout(&self) -> Layout {
        const SI_SIGIO: i32 = -5;
        const FAULTS: [Signal; 5] = [Signal::ILL, Signal::FPE, Signal::SEGV, Signal::BUS, Signal::TRAP];
        match self.code {
            1..code::SI_KERNEL if FAULTS.contains(&self.signal) => Layout::Fault,
            1..code::SI_KERNEL if self.signal == Signal::CHLD => Layout::Child,
            1..code::SI_KERNEL if self.signal == Signal::SYS => Layout::System,
            1..=6 => Layout::Poll,
            code::SI_TIMER => Layout::Timer,
            SI_SIGIO => Layout::Poll,
            ..=-1 => Layout::RealTime,
            _ => Layout::Kill,
        }
    }

    /// What signalfd(2) gives for it.
    #[must_use]
    pub fn to_signalfd(&self) -> [u8; SigInfo::SIGNALFD_BYTES] {
        // Offsets of struct signalfd_siginfo.
        const PID: usize = 12;
        const FD: usize = 20;
        const TIMER: usize = 24;
        const BAND: usize = 28;
        const OVERRUN: usize = 32;
        const STATUS: usize = 40;
        const INT: usize = 44;
        const POINTER: usize = 48;
        const TIMES: usize = 56;
        const ADDRESS: usize = 72;
        const CALL: usize = 84;
        const CALL_ADDRESS: usize = 88;
        const ARCH: usize = 96;
        let user = self.to_bytes();
        let mut out = [0; SigInfo::SIGNALFD_BYTES];
        // The union begins at byte 16 of a siginfo.
        let mut copy = |to: usize, from: usize, bytes: usize| {
            for (to, from) in out.iter_mut().skip(to).zip(user.iter().skip(from)).take(bytes) {
                *to = *from;
            }
        };
        copy(0, 0, 12);
        match self.layout() {
            Layout::Kill => copy(PID, 16, 8),
            Layout::RealTime => {
                copy(PID, 16, 8);
                copy(INT, 24, 4);
                copy(POINTER, 24, 8);
            }
            Layout::Timer => {
                copy(TIMER, 16, 4);
                copy(OVERRUN, 20, 4);
                copy(INT, 24, 4);
                copy(POINTER, 24, 8);
            }
            Layout::Poll => {
                copy(BAND, 16, 4);
                copy(FD, 24, 4);
            }
            Layout::Fault => copy(ADDRESS, 16, 8),
            Layout::Child => {
                copy(PID, 16, 8);
                copy(STATUS, 24, 4);
                copy(TIMES, 32, 16);
            }
            Layout::System => {
                copy(CALL_ADDRESS, 16, 8);
                copy(CALL, 24, 4);
                copy(ARCH, 28, 4);
            }
        }
        out
    }
}
