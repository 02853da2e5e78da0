//! ioctl_tty(2).

use super::file::{TtyFile, Via};
use super::settings::{self, Format};
use super::{INPUT, OUTPUT, control};
use crate::fs::file::Io;
use crate::linux::Stop;
use abi::Errno;
use logic_signal::Signal;
use logic_tty::{Access, FlowAction, Queue};
use mem::user;

const TCSBRK: u32 = 0x5409;
pub(super) const TCXONC: u32 = 0x540a;
const TCFLSH: u32 = 0x540b;
pub(super) const TIOCEXCL: u32 = 0x540c;
pub(super) const TIOCNXCL: u32 = 0x540d;
const TIOCSCTTY: u32 = 0x540e;
const TIOCGPGRP: u32 = 0x540f;
const TIOCSPGRP: u32 = 0x5410;
const TIOCOUTQ: u32 = 0x5411;
const TIOCSTI: u32 = 0x5412;
const TIOCGWINSZ: u32 = 0x5413;
const TIOCSWINSZ: u32 = 0x5414;
const FIONREAD: u32 = 0x541b;
const TIOCNOTTY: u32 = 0x5422;
const TIOCSETD: u32 = 0x5423;
const TIOCGETD: u32 = 0x5424;
const TCSBRKP: u32 = 0x5425;
const TIOCSBRK: u32 = 0x5427;
const TIOCCBRK: u32 = 0x5428;
const TIOCGSID: u32 = 0x5429;
const TIOCVHANGUP: u32 = 0x5437;
const TIOCGDEV: u32 = 0x8004_5432;
const TIOCGEXCL: u32 = 0x8004_5440;

/// When new settings count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// At once.
    Now,
    /// After all output has left.
    Drained,
    /// The same, and unread input is thrown away.
    Flushed,
}

/// The requests that are about settings.
fn settings_request(request: u32) -> Option<(Format, Option<When>)> {
    Some(match request {
        0x5401 => (Format::Termios, None),
        0x5402 => (Format::Termios, Some(When::Now)),
        0x5403 => (Format::Termios, Some(When::Drained)),
        0x5404 => (Format::Termios, Some(When::Flushed)),
        0x5405 => (Format::Termio, None),
        0x5406 => (Format::Termio, Some(When::Now)),
        0x5407 => (Format::Termio, Some(When::Drained)),
        0x5408 => (Format::Termio, Some(When::Flushed)),
        0x802c_542a => (Format::Termios2, None),
        0x402c_542b => (Format::Termios2, Some(When::Now)),
        0x402c_542c => (Format::Termios2, Some(When::Drained)),
        0x402c_542d => (Format::Termios2, Some(When::Flushed)),
        _ => return None,
    })
}

impl TtyFile {
    /// ioctl(2).
    pub(super) fn control(&self, io: &Io<'_>, request: u32, arg: usize) -> Result<usize, Stop> {
        if self.is_hung_up() {
            return Err(if request == TIOCSPGRP { Errno::ENOTTY } else { Errno::EIO }.into());
        }
        let tty = &self.tty;
        if let Some(figure) = self.figure(io, request)? {
            user::write(arg, &figure)?;
            return Ok(0);
        }
        match request {
            TIOCNOTTY | TIOCVHANGUP if self.via == Via::Master => {
                // A master's own session, which it has not.
                return Err(Errno::ENOTTY.into());
            }
            TCFLSH if self.via == Via::Master => self.flush_master(arg)?,
            _ if self.via == Via::Master && self.control_master(request, arg)? => {}
            TIOCSCTTY => control::acquire(tty, io, arg)?,
            TIOCNOTTY => control::give_up(tty, io.me)?,
            TIOCSPGRP => control::set_foreground(tty, io.me, arg)?,
            TIOCVHANGUP if !io.me.cred().is_root() => return Err(Errno::EPERM.into()),
            TIOCVHANGUP => control::hang_up(tty),
            // As Linux with dev.tty.legacy_tiocsti = 0.
            TIOCSTI => return Err(Errno::EIO.into()),
            _ => match settings_request(request) {
                Some((format, None)) => self.get_settings(format, arg)?,
                Some((format, Some(when))) => self.set_settings(io, format, when, arg)?,
                None => return self.line(io, request, arg),
            },
        }
        Ok(0)
    }

    fn get_settings(&self, format: Format, addr: usize) -> Result<(), Stop> {
        let (termios, speeds) = {
            let s = self.tty.state.lock();
            (*s.logic.termios(), s.speeds)
        };
        Ok(settings::write(format, addr, &termios, speeds)?)
    }

