//! The master of a pseudo-terminal (pty(7), ioctl_tty(2)): it stands where a UART stands for the console.
//!
//! What a program writes to the slave waits in the discipline's output queue until the master takes it; what is written to the
//! master goes through the discipline at once, as far as that has room, and its writer sends the signals that it raises. Both
//! ends share one lock. Neighbours: `read` and `write`, whose claims and loops serve both ends.

use super::file::{TtyFile, Via};
use super::ioctl::{TCXONC, TIOCEXCL, TIOCNXCL};
use super::read::{Claim, Side, stopped};
use super::{INPUT, OUTPUT, State, Tty, control};
use crate::fs::buffer::Buffer;
use crate::fs::file::Io;
use crate::linux::Stop;
use crate::see::On;
use crate::task::wait::{self, Interrupt, Observers, Watch};
use abi::Errno;
use core::sync::atomic::Ordering;
use logic_tty::{MasterNews, TtySignal};
use logic_waits::{Events, Mode};
use mem::user;

const TIOCPKT: u32 = 0x5420;
const TIOCGPTN: u32 = 0x8004_5430;
const TIOCSPTLCK: u32 = 0x4004_5431;
const TIOCSIG: u32 = 0x4004_5436;
const TIOCGPKT: u32 = 0x8004_5438;
const TIOCGPTLCK: u32 = 0x8004_5439;

/// Bytes that go to the user at a time.
const CHUNK: usize = 256;

/// What the lock of a pseudo-terminal guards of its master.
pub(super) struct Master {
    pub(super) reading: bool,
    pub(super) writing: bool,
    /// The slave cannot be opened yet (`TIOCSPTLCK`).
    locked: bool,
    /// Open descriptions of the slave, and whether the last one is gone.
    slaves: u32,
    slave_gone: bool,
    /// The end of the output that was told.
    told: u32,
    /// Its own `TIOCEXCL`: it cannot be opened again in any case.
    pub(super) exclusive: bool,
    /// Nothing gets from it to the slave (its own `TCXONC`).
    stopped: bool,
    observers: Observers,
}

impl Master {
    pub(super) const fn new() -> Self {
        Master {
            reading: false,
            writing: false,
            locked: true,
            slaves: 0,
            slave_gone: false,
            told: 0,
            exclusive: false,
            stopped: false,
            observers: Observers::new(),
        }
    }
}

impl State {
    /// What the master can do now.
    pub(super) fn poll_master(&self) -> Events {
        let mut e = Events::empty();
        match self.logic.master_news() {
            MasterNews::Status => e |= INPUT | Events::PRI,
            MasterNews::Output => e |= INPUT,
            MasterNews::None => {}
        }
        e.set(OUTPUT, self.logic.input_room() && !self.master.writing && !self.master.stopped);
        e.set(Events::HUP, self.master.slave_gone);
        e
    }
    /// What only a master can be asked.
    pub(super) fn figure_of_master(&self, tty: &Tty, request: u32) -> Option<u32> {
        match request {
            TIOCGPTN => tty.pty.as_ref().map(|n| n.index),
            TIOCGPTLCK => Some(u32::from(self.master.locked)),
            TIOCGPKT => Some(u32::from(self.logic.packet_mode())),
            _ => None,
        }
    }
}

impl Tty {
    /// Whether it is a pseudo-terminal whose master is closed: for ever.
    pub(super) fn is_dead(&self) -> bool {
        self.pty.as_ref().is_some_and(|n| n.closed.load(Ordering::Acquire))
    }

    /// Somebody opens it; gives the number of its hang-ups.
    pub(super) fn enter(&self, via: Via) -> Result<u32, Errno> {
        let mut s = self.state.lock();
        if via == Via::Device && self.pty.is_some() {
            if s.master.locked || self.is_dead() {
                return Err(Errno::EIO);
            }
            s.master.slaves = s.master.slaves.saturating_add(1);
            s.master.slave_gone = false;
        }
        Ok(s.hangups)
    }

    /// An open description of a pseudo-terminal is closed.
    pub(super) fn leave(&self, via: Via) {
        if via == Via::Device {
            let mut s = self.state.lock();
            s.master.slaves = s.master.slaves.saturating_sub(1);
            let last = s.master.slaves == 0;
            s.master.slave_gone |= last;
            drop(s);
            if last {
                self.tell_master(INPUT | OUTPUT | Events::HUP);
            }
        } else if let Some(number) = &self.pty {
            let s = self.state.lock();
            number.closed.store(true, Ordering::Release);
            drop(s);
            number.forget();
            self.hang_up();
            control::master_closed(self);
        }
    }

    /// Tells the master of events, and of output and packets' first bytes if there are new ones.
    pub(super) fn tell_master(&self, mut events: Events) {
        let mut s = self.state.lock();
        let end = s.logic.output_span().1;
        if core::mem::replace(&mut s.master.told, end) != end || s.logic.urgent().is_some() {
            events |= INPUT;
        }
        if s.logic.master_news() == MasterNews::Status {
            events |= INPUT | Events::PRI;
        }
        let watched = !s.master.observers.is_empty();
        drop(s);
        if watched && !events.is_empty() {
            wait::notify(&MasterOf(self), events);
        }
    }

