//! `struct termios` of riscv64 (asm-generic), typed.
//!
//! Key types: [`Termios`], [`Cc`] (indices of the control characters), the four flag sets.

use bitflags::bitflags;

bitflags! {
    /// `c_iflag`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct InputFlags: u32 {
        /// Ignore a break.
        const IGNBRK = 0o1;
        /// A break is SIGINT.
        const BRKINT = 0o2;
        /// Drop bytes with a parity error.
        const IGNPAR = 0o4;
        /// Mark them with 0xFF 0x00.
        const PARMRK = 0o10;
        /// Check parity.
        const INPCK = 0o20;
        /// Strip the eighth bit.
        const ISTRIP = 0o40;
        /// NL becomes CR.
        const INLCR = 0o100;
        /// CR is dropped.
        const IGNCR = 0o200;
        /// CR becomes NL.
        const ICRNL = 0o400;
        /// Upper case becomes lower case (with `IEXTEN`).
        const IUCLC = 0o1000;
        /// STOP and START control output.
        const IXON = 0o2000;
        /// Any byte restarts output.
        const IXANY = 0o4000;
        /// Send STOP and START when the input fills and empties.
        const IXOFF = 0o10000;
        /// Ignored: the discipline acts as Linux does, silently.
        const IMAXBEL = 0o20000;
        /// Input is UTF-8: erase whole characters.
        const IUTF8 = 0o40000;
        const _ = !0;
    }
}

bitflags! {
    /// `c_oflag`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct OutputFlags: u32 {
        /// Process output at all.
        const OPOST = 0o1;
        /// Lower case becomes upper case.
        const OLCUC = 0o2;
        /// NL becomes CR NL.
        const ONLCR = 0o4;
        /// CR becomes NL.
        const OCRNL = 0o10;
        /// No CR in column 0.
        const ONOCR = 0o20;
        /// NL also returns the carriage.
        const ONLRET = 0o40;
        /// Tabs become spaces (`TAB3`; the mask of the tab delays).
        const XTABS = 0o14000;
        const _ = !0;
    }
}

bitflags! {
    /// `c_cflag`; the line itself is the driver's business.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ControlFlags: u32 {
        /// Eight bits a character.
        const CS8 = 0o60;
        /// The receiver is on.
        const CREAD = 0o200;
        /// Hang up on last close.
        const HUPCL = 0o2000;
        /// 38,400 baud, Linux's nominal speed.
        const B38400 = 0o17;
        const _ = !0;
    }
}

bitflags! {
    /// `c_lflag`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct LocalFlags: u32 {
        /// INTR, QUIT and SUSP raise signals.
        const ISIG = 0o1;
        /// Lines, edited.
        const ICANON = 0o2;
        /// Echo.
        const ECHO = 0o10;
        /// ERASE wipes the character from the screen.
        const ECHOE = 0o20;
        /// KILL starts a new line.
        const ECHOK = 0o40;
        /// NL is echoed even without `ECHO`.
        const ECHONL = 0o100;
        /// No flush on a signal.
        const NOFLSH = 0o200;
        /// Background writes stop (job control).
        const TOSTOP = 0o400;
        /// Control characters are echoed as `^X`.
        const ECHOCTL = 0o1000;
        /// Erased characters are printed between `\` and `/`.
        const ECHOPRT = 0o2000;
        /// KILL wipes each character.
        const ECHOKE = 0o4000;
        /// WERASE, LNEXT, REPRINT, EOL2 work.
        const IEXTEN = 0o100000;
        /// The other end edits lines.
        const EXTPROC = 0o200000;
        const _ = !0;
    }
}

/// Index of a control character in `c_cc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
#[allow(missing_docs, reason = "the names are those of termios(3)")]
pub enum Cc {
    Intr = 0,
    Quit = 1,
    Erase = 2,
    Kill = 3,
    Eof = 4,
    Time = 5,
    Min = 6,
    Swtc = 7,
    Start = 8,
    Stop = 9,
    Susp = 10,
    Eol = 11,
    Reprint = 12,
    Discard = 13,
    Werase = 14,
    Lnext = 15,
    Eol2 = 16,
}

