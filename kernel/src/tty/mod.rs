//! Terminals: the shell around the line discipline of `logic-tty`, and what POSIX.1 chapter 11 adds to it.
//!
//! * [`Tty`] – a terminal: line discipline, window size, session and foreground group, who waits.
//! * `console` – the one at the UART; `file` – an open terminal; `read`, `write` – its data; `ioctl`, `settings` – ioctl_tty(2).
//! * `control` – controlling terminals, and what a background process may do.
//! * `pty` – the master of a pseudo-terminal, which is the wire of its [`Tty`]; `devpts` – where pseudo-terminals have their names.
//!
//! Input comes in three steps: the wire puts bytes into `staged`, [`Tty::take_in`] feeds them to the discipline as far as it
//! takes them, readers fetch them there. (A master feeds the discipline itself.) A signal that a byte raises is sent before the bytes behind it are fed; sending is
//! unbounded work, so that a thread does it for the console. What finds no room in `staged` waits in the wire.

mod console;
mod control;
pub(crate) mod devpts;
mod file;
mod ioctl;
mod pty;
mod read;
mod settings;
mod write;

pub(crate) use console::{init, input, input_room};
pub(crate) use control::{hang_up_of, left_session, of_process, process_ended};
pub(crate) use file::{TtyFile, open_console, open_controlling, open_device};

use crate::see::{On, Waits};
use crate::task::wait::{self, Observers, Watch};
use logic_tty::{TtySignal, Wire};
use logic_waits::Events;
use mem::{NoMemory, Ref};
use sync::{SpinLock, levels};

/// A terminal.
pub(crate) struct Tty {
    state: SpinLock<State, levels::TtyState>,
    /// Device number as stat(2) and `/proc/PID/stat` show it.
    pub(crate) number: u32,
    /// Of a pseudo-terminal: its place among others.
    pty: Option<devpts::Number>,
}

/// The part of a terminal that its lock guards.
struct State {
    logic: logic_tty::Tty,
    staged: Staged,
    /// A byte raised this signal; nothing more is fed before it is sent.
    signal_due: Option<TtySignal>,
    /// Rows, columns, and two that nobody uses (`struct winsize`).
    size: [u16; 4],
    /// Baud rates for `BOTHER`: input, output.
    speeds: [u32; 2],
    /// A read is going on: reads are whole.
    reading: bool,
    /// A write is going on.
    writing: bool,
    /// Somebody hands output to the wire.
    sending: bool,
    /// `TIOCEXCL`.
    exclusive: bool,
    /// How often it was hung up: what was opened before is dead.
    hangups: u32,
    /// The session whose controlling terminal it is; 0 for none.
    session: u32,
    /// Its foreground process group; 0 for none.
    foreground: u32,
    observers: Observers,
    /// The other end of a pseudo-terminal.
    master: pty::Master,
}

/// Readable.
const INPUT: Events = Events::IN.union(Events::RDNORM);
/// Writable.
const OUTPUT: Events = Events::OUT.union(Events::WRNORM);
/// Another may read: news for those who wait their turn, and for nobody else.
const TURN: Events = Events::MSG;

impl Tty {
    /// A terminal with the settings of a fresh one.
    fn try_new(number: u32, size: [u16; 4], pty: Option<devpts::Number>) -> Result<Ref<Tty>, NoMemory> {
        let wire = if pty.is_some() { Wire::Pty } else { Wire::Serial };
        let state = State {
            logic: logic_tty::Tty::try_new(wire).map_err(|logic_tty::NoMemory| NoMemory)?,
            staged: Staged::new(),
            signal_due: None,
            size,
            speeds: [0; 2],
            reading: false,
            writing: false,
            sending: false,
            exclusive: false,
            hangups: 0,
            session: 0,
            foreground: 0,
            observers: Observers::new(),
            master: pty::Master::new(),
        };
        Ref::try_new(Tty { state: SpinLock::new(state), number, pty })
    }

    /// Feeds what is staged to the discipline, sends the echo and tells readers. Gives the signal that has to be sent, with
    /// [`Tty::signal_sent`] afterwards, before more is fed.
    fn take_in(&self) -> Option<TtySignal> {
        let (events, due) = {
            let mut s = self.state.lock();
            let s = &mut *s;
            let mark = s.logic.input_mark();
            while s.signal_due.is_none() && !s.staged.is_empty() {
                let r = s.logic.receive(s.staged.front());
                s.signal_due = r.signal;
                s.staged.consume(r.consumed);
                if r.consumed == 0 {
                    break;
                }
            }
            let mut events = Events::empty();
            events.set(INPUT, s.logic.input_mark() != mark && s.logic.can_read());
            events.set(OUTPUT, s.signal_due.is_some());
            if s.observers.is_empty() {
                events = Events::empty();
            }
            (events, s.signal_due)
        };
        self.send();
        if !events.is_empty() {
            wait::notify(self, events);
        }
        due
    }

    /// The signal that was due has been sent.
    fn signal_sent(&self) {
        self.state.lock().signal_due = None;
    }

    /// Readers have made room: what waits in the wire may come.
    fn input_taken(&self) {
        if self.pty.is_some() {
            return self.tell_master(OUTPUT);
        }
        if !self.state.lock().staged.is_empty() {
            console::on_input(self.take_in());
        }
        crate::boot::devices::input_drained();
    }

    /// Tells everybody that something about the terminal has changed.
    fn changed(&self, events: Events) {
        let watched = {
            let s = self.state.lock();
            !s.observers.is_empty()
        };
        if watched {
            wait::notify(self, events);
        }
    }

    /// Ends the use of everything that was opened before (vhangup(2)).
    fn hang_up(&self) {
        {
            let mut s = self.state.lock();
            s.hangups = s.hangups.wrapping_add(1);
            s.staged.clear();
            s.logic.flush(logic_tty::Queue::Both);
            if self.pty.is_some() {
                s.logic.reset();
            }
        }
        self.changed(INPUT | OUTPUT | Events::HUP | Events::ERR);
        self.input_taken();
    }
}

impl Watch for Tty {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        f(&mut self.state.lock().observers);
    }
    fn on(&self, events: Events) -> On {
        On::plain(if events.contains(Events::OUT) { Waits::TerminalWrite } else { Waits::TerminalRead })
    }
}

/// Bytes from the wire that the discipline has not taken yet, in order.
struct Staged {
    bytes: [u8; Staged::BYTES],
    start: usize,
    end: usize,
}

impl Staged {
    /// Four times what the UART holds.
    const BYTES: usize = 64;

    const fn new() -> Self {
        Staged { bytes: [0; Staged::BYTES], start: 0, end: 0 }
    }
    fn is_empty(&self) -> bool {
        self.start == self.end
    }
    fn front(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }
    fn room(&self) -> usize {
        Self::BYTES.saturating_sub(self.end.saturating_sub(self.start))
    }
    fn consume(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.end);
        if self.start == self.end {
            self.clear();
        }
    }
    fn clear(&mut self) {
        (self.start, self.end) = (0, 0);
    }
    /// Appends what fits; returns how much that was.
    fn accept(&mut self, bytes: &[u8]) -> usize {
        self.bytes.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end.saturating_sub(self.start));
        let n = bytes.len().min(self.room());
        let to = self.bytes.get_mut(self.end..self.end.saturating_add(n)).unwrap_or_default();
        for (to, from) in to.iter_mut().zip(bytes) {
            *to = *from;
        }
        self.end = self.end.saturating_add(n);
        n
    }
}
