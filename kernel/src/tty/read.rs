//! read(2) from a terminal (termios(3), "Canonical and noncanonical mode"), and the claims that make reads and writes whole.

use super::file::{TtyFile, Via};
use super::{INPUT, OUTPUT, State, TURN};
use crate::clock;
use crate::fs::buffer::Buffer;
use crate::fs::file::Io;
use crate::linux::{Restart, Stop};
use crate::task::wait::{self, Ended, Interrupt};
use abi::Errno;
use logic_tty::{Access, ReadRule};
use logic_waits::{Events, Mode};

/// Bytes that go to the user at a time.
const CHUNK: usize = 256;
/// Nanoseconds of a tenth of a second, the unit of VTIME.
const DECISECOND_NS: u64 = 100_000_000;

/// A direction of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Towards programs.
    Read,
    /// Towards the wire.
    Write,
}

impl Side {
    fn taken(self, s: &mut State, via: Via) -> &mut bool {
        match (self, via) {
            (Side::Read, Via::Master) => &mut s.master.reading,
            (Side::Write, Via::Master) => &mut s.master.writing,
            (Side::Read, _) => &mut s.reading,
            (Side::Write, _) => &mut s.writing,
        }
    }
    /// What happens when it is given back: poll(2) shows who writes, not who reads.
    fn events(self) -> Events {
        match self {
            Side::Read => TURN,
            Side::Write => OUTPUT,
        }
    }
}

/// The right to read or write until dropped: others wait, interruptibly. Its holder may sleep and touch user memory.
pub(super) struct Claim<'a> {
    of: &'a TtyFile,
    side: Side,
}

impl<'a> Claim<'a> {
    /// Takes a side, waiting for whoever has it.
    pub(super) fn take(of: &'a TtyFile, side: Side, io: &Io<'_>) -> Result<Self, Stop> {
        let attempt = || {
            let mut s = of.tty.state.lock();
            let taken = side.taken(&mut s, of.via);
            (!core::mem::replace(taken, true)).then_some(())
        };
        if attempt().is_none() {
            if io.nonblock {
                return Err(Errno::EAGAIN.into());
            }
            let met = wait::wait_at(io.me, of.end(), side.events(), Mode::All, None, Interrupt::AnySignal, attempt);
            met.map_err(stopped)?;
        }
        Ok(Claim { of, side })
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let Claim { of, side } = self;
        *side.taken(&mut of.tty.state.lock(), of.via) = false;
        match of.via {
            Via::Master => of.tty.tell_master(side.events()),
            _ => of.tty.changed(side.events()),
        }
    }
}

/// How a call ends whose wait ended without what it waited for.
pub(super) fn stopped(ended: Ended) -> Stop {
    match ended {
        Ended::Signal => Stop::Restart(Restart::Sys),
        Ended::NoMemory => Errno::ENOMEM.into(),
        Ended::Deadline => Errno::EAGAIN.into(),
    }
}

/// Whether a read goes on.
enum Step {
    Further,
    Finished,
}

impl TtyFile {
    /// read(2).
    pub(super) fn read_bytes(&self, io: &Io<'_>, to: &mut Buffer<'_>) -> Result<usize, Stop> {
        if self.is_hung_up() {
            return Ok(0);
        }
        self.check_job(io.me, Access::Read)?;
        if to.left() == 0 {
            return Ok(0);
        }
        let _claim = Claim::take(self, Side::Read, io)?;
        let mut deadline_ns = None;
        loop {
            let (rule, step) = self.copy_piece(to);
            let step = match step {
                Some(step) => Ok(step),
                None => self.await_input(io, rule, to.done(), &mut deadline_ns),
            };
            match step {
                Ok(Step::Further) => {}
                Ok(Step::Finished) => return Ok(to.result()?),
                Err(_) if to.done() != 0 => return Ok(to.done()),
                Err(e) => return Err(e),
            }
        }
    }

    /// Moves a piece to the user, if there is one.
    fn copy_piece(&self, to: &mut Buffer<'_>) -> (ReadRule, Option<Step>) {
        let mut chunk = [0u8; CHUNK];
        let (rule, plan) = {
            let s = self.tty.state.lock();
            (s.logic.read_rule(), s.logic.plan_read(to.left(), &mut chunk))
        };
        let Some(plan) = plan else { return (rule, None) };
        let bytes = chunk.get(..plan.copied).unwrap_or_default();
        // May wait for a page; nobody else reads meanwhile, but the input may be flushed.
        let moved = to.put(bytes);
        if moved < bytes.len() {
            self.commit_part(bytes.get(..moved).unwrap_or_default());
            return (rule, Some(Step::Finished));
        }
        self.tty.state.lock().logic.commit_read(&plan);
        self.tty.input_taken();
        let enough = match rule {
            ReadRule::Count { min, .. } => to.done() >= usize::from(min),
            ReadRule::Line | ReadRule::Timed { .. } => true,
        };
        let finished = to.left() == 0 || enough && !plan.more;
        (rule, Some(if finished { Step::Finished } else { Step::Further }))
    }

    /// A fault ended a copy after `bytes`: the rest stays for another read.
    fn commit_part(&self, bytes: &[u8]) {
        let mut again = [0u8; CHUNK];
        let mut s = self.tty.state.lock();
        let plan = s.logic.plan_read(bytes.len(), &mut again);
        if let Some(p) = plan
            && !bytes.is_empty()
            && again.get(..p.copied) == Some(bytes)
        {
            s.logic.commit_read(&p);
        }
        drop(s);
        self.tty.input_taken();
    }

    /// Nothing is there: waits as the settings say.
    fn await_input(&self, io: &Io<'_>, rule: ReadRule, done: usize, deadline_ns: &mut Option<u64>) -> Result<Step, Stop> {
        let after = |tenths: u8| clock::monotonic_ns().saturating_add(u64::from(tenths).saturating_mul(DECISECOND_NS));
        if self.is_hung_up() {
            return Ok(Step::Finished);
        }
        match rule {
            ReadRule::Line => *deadline_ns = None,
            ReadRule::Timed { total_ds } if total_ds == 0 || done != 0 => return Ok(Step::Finished),
            ReadRule::Timed { total_ds } => *deadline_ns = Some(deadline_ns.unwrap_or_else(|| after(total_ds))),
            ReadRule::Count { min, .. } if done >= usize::from(min) => return Ok(Step::Finished),
            // The timer starts with the first byte, and anew with each.
            ReadRule::Count { between_ds, .. } => *deadline_ns = between_ds.filter(|_| done != 0).map(after),
        }
        if io.nonblock {
            return Err(Errno::EAGAIN.into());
        }
        let ready = || {
            let s = self.tty.state.lock();
            let ready = s.logic.can_read() || s.logic.read_rule() != rule;
            drop(s);
            (ready || self.is_hung_up()).then_some(())
        };
        match wait::wait_at(io.me, &*self.tty, INPUT, Mode::All, *deadline_ns, Interrupt::AnySignal, ready) {
            Ok(()) => Ok(Step::Further),
            Err(Ended::Deadline) => Ok(Step::Finished),
            Err(e) => Err(stopped(e)),
        }
    }
}