/// A control character with this value is switched off (`_POSIX_VDISABLE`).
pub(crate) const DISABLED: u8 = 0;

/// A terminal's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Termios {
    /// Input flags.
    pub iflag: InputFlags,
    /// Output flags.
    pub oflag: OutputFlags,
    /// Control flags.
    pub cflag: ControlFlags,
    /// Local flags.
    pub lflag: LocalFlags,
    /// Line discipline number; 0.
    pub line: u8,
    /// Control characters; index by [`Cc`].
    pub cc: [u8; Termios::CCS],
}

impl Termios {
    /// Entries of `c_cc` in the kernel's struct.
    pub const CCS: usize = 19;
    /// Bytes of the kernel's `struct termios` (`TCGETS`).
    pub const BYTES: usize = 36;

    /// Settings of a terminal that has just been opened, as Linux's.
    #[must_use]
    pub const fn new() -> Termios {
        let local = LocalFlags::ISIG
            .union(LocalFlags::ICANON)
            .union(LocalFlags::ECHO)
            .union(LocalFlags::ECHOE)
            .union(LocalFlags::ECHOK)
            .union(LocalFlags::ECHOCTL)
            .union(LocalFlags::ECHOKE)
            .union(LocalFlags::IEXTEN);
        Termios {
            iflag: InputFlags::ICRNL.union(InputFlags::IXON),
            oflag: OutputFlags::OPOST.union(OutputFlags::ONLCR),
            cflag: ControlFlags::B38400.union(ControlFlags::CS8).union(ControlFlags::CREAD).union(ControlFlags::HUPCL),
            lflag: local,
            line: 0,
            cc: [3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0],
        }
    }

    /// Reads the kernel's `struct termios`.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Termios::BYTES]) -> Termios {
        let (flags, rest) = bytes.split_at(16);
        let mut words = flags.chunks_exact(4).map(|b| b.try_into().map_or(0, u32::from_le_bytes));
        let mut next = || words.next().unwrap_or(0);
        let mut termios = Termios {
            iflag: InputFlags::from_bits_retain(next()),
            oflag: OutputFlags::from_bits_retain(next()),
            cflag: ControlFlags::from_bits_retain(next()),
            lflag: LocalFlags::from_bits_retain(next()),
            ..Termios::new()
        };
        let mut rest = rest.iter().copied();
        termios.line = rest.next().unwrap_or(0);
        for (to, from) in termios.cc.iter_mut().zip(rest) {
            *to = from;
        }
        termios
    }

    /// The kernel's `struct termios`.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Termios::BYTES] {
        let mut out = [0; Termios::BYTES];
        let words = [self.iflag.bits(), self.oflag.bits(), self.cflag.bits(), self.lflag.bits()];
        let bytes = words.iter().flat_map(|w| w.to_le_bytes()).chain([self.line]).chain(self.cc);
        for (to, from) in out.iter_mut().zip(bytes) {
            *to = from;
        }
        out
    }

    /// A control character.
    #[must_use]
    pub fn cc(&self, which: Cc) -> u8 {
        self.cc.get(which as usize).copied().unwrap_or(DISABLED)
    }

    pub(crate) fn input(&self, flag: InputFlags) -> bool {
        self.iflag.contains(flag)
    }

    pub(crate) fn output(&self, flag: OutputFlags) -> bool {
        self.oflag.contains(flag)
    }

    pub(crate) fn local(&self, flag: LocalFlags) -> bool {
        self.lflag.contains(flag)
    }

    /// Whether the byte continues a UTF-8 character.
    pub(crate) fn is_continuation(&self, c: u8) -> bool {
        self.input(InputFlags::IUTF8) && c & 0xC0 == 0x80
    }
}

impl Default for Termios {
    fn default() -> Self {
        Termios::new()
    }
}
