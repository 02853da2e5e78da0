//! Signals: counted, blocked, stopping, and in the middle of a read.

use std::io::{self, PipeReader, Read, Write};
use std::os::fd::AsFd;
use std::sync::{Mutex, OnceLock};

use fastrand::Rng;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{getpid, getppid};

use super::{Outcome, at, bytes, expect_exit, fork_child, same};
use crate::worker::Context;

/// A byte for every run of the handler of SIGUSR1 or SIGUSR2 in this process.
#[derive(Debug)]
struct Handled {
    pipe: PipeReader,
}

impl Handled {
    /// The handlers are installed by the first caller, and stay.
    fn get() -> Result<&'static Mutex<Self>, String> {
        static HANDLED: OnceLock<Result<Mutex<Handled>, String>> = OnceLock::new();
        let install = || {
            let (pipe, writer) = io::pipe()?;
            signal_hook::low_level::pipe::register(signal_hook::consts::SIGUSR1, writer.try_clone()?)?;
            signal_hook::low_level::pipe::register(signal_hook::consts::SIGUSR2, writer)?;
            Ok::<_, io::Error>(Mutex::new(Self { pipe }))
        };
        HANDLED.get_or_init(|| install().map_err(at("handlers"))).as_ref().map_err(Clone::clone)
    }

    /// Waits until the handlers ran so many times.
    fn expect(&mut self, times: usize) -> Outcome {
        self.pipe.read_exact(&mut vec![0; times]).map_err(at("read of the handlers' bytes"))
    }

    /// Fails if a handler ran more often than was expected.
    fn expect_no_more(&self) -> Outcome {
        same("more signals were handled", is_readable(&self.pipe)?, false)
    }
}

fn is_readable(pipe: &PipeReader) -> Result<bool, String> {
    let mut fds = [PollFd::new(pipe.as_fd(), PollFlags::POLLIN)];
    poll(&mut fds, PollTimeout::ZERO).map(|ready| ready > 0).map_err(at("poll"))
}

/// A child sends signals, each when the one before was handled: none is lost.
pub(super) fn counted(rng: &mut Rng, _: &Context) -> Outcome {
    let mut handled = Handled::get()?.lock().map_err(|_| "poisoned")?;
    let count = rng.usize(1..100);
    let (mut heard, mut say) = io::pipe().map_err(at("pipe"))?;
    let pid = fork_child(|| {
        let mut byte = [0];
        let send = |n: usize| kill(getppid(), if n.is_multiple_of(2) { Signal::SIGUSR1 } else { Signal::SIGUSR2 });
        let all = (0..count).all(|n| send(n).is_ok() && heard.read_exact(&mut byte).is_ok());
        u8::from(!all)
    })?;
    for _ in 0..count {
        handled.expect(1)?;
        say.write_all(&[1]).map_err(at("answer"))?;
    }
    expect_exit(pid, 0)?;
    handled.expect_no_more()
}

/// What is sent while blocked arrives once, afterwards; or by sigwait(3).
pub(super) fn blocked(rng: &mut Rng, _: &Context) -> Outcome {
    let mut handled = Handled::get()?.lock().map_err(|_| "poisoned")?;
    let mut set = SigSet::empty();
    set.add(Signal::SIGUSR1);
    set.add(Signal::SIGUSR2);
    set.thread_block().map_err(at("block"))?;
    for _ in 0..rng.usize(1..10) {
        kill(getpid(), Signal::SIGUSR1).map_err(at("kill"))?;
        kill(getpid(), Signal::SIGUSR2).map_err(at("kill"))?;
    }
    handled.expect_no_more()?;
    let taken = rng.bool();
    if taken {
        let mut one = SigSet::empty();
        one.add(Signal::SIGUSR2);
        same("sigwait", one.wait().map_err(at("sigwait"))?, Signal::SIGUSR2)?;
    }
    set.thread_unblock().map_err(at("unblock"))?;
    handled.expect(if taken { 1 } else { 2 })?;
    handled.expect_no_more()
}

/// A child is stopped, continued and killed, and each is reported once.
pub(super) fn stopped(rng: &mut Rng, _: &Context) -> Outcome {
    let pid = fork_child(|| {
        loop {
            std::thread::sleep(std::time::Duration::from_micros(100));
        }
    })?;
    for _ in 0..rng.usize(1..5) {
        kill(pid, Signal::SIGSTOP).map_err(at("stop"))?;
        let status = waitpid(pid, Some(WaitPidFlag::WUNTRACED)).map_err(at("waitpid"))?;
        same("after SIGSTOP", status, WaitStatus::Stopped(pid, Signal::SIGSTOP))?;
        kill(pid, Signal::SIGCONT).map_err(at("continue"))?;
        let status = waitpid(pid, Some(WaitPidFlag::WCONTINUED)).map_err(at("waitpid"))?;
        same("after SIGCONT", status, WaitStatus::Continued(pid))?;
    }
    kill(pid, Signal::SIGKILL).map_err(at("kill"))?;
    let status = waitpid(pid, None).map_err(at("waitpid"))?;
    same("after SIGKILL", status, WaitStatus::Signaled(pid, Signal::SIGKILL, false))
}

/// Signals rain on a process that reads from a pipe: no byte is lost or read twice.
pub(super) fn interrupted_read(rng: &mut Rng, _: &Context) -> Outcome {
    let mut handled = Handled::get()?.lock().map_err(|_| "poisoned")?;
    let len = rng.usize(1..50_000);
    let text = bytes(rng, len);
    let chunk_len = rng.usize(100..5000);
    let sent = text.chunks(chunk_len).count();
    let (mut reader, mut writer) = io::pipe().map_err(at("pipe"))?;
    let pid = fork_child(|| {
        let mut send = |chunk: &[u8]| kill(getppid(), Signal::SIGUSR1).is_ok() && writer.write_all(chunk).is_ok();
        u8::from(!text.chunks(chunk_len).all(&mut send))
    })?;
    drop(writer);
    let mut received = Vec::new();
    reader.read_to_end(&mut received).map_err(at("read"))?;
    expect_exit(pid, 0)?;
    same("bytes", received == text, true)?;
    // Equal signals that wait are one (signal(7)): at least one, at most all.
    handled.expect(1)?;
    let mut times = 1;
    while is_readable(&handled.pipe)? {
        handled.expect(1)?;
        times += 1;
    }
    same("not more signals than were sent", times <= sent, true)
}