    fn set_settings(&self, io: &Io<'_>, format: Format, when: When, addr: usize) -> Result<(), Stop> {
        control::check(&self.tty, io.me, Access::Change)?;
        let old = *self.tty.state.lock().logic.termios();
        let (new, speeds) = settings::read(format, addr, &old)?;
        if when == When::Flushed {
            self.flush(Queue::Input);
        }
        if when != When::Now {
            self.drain(io)?;
        }
        self.tty.state.lock().set(new, speeds);
        // What is held back may flow now, what was read by the byte may be a line.
        self.tty.send();
        self.tty.input_taken();
        self.tty.changed(INPUT | OUTPUT);
        Ok(())
    }

    /// Requests about the line itself.
    fn line(&self, io: &Io<'_>, request: u32, arg: usize) -> Result<usize, Stop> {
        let tty = &self.tty;
        match request {
            TIOCEXCL => tty.state.lock().exclusive = true,
            TIOCNXCL => tty.state.lock().exclusive = false,
            TIOCGWINSZ => {
                let size = tty.state.lock().size;
                user::write(arg, &size)?;
            }
            TIOCSWINSZ => self.set_size(user::read::<[u16; 4]>(arg)?),
            TIOCSETD => {
                let discipline = user::read::<u32>(arg)?;
                control::check(tty, io.me, Access::Change)?;
                if discipline != 0 {
                    return Err(Errno::EINVAL.into());
                }
            }
            TCFLSH | TCXONC => {
                control::check(tty, io.me, Access::Change)?;
                if request == TCFLSH { self.flush_request(arg)? } else { self.flow_request(arg)? }
            }
            // The line has no use for a break; the rest of tcsendbreak(3) and tcdrain(3) is to wait.
            TCSBRK | TCSBRKP | TIOCSBRK => {
                control::check(tty, io.me, Access::Change)?;
                self.drain(io)?;
            }
            TIOCCBRK => control::check(tty, io.me, Access::Change)?,
            _ => return Err(Errno::ENOTTY.into()),
        }
        Ok(0)
    }

    /// What a request wants to know, if that is a number.
    fn figure(&self, io: &Io<'_>, request: u32) -> Result<Option<u32>, Errno> {
        let (tty, is_master) = (&self.tty, self.via == Via::Master);
        match request {
            TIOCGPGRP => return control::foreground(tty, io.me, self.via).map(Some),
            TIOCGSID => return control::session(tty, io.me, self.via).map(Some),
            _ => {}
        }
        let s = tty.state.lock();
        Ok(Some(match request {
            FIONREAD if is_master => s.logic.sendable_bytes(),
            FIONREAD => s.logic.readable_bytes(),
            // What is written to a pseudo-terminal is at its other end.
            TIOCOUTQ if tty.pty.is_some() => 0,
            TIOCOUTQ => s.logic.queued_output(),
            TIOCGETD => 0,
            TIOCGDEV => tty.number,
            TIOCGEXCL => u32::from(if is_master { s.master.exclusive } else { s.exclusive }),
            _ if is_master => return Ok(s.figure_of_master(tty, request)),
            _ => return Ok(None),
        }))
    }

    /// A changed size is told to the foreground (tty_ioctl(4), SIGWINCH).
    fn set_size(&self, size: [u16; 4]) {
        let (changed, foreground) = {
            let mut s = self.tty.state.lock();
            let old = core::mem::replace(&mut s.size, size);
            (old != size, s.foreground)
        };
        if changed && foreground != 0 {
            crate::task::signal::send_to_group(foreground, Signal::WINCH);
        }
    }

    fn flush_request(&self, arg: usize) -> Result<(), Errno> {
        self.flush(match arg {
            0 => Queue::Input,
            1 => Queue::Output,
            2 => Queue::Both,
            _ => return Err(Errno::EINVAL),
        });
        Ok(())
    }

    fn flush(&self, queue: Queue) {
        {
            let mut s = self.tty.state.lock();
            if queue != Queue::Output {
                s.staged.clear();
            }
            s.logic.flush(queue);
        }
        self.tty.send();
        self.tty.input_taken();
        self.tty.changed(OUTPUT);
    }

    fn flow_request(&self, arg: usize) -> Result<(), Errno> {
        let action = match arg {
            0 => FlowAction::StopOutput,
            1 => FlowAction::StartOutput,
            2 => FlowAction::StopInput,
            3 => FlowAction::StartInput,
            _ => return Err(Errno::EINVAL),
        };
        self.tty.state.lock().logic.flow(action);
        self.tty.send();
        Ok(())
    }
}
