//! Sleeps and waits with a limit: never too short, always over.

use std::os::fd::AsFd;
use std::sync::{Condvar, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::{Outcome, at, same};
use crate::worker::Context;

/// Threads that wait for nothing, in several ways, each for its own time.
pub(super) fn sleeps(rng: &mut Rng, _: &Context) -> Outcome {
    let mut handles = Vec::new();
    for _ in 0..rng.usize(1..8) {
        let (way, time) = (rng.u8(..5), Duration::from_micros(rng.u64(1..8000)));
        handles.push(thread::spawn(move || wait(way, time)));
    }
    handles.into_iter().try_for_each(|handle| handle.join().map_err(|_| "a thread panicked".to_owned())?)
}

fn wait(way: u8, time: Duration) -> Outcome {
    let start = Instant::now();
    let mut wanted = time;
    match way {
        0 => thread::sleep(time),
        1 => {
            let (lock, never) = (Mutex::new(()), Condvar::new());
            let guard = lock.lock().map_err(|_| "poisoned")?;
            let result = never.wait_timeout_while(guard, time, |()| true).map_err(|_| "poisoned")?;
            same("timed out", result.1.timed_out(), true)?;
        }
        2 => {
            let (_sender, receiver) = mpsc::channel::<()>();
            same("receive", receiver.recv_timeout(time), Err(mpsc::RecvTimeoutError::Timeout))?;
        }
        3 => wanted = poll_empty_pipe(time)?,
        _ => {
            while start.elapsed() < time {
                thread::park_timeout(time.saturating_sub(start.elapsed()));
            }
        }
    }
    same("waited long enough", start.elapsed() >= wanted, true)
}

/// poll(2) counts in milliseconds; the time that it was asked for.
fn poll_empty_pipe(time: Duration) -> Result<Duration, String> {
    let (reader, _writer) = std::io::pipe().map_err(at("pipe"))?;
    let mut fds = [PollFd::new(reader.as_fd(), PollFlags::POLLIN)];
    let time_ms = u16::try_from(time.as_millis()).map_err(at("time"))?;
    same("nothing is ready", poll(&mut fds, PollTimeout::from(time_ms)), Ok(0))?;
    Ok(Duration::from_millis(time_ms.into()))
}
