//! queued_for_the_dead: messages with descriptors wait for a process that ends before it takes them. What they carried is closed at that
//! moment, who sends more gets EPIPE, and nothing is left; also when the channel's end was itself in a message for the dead.
//! timeout: 60
// calls: chan_send chan_create

use ktest::process;
use rvos::{Deadline, End};
use std::io::{self, Read, Write};
use wire::Packet;

const TIMES: usize = 300;
const EPIPE: i32 = 32;

fn main() -> io::Result<()> {
    for time in 0..TIMES {
        once(time)?;
    }
    Ok(())
}

fn once(time: usize) -> io::Result<()> {
    let (end, theirs) = End::pair()?;
    let (inner, deeper) = End::pair()?;
    let (go, mut say) = io::pipe()?;
    let child = process::start(|| {
        // Nothing of the channel but its own end; it ends by itself or is killed, and receives nothing.
        let _ = (&theirs, &mut &go).1.read(&mut [0]);
        0
    });
    drop((theirs, go));
    let (mut eof, held) = io::pipe()?;
    let message = |fds: Vec<std::os::fd::OwnedFd>| Packet { bytes: vec![1; time % 3000], descriptors: fds };
    // A message within a channel that is in a message, and a pipe's end in both.
    inner.send(&mut message(vec![held.try_clone()?.into()]), Deadline::Never)?;
    end.send(&mut message(vec![held.into(), deeper.into()]), Deadline::Never)?;
    while end.send(&mut message(Vec::new()), Deadline::Now).is_ok() {}
    if time.is_multiple_of(2) {
        say.write_all(b"g")?;
        assert_eq!(process::wait(child), process::End::Exit(0));
    } else {
        rvos::Process::open(child.unsigned_abs())?.kill()?;
        assert_eq!(process::wait(child), process::End::Signal(9));
    }
    assert_eq!(eof.read(&mut [0])?, 0, "what waited in the queue is closed");
    for end in [&end, &inner] {
        let sent = end.send(&mut message(Vec::new()), Deadline::Never);
        assert_eq!(sent.err().and_then(|e| e.raw_os_error()), Some(EPIPE));
    }
    Ok(())
}
