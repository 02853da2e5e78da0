//! The console terminal.

use crate::fs::buffer::Buffer;
use crate::fs::file::{File, Io, OpenFile};
use crate::linux::{Restart, Stop};
use crate::task::Thread;
use crate::task::wait::{self, Ended, Interrupt, Observers, Watch};
use abi::Errno;
use logic_waits::{Events, Mode};
use mem::{Ref, user};
use sync::{Once, SpinLock, levels};

/// Bytes of input that wait for a reader.
const INPUT: usize = 4096;

/// A terminal.
pub(crate) struct Tty {
    state: SpinLock<State, levels::TtyState>,
}

struct State {
    input: [u8; INPUT],
    head: usize,
    len: usize,
    termios: [u8; 36],
    winsize: [u16; 4],
    observers: Observers,
}

static CONSOLE: Once<Ref<Tty>> = Once::new();

/// Makes the console terminal.
pub(crate) fn init() -> Result<(), mem::NoMemory> {
    let tty = Ref::try_new(Tty {
        state: SpinLock::new(State {
            input: [0; INPUT],
            head: 0,
            len: 0,
            termios: default_termios(),
            winsize: [24, 80, 0, 0],
            observers: Observers::new(),
        }),
    })?;
    let _ = CONSOLE.set(tty);
    Ok(())
}

/// Linux's default: icrnl ixon, opost onlcr, cs8 cread b38400, isig icanon echo echoe echok echoctl echoke iexten.
fn default_termios() -> [u8; 36] {
    let mut t = [0u8; 36];
    let words: [u32; 4] = [0o2400, 0o5, 0o2277, 0o105073];
    for (chunk, w) in t.chunks_mut(4).zip(words) {
        chunk.copy_from_slice(&w.to_le_bytes());
    }
    let cc = [3u8, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0];
    if let Some(place) = t.get_mut(17..17 + cc.len()) {
        place.copy_from_slice(&cc);
    }
    t
}

/// Takes input bytes from the UART; returns how many fitted.
pub(crate) fn input(bytes: &[u8]) -> usize {
    let Some(tty) = CONSOLE.get() else { return bytes.len() };
    let n = {
        let mut s = tty.state.lock();
        let n = bytes.len().min(INPUT - s.len);
        for b in bytes.iter().take(n) {
            let b = if s.flag(0, 0o400) && *b == b'\r' { b'\n' } else { *b };
            let at = (s.head + s.len) % INPUT;
            if let Some(slot) = s.input.get_mut(at) {
                *slot = b;
            }
            s.len += 1;
        }
        s.observers.changed(Events::IN | Events::RDNORM);
        n
    };
    wait::notify(&**tty, Events::IN | Events::RDNORM);
    n
}

/// Free room for input.
pub(crate) fn input_room() -> usize {
    CONSOLE.get().map_or(0, |t| INPUT - t.state.lock().len)
}

impl State {
    /// Whether a bit of flag word `word` (iflag, oflag, cflag, lflag) is set.
    fn flag(&self, word: usize, bit: u32) -> bool {
        let at = word * 4;
        let bytes: [u8; 4] = self.termios.get(at..at + 4).and_then(|b| b.try_into().ok()).unwrap_or_default();
        u32::from_le_bytes(bytes) & bit != 0
    }
}

impl Watch for Tty {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        f(&mut self.state.lock().observers);
    }
}

/// An open terminal.
struct TtyFile(Ref<Tty>);

/// Opens the console.
pub(crate) fn open_console() -> Result<Ref<dyn File>, Stop> {
    let tty = CONSOLE.get().ok_or(Errno::EIO)?.clone();
    Ok(Ref::try_new(TtyFile(tty))?.unsize(|p| p))
}

/// Opens the controlling terminal.
pub(crate) fn open_controlling(me: &Thread) -> Result<Ref<dyn File>, Stop> {
    let _ = me;
    open_console()
}

impl File for TtyFile {
    fn read(&self, io: &Io<'_>, to: &mut Buffer<'_>) -> Result<usize, Stop> {
        let attempt = || {
            let mut chunk = [0u8; 256];
            let n = {
                let mut s = self.0.state.lock();
                let n = s.len.min(chunk.len()).min(to.left());
                for b in chunk.iter_mut().take(n) {
                    *b = s.input.get(s.head).copied().unwrap_or(0);
                    s.head = (s.head + 1) % INPUT;
                }
                s.len -= n;
                n
            };
            if n == 0 {
                return None;
            }
            crate::boot::devices::input_drained();
            to.put(chunk.get(..n).unwrap_or_default());
            Some(to.result())
        };
        let mut attempt = attempt;
        if let Some(r) = attempt() {
            return Ok(r?);
        }
        if io.nonblock {
            return Err(Errno::EAGAIN.into());
        }
        match wait::wait_at(io.me, &*self.0, Events::IN, Mode::One, None, Interrupt::AnySignal, attempt) {
            Ok(r) => Ok(r?),
            Err(Ended::Signal) => Err(Stop::Restart(Restart::Sys)),
            Err(_) => Err(Errno::ENOMEM.into()),
        }
    }
    fn write(&self, _io: &Io<'_>, from: &mut Buffer<'_>) -> Result<usize, Stop> {
        let cooked = {
            let s = self.0.state.lock();
            s.flag(1, 1) && s.flag(1, 4)
        };
        let mut chunk = [0u8; 256];
        while from.left() != 0 {
            let n = from.left().min(chunk.len());
            let got = from.take(chunk.get_mut(..n).unwrap_or_default());
            crate::boot::devices::console_write(chunk.get(..got).unwrap_or_default(), cooked);
            if got < n {
                break;
            }
        }
        Ok(from.result()?)
    }
    fn poll(&self, _of: &OpenFile) -> Events {
        let mut e = Events::OUT | Events::WRNORM;
        if self.0.state.lock().len != 0 {
            e |= Events::IN | Events::RDNORM;
        }
        e
    }
    fn watch(&self) -> Option<&dyn Watch> {
        Some(&*self.0)
    }
    fn ioctl(&self, _io: &Io<'_>, request: u32, arg: usize) -> Result<usize, Stop> {
        match request {
            0x5401 => user::copy_out(arg, &self.0.state.lock().termios.clone())?,
            0x5402..=0x5404 => {
                let mut t = [0u8; 36];
                user::copy_in(&mut t, arg)?;
                self.0.state.lock().termios = t;
            }
            0x5413 => {
                let w = self.0.state.lock().winsize;
                user::write(arg, &w)?;
            }
            0x5414 => {
                let w = user::read::<[u16; 4]>(arg)?;
                self.0.state.lock().winsize = w;
            }
            0x540b | 0x5409 | 0x5425 => {}
            _ => return Err(Errno::ENOTTY.into()),
        }
        Ok(0)
    }
    fn as_tty(&self) -> Option<&Ref<Tty>> {
        Some(&self.0)
    }
}

/// A process began a session of its own: it has no controlling terminal.
pub(crate) fn left_session(_process: &crate::task::Process) {}

/// The controlling terminal of a process as `/proc` shows it.
pub(crate) struct Controlling {
    /// Device number.
    pub(crate) number: u32,
}

impl Controlling {
    /// Foreground process group, -1 for none.
    pub(crate) fn foreground_or_none(&self) -> i32 {
        -1
    }
}

/// The controlling terminal of a process: none has one yet.
pub(crate) fn of_process(_process: &crate::task::Process) -> Option<Controlling> {
    None
}
