//! One client's session: its end of the channel, its state, and the answers that it has not taken yet.

use rustix::event::epoll::EventFlags;
use rvos::{Deadline, End};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use wire::{Packet, Service};

/// Requests that a client is served in a row before others have their turn.
const TURN: usize = 16;

/// A client's session.
pub(crate) struct Session<S> {
    end: End,
    state: S,
    outbox: VecDeque<Packet>,
    request: Packet,
    reply: Packet,
}

/// What came of a client's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// There is no more to do now.
    Waits,
    /// The client is gone, or does not keep to the rules.
    Gone,
}

impl<S> Session<S> {
    pub(crate) fn new(end: End, state: S) -> Self {
        Self { end, state, outbox: VecDeque::new(), request: Packet::new(), reply: Packet::new() }
    }

    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.end.as_fd()
    }

    /// What the session waits for: requests, or, while an answer is left, that the client takes it.
    pub(crate) fn interest(&self) -> EventFlags {
        if self.outbox.is_empty() { EventFlags::IN } else { EventFlags::OUT }
    }

    /// Serves the client until it has nothing more to say, takes no more, or has had its turn.
    pub(crate) fn progress<P: Service<S>>(&mut self) -> Progress {
        for _ in 0..TURN {
            if let Err(e) = self.step::<P>() {
                let waits = matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted);
                return if waits { Progress::Waits } else { Progress::Gone };
            }
        }
        Progress::Waits
    }

    /// Sends what is left, then serves one request.
    fn step<P: Service<S>>(&mut self) -> io::Result<()> {
        while let Some(answer) = self.outbox.front_mut() {
            self.end.send(answer, Deadline::Now)?;
            self.outbox.pop_front();
        }
        let received = self.end.receive(&mut self.request, Deadline::Now)?;
        self.reply.clear();
        P::serve(&mut self.state, &mut self.request, &mut self.reply);
        match received.call {
            // A reply that fails is the caller's affair: it left too little room, or is gone.
            Some(call) => {
                let _ = self.end.reply(call, &mut self.reply);
                Ok(())
            }
            None => self.answer(),
        }
    }

    /// Answers a message that is no call; the answer waits in the outbox if the client's queue is full.
    fn answer(&mut self) -> io::Result<()> {
        match self.end.send(&mut self.reply, Deadline::Now) {
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                self.outbox.push_back(std::mem::take(&mut self.reply));
                Err(e)
            }
            result => result,
        }
    }
}
