//! Terminal settings as user memory holds them: `struct termio`, `termios`, `termios2` of riscv64 (asm-generic).
//!
//! Key type: [`Format`]. The speed of a line is a code in `c_cflag`; `BOTHER` stands for the numbers of `termios2`.

use super::State;
use logic_tty::{ControlFlags, InputFlags, LocalFlags, OutputFlags, Termios, Wire};
use mem::user;

/// Bits of `c_cflag` that code the output speed; the input speed's are [`INPUT_SHIFT`] above.
const SPEED: u32 = 0o10017;
const INPUT_SHIFT: u32 = 16;
/// The speed is in `c_ospeed`.
const BOTHER: u32 = 0o10000;
/// `CSIZE` and `PARENB`.
const SIZE_AND_PARITY: ControlFlags = ControlFlags::from_bits_retain(0o460);
/// Baud by code, without and with the bit `CBAUDEX` (termios(3)).
const SLOW: [u32; 16] = [0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19_200, 38_400];
const FAST: [u32; 16] = [
    0, 57_600, 115_200, 230_400, 460_800, 500_000, 576_000, 921_600, 1_000_000, 1_152_000, 1_500_000, 2_000_000, 2_500_000,
    3_000_000, 3_500_000, 4_000_000,
];

/// Which of the three structs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// 16-bit flags, eight control characters.
    Termio,
    /// What glibc up to 2.41 uses.
    Termios,
    /// With speeds in baud.
    Termios2,
}

const TERMIO_BYTES: usize = 18;
const TERMIOS2_BYTES: usize = 44;
/// Control characters of `struct termio`.
const TERMIO_CCS: usize = 8;

/// Writes settings to user memory.
pub(super) fn write(format: Format, addr: usize, termios: &Termios, speeds: [u32; 2]) -> Result<(), user::Fault> {
    match format {
        Format::Termio => user::copy_out(addr, &to_termio(termios))?,
        Format::Termios => user::copy_out(addr, &termios.to_bytes())?,
        Format::Termios2 => {
            user::copy_out(addr, &termios.to_bytes())?;
            let code = termios.cflag.bits();
            let output = baud(code & SPEED, speeds[1]);
            let input = match code >> INPUT_SHIFT & SPEED {
                0 => output,
                code => baud(code, speeds[0]),
            };
            user::write(addr.wrapping_add(Termios::BYTES), &[input, output])?;
        }
    }
    const _: () = assert!(Termios::BYTES + 8 == TERMIOS2_BYTES);
    Ok(())
}

/// Reads settings from user memory; `old` is what `struct termio` says nothing about.
pub(super) fn read(format: Format, addr: usize, old: &Termios) -> Result<(Termios, Option<[u32; 2]>), user::Fault> {
    match format {
        Format::Termio => {
            let mut bytes = [0u8; TERMIO_BYTES];
            user::copy_in(&mut bytes, addr)?;
            Ok((from_termio(&bytes, old), None))
        }
        Format::Termios | Format::Termios2 => {
            let mut bytes = [0u8; Termios::BYTES];
            user::copy_in(&mut bytes, addr)?;
            let speeds = match format {
                Format::Termios2 => Some(user::read::<[u32; 2]>(addr.wrapping_add(Termios::BYTES))?),
                _ => None,
            };
            Ok((Termios::from_bytes(&bytes), speeds))
        }
    }
}

impl State {
    /// Puts settings into force; `speeds` count where the flags say `BOTHER`.
    pub(super) fn set(&mut self, mut termios: Termios, speeds: Option<[u32; 2]>) {
        if self.logic.wire() == Wire::Pty {
            // Bytes are whole (as Linux's `pty.c`).
            termios.cflag = termios.cflag.difference(SIZE_AND_PARITY) | ControlFlags::CS8 | ControlFlags::CREAD;
        }
        if let Some(s) = speeds {
            self.speeds = s;
        }
        self.logic.set_termios(termios);
    }
}

fn baud(code: u32, other: u32) -> u32 {
    if code == BOTHER {
        return other;
    }
    let table = if code & BOTHER != 0 { &FAST } else { &SLOW };
    table.get((code & 0o17) as usize).copied().unwrap_or(0)
}

fn to_termio(t: &Termios) -> [u8; TERMIO_BYTES] {
    let mut out = [0u8; TERMIO_BYTES];
    let flags = [t.iflag.bits(), t.oflag.bits(), t.cflag.bits(), t.lflag.bits()];
    let bytes = flags.into_iter().flat_map(|f| (f as u16).to_le_bytes());
    let bytes = bytes.chain([t.line]).chain(t.cc.into_iter().take(TERMIO_CCS));
    for (to, from) in out.iter_mut().zip(bytes) {
        *to = from;
    }
    out
}

fn from_termio(bytes: &[u8; TERMIO_BYTES], old: &Termios) -> Termios {
    let (flags, rest) = bytes.split_at(8);
    let mut flags = flags.chunks_exact(2).map(|b| b.try_into().map_or(0, u16::from_le_bytes));
    let mut merge = |old: u32| old & !0xffff | u32::from(flags.next().unwrap_or(0));
    let mut new = *old;
    new.iflag = InputFlags::from_bits_retain(merge(old.iflag.bits()));
    new.oflag = OutputFlags::from_bits_retain(merge(old.oflag.bits()));
    new.cflag = ControlFlags::from_bits_retain(merge(old.cflag.bits()));
    new.lflag = LocalFlags::from_bits_retain(merge(old.lflag.bits()));
    new.line = rest.first().copied().unwrap_or(0);
    for (to, from) in new.cc.iter_mut().zip(rest.iter().skip(1).take(TERMIO_CCS)) {
        *to = *from;
    }
    new
}
