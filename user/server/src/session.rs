//! One client's session: its end of the channel, its state, and the answers that it has not taken yet.

use crate::mail::Mail;
use crate::sessions::Key;
use rustix::event::epoll::EventFlags;
use rvos::{Deadline, End};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use wire::{Packet, Served, Service};

/// Requests that a client is served in a row before others have their turn.
const TURN: usize = 16;

/// A client's session.
pub(crate) struct Session<S> {
    end: End,
    state: S,
    outbox: VecDeque<Packet>,
    request: Packet,
    reply: Packet,
    /// Requests whose answers come later, and the most of them.
    unanswered: usize,
    most_unanswered: usize,
}

/// What came of a client's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// There is no more to do now.
    Waits,
    /// The client is gone, or does not keep to the rules.
    Gone,
}

impl Progress {
    fn after(error: &io::Error) -> Self {
        let waits = matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted);
        if waits { Progress::Waits } else { Progress::Gone }
    }
}

impl<S> Session<S> {
    pub(crate) fn new(end: End, state: S, most_unanswered: usize) -> Self {
        let (request, reply) = (Packet::new(), Packet::new());
        Self { end, state, outbox: VecDeque::new(), request, reply, unanswered: 0, most_unanswered }
    }

    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.end.as_fd()
    }

    /// What the session waits for: that the client takes an answer that is left; else requests, unless too many wait for answers.
    pub(crate) fn interest(&self) -> EventFlags {
        if !self.outbox.is_empty() {
            EventFlags::OUT
        } else if self.unanswered < self.most_unanswered {
            EventFlags::IN
        } else {
            EventFlags::empty()
        }
    }

    /// The client is gone: what it sent before is served, and nothing is to be waited for.
    pub(crate) fn expects_nothing(&mut self) {
        self.outbox.clear();
        self.unanswered = 0;
    }

    /// Serves the client until it has nothing more to say, takes no more, or has had its turn.
    pub(crate) fn progress<P: Service<S>>(&mut self, mail: &Mail, key: Key) -> Progress {
        for _ in 0..TURN {
            if self.interest().is_empty() {
                break;
            }
            if let Err(e) = self.step::<P>(mail, key) {
                return Progress::after(&e);
            }
        }
        Progress::Waits
    }

    /// Takes an answer that came later to the client, or to the outbox.
    pub(crate) fn deliver(&mut self, call: Option<u64>, mut answer: Packet) -> Progress {
        self.unanswered = self.unanswered.saturating_sub(1);
        match call {
            Some(call) => {
                // As below.
                let _ = self.end.reply(call, &mut answer);
            }
            None if self.outbox.is_empty() => {
                self.reply = answer;
                if let Err(e) = self.answer() {
                    return Progress::after(&e);
                }
            }
            None => self.outbox.push_back(answer),
        }
        Progress::Waits
    }

    /// Sends what is left, then serves one request.
    fn step<P: Service<S>>(&mut self, mail: &Mail, key: Key) -> io::Result<()> {
        while let Some(answer) = self.outbox.front_mut() {
            self.end.send(answer, Deadline::Now)?;
            self.outbox.pop_front();
        }
        if self.interest().is_empty() {
            return Ok(());
        }
        let received = self.end.receive(&mut self.request, Deadline::Now)?;
        self.reply.clear();
        let mut outlet = || mail.outlet(key, received.call);
        if P::serve(&mut self.state, &mut self.request, &mut self.reply, &mut outlet) == Served::Later {
            self.unanswered += 1;
            return Ok(());
        }
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