    /// Puts what a master writes through the discipline; gives how much that took.
    pub(super) fn feed(&self, bytes: &[u8]) -> usize {
        let mut s = self.state.lock();
        if s.master.stopped {
            return 0;
        }
        let before = (s.logic.input_mark(), s.logic.is_stopped());
        let received = s.logic.receive(bytes);
        let mut events = Events::empty();
        events.set(INPUT, s.logic.input_mark() != before.0 && s.logic.can_read());
        events.set(OUTPUT, received.signal.is_some() || s.logic.is_stopped() != before.1);
        drop(s);
        if let Some(signal) = received.signal {
            control::signal_foreground(self, signal);
        }
        if !events.is_empty() {
            self.changed(events);
        }
        self.tell_master(Events::empty());
        received.consumed
    }
}

/// Who waits at a master.
struct MasterOf<'a>(&'a Tty);

impl Watch for MasterOf<'_> {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        f(&mut self.0.state.lock().master.observers);
    }
}

/// The master's end; the slave's is the terminal.
impl Watch for TtyFile {
    fn with_observers(&self, f: &mut dyn FnMut(&mut Observers)) {
        MasterOf(&self.tty).with_observers(f);
    }
    fn on(&self, events: Events) -> On {
        self.tty.on(events)
    }
}

impl TtyFile {
    /// read(2) from the master.
    pub(super) fn read_master(&self, io: &Io<'_>, to: &mut Buffer<'_>) -> Result<usize, Stop> {
        if to.left() == 0 {
            return Ok(0);
        }
        let _claim = Claim::take(self, Side::Read, io)?;
        loop {
            let gone = self.tty.state.lock().master.slave_gone;
            while self.take_piece(to) {}
            if to.done() != 0 || to.faulted() {
                return Ok(to.result()?);
            }
            if gone {
                return Err(Errno::EIO.into());
            }
            if io.nonblock {
                return Err(Errno::EAGAIN.into());
            }
            let ready = || {
                let s = self.tty.state.lock();
                s.poll_master().intersects(INPUT | Events::HUP).then_some(())
            };
            wait::wait_at(io.me, self, INPUT, Mode::All, None, Interrupt::AnySignal, ready).map_err(stopped)?;
        }
    }

    /// Moves a piece to the user; whether there may be another.
    fn take_piece(&self, to: &mut Buffer<'_>) -> bool {
        let mut chunk = [0u8; CHUNK];
        let room = chunk.get_mut(..to.left().min(CHUNK)).unwrap_or_default();
        let plan = self.tty.state.lock().logic.plan_master_read(to.done() == 0, room);
        let Some(plan) = plan else { return false };
        let bytes = chunk.get(..plan.copied()).unwrap_or_default();
        // May wait for a page; nobody else reads meanwhile.
        let moved = to.put(bytes);
        self.tty.state.lock().logic.commit_master_read(&plan, moved);
        self.tty.changed(OUTPUT);
        moved == bytes.len() && plan.more() && to.left() != 0
    }

    /// `TCFLSH`: output is at the slave as soon as it is written, so that there is input alone.
    pub(super) fn flush_master(&self, arg: usize) -> Result<(), Errno> {
        match arg {
            0 | 2 => self.tty.state.lock().logic.consume_output(usize::MAX),
            1 => {}
            _ => return Err(Errno::EINVAL),
        }
        self.tty.changed(OUTPUT);
        Ok(())
    }

    /// `TCXONC`: what flows to the slave. STOP and START are those of fresh settings, for a master has no others.
    fn flow_master(&self, arg: usize) -> Result<(), Errno> {
        match arg {
            0 | 1 => {
                self.tty.state.lock().master.stopped = arg == 0;
                self.tty.tell_master(OUTPUT);
            }
            2 => drop(self.tty.feed(&[0x13])),
            3 => drop(self.tty.feed(&[0x11])),
            _ => return Err(Errno::EINVAL),
        }
        Ok(())
    }

    /// Requests that a master alone has, or for itself; false: it is none.
    pub(super) fn control_master(&self, request: u32, arg: usize) -> Result<bool, Stop> {
        match request {
            TIOCSPTLCK | TIOCPKT => {
                let on = user::read::<i32>(arg)? != 0;
                let mut s = self.tty.state.lock();
                if request == TIOCPKT { s.logic.set_packet_mode(on) } else { s.master.locked = on }
            }
            TIOCEXCL | TIOCNXCL => self.tty.state.lock().master.exclusive = request == TIOCEXCL,
            TCXONC => self.flow_master(arg)?,
            TIOCSIG => control::signal_foreground(
                &self.tty,
                match arg {
                    2 => TtySignal::Interrupt,
                    3 => TtySignal::Quit,
                    20 => TtySignal::Suspend,
                    _ => return Err(Errno::EINVAL.into()),
                },
            ),
            _ => return Ok(false),
        }
        Ok(true)
    }
}
