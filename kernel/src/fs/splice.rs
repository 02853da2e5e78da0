//! Moving data between a pipe and another file inside the kernel (splice(2), tee(2), sendfile(2)).
//!
//! The pipe's direction is claimed ([`super::pipe::Claim`]), so that the other file may be waited for, and may take less
//! than was offered, without a byte being lost or coming twice. Data goes straight between the pipe's chunks and the file.

use super::buffer::{Buffer, copy_frame};
use super::file::OpenFile;
use super::pipe::{Direction, Pipe, Refused};
use crate::linux::Stop;
use crate::task::Thread;
use abi::Errno;
use mem::Frame;

/// Nobody reads the pipe any more: the signal and the error of a write.
fn broken(me: &Thread) -> Stop {
    crate::task::signal::send_to_self(me, crate::task::signal::SIGPIPE);
    Errno::EPIPE.into()
}

/// From a pipe to a file; `at` is the place in the file, `None` its own position.
pub(crate) fn pipe_to_file(
    me: &Thread,
    from: &Pipe,
    to: &OpenFile,
    at: Option<u64>,
    len: usize,
    nonblock: bool,
) -> Result<usize, Stop> {
    let Ok(data) = from.claim(me, Direction::Out, nonblock)? else { return Ok(0) };
    let mut done = 0;
    while done < len
        && let Some((frame, offset, n)) = data.peek(0, len - done)
    {
        let place = at.map(|a| a.saturating_add(done as u64));
        match to.write(me, place, &mut Buffer::frame(&frame, offset, n)) {
            Ok(moved) => {
                data.consume(moved);
                done += moved;
                if moved < n {
                    break;
                }
            }
            Err(e) if done == 0 => return Err(e),
            Err(_) => break,
        }
    }
    Ok(done)
}

/// From a file to a pipe; `at` is the place in the file, `None` its own position.
pub(crate) fn file_to_pipe(
    me: &Thread,
    from: &OpenFile,
    at: Option<u64>,
    to: &Pipe,
    len: usize,
    nonblock: bool,
) -> Result<usize, Stop> {
    let room = match to.claim(me, Direction::In, nonblock)? {
        Ok(claim) => claim,
        Err(_) => return Err(broken(me)),
    };
    let mut done = 0;
    while done < len {
        let (frame, offset, n) = match room.room(len - done) {
            Ok(Some(part)) => part,
            Err(Errno::EPIPE) if done == 0 => return Err(broken(me)),
            Err(e) if done == 0 => return Err(e.into()),
            Ok(None) | Err(_) => break,
        };
        let place = at.map(|a| a.saturating_add(done as u64));
        match from.read(me, place, &mut Buffer::frame(&frame, offset, n)) {
            Ok(moved) => {
                room.fill(moved);
                done += moved;
                // What is not a file with an end may have nothing more for a long time.
                if moved < n || !from.file.seekable() {
                    break;
                }
            }
            Err(e) if done == 0 => return Err(e),
            Err(_) => break,
        }
    }
    Ok(done)
}

/// Whether data that was copied stays in the pipe that it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// It goes (splice(2)).
    Consumed,
    /// It stays (tee(2)).
    Kept,
}

/// From one pipe to another one.
pub(crate) fn pipe_to_pipe(
    me: &Thread,
    from: &Pipe,
    to: &Pipe,
    len: usize,
    nonblock: bool,
    source: Source,
) -> Result<usize, Stop> {
    // Only one side is ever waited for while nothing is claimed, so two calls in opposite directions do not hold each other up.
    let (data, room) = loop {
        let data = match from.claim(me, Direction::Out, nonblock)? {
            Ok(claim) => claim,
            Err(_) => return Ok(0),
        };
        match to.try_claim(Direction::In) {
            Some(Ok(room)) => break (data, room),
            Some(Err(Refused::End | Refused::Broken)) => return Err(broken(me)),
            None => drop(data),
        }
        match to.claim(me, Direction::In, nonblock)? {
            Ok(room) => drop(room),
            Err(_) => return Err(broken(me)),
        }
    };
    let mut done = 0;
    while done < len
        && let Some((frame, offset, n)) = data.peek(done, len - done)
    {
        let moved = match room.room(n) {
            Ok(Some((target, at, fits))) => copy_frame(&frame, offset, &target, at, n.min(fits)),
            Err(Errno::EPIPE) if done == 0 => return Err(broken(me)),
            Err(e) if done == 0 => return Err(e.into()),
            Ok(None) | Err(_) => break,
        };
        room.fill(moved);
        done += moved;
    }
    if source == Source::Consumed {
        data.consume(done);
    }
    Ok(done)
}

/// Where data waits on its way between two files that are no pipes.
pub(crate) fn bounce() -> Result<Frame, Errno> {
    Frame::try_unfilled().map_err(|mem::NoMemory| Errno::ENOMEM)
}
