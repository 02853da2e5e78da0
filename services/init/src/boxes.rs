//! The relay's two bounded buffers: [`Outbox`] to the host, [`Inbox`] from it; and the host's [`Window`].
//!
//! Both say when they are full, and then the relay stops reading at the other
//! end: that is the back-pressure in each direction. Pure.

use std::collections::VecDeque;

use crate::frame::{self, Decoder, HEADER_LEN, Kind, MAX_TO_HOST, Piece};

/// Frames that the outbox holds before it asks for no more.
const OUTBOX_FRAMES: usize = 4;

/// Bytes of standard input held for the program before the console is left alone.
const INBOX_BYTES: usize = 256 * 1024;

/// Encoded frames on their way to the host.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    bytes: VecDeque<u8>,
}

impl Outbox {
    /// Is there room for one more frame of any length?
    pub(crate) fn has_room(&self) -> bool {
        self.bytes.len() < OUTBOX_FRAMES * (HEADER_LEN + MAX_TO_HOST)
    }

    /// Is nothing waiting?
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Appends raw bytes: the magic.
    pub(crate) fn push_raw(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }

    /// Appends one frame, or several if the payload is longer than one holds.
    pub(crate) fn push(&mut self, kind: Kind, payload: &[u8]) {
        let (first, rest) = payload.split_at(payload.len().min(MAX_TO_HOST));
        self.push_one(kind, first);
        for chunk in rest.chunks(MAX_TO_HOST) {
            self.push_one(kind, chunk);
        }
    }

    /// The first bytes that wait, in one piece.
    pub(crate) fn front(&self) -> &[u8] {
        self.bytes.as_slices().0
    }

    /// Forgets the first `len` bytes: they were written.
    pub(crate) fn consume(&mut self, len: usize) {
        self.bytes.drain(..len.min(self.bytes.len()));
    }

    fn push_one(&mut self, kind: Kind, payload: &[u8]) {
        if let Some(header) = frame::header(kind, payload.len()) {
            self.bytes.extend(header);
            self.bytes.extend(payload);
        }
    }
}

/// How far the host's sending has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Feed {
    /// More may come.
    #[default]
    Open,
    /// The host said that standard input ends.
    Ended,
    /// The host sent a frame of this impossible length; nothing more is read.
    Broken(u16),
}

/// What the host is owed for bytes that were taken off the console.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Window {
    /// Bytes that may be on their way; `None`: the host does not count.
    limit_bytes: Option<u32>,
    owed_bytes: u32,
}

impl Window {
    /// A window of the session's size.
    pub(crate) fn new(limit_bytes: Option<u32>) -> Self {
        Self {
            limit_bytes,
            owed_bytes: 0,
        }
    }

    /// Notes bytes that were taken; the credit to send now, if any. A quarter
    /// of the window is worth a frame, so the host never has to stop.
    pub(crate) fn took(&mut self, bytes: usize) -> Option<u32> {
        let limit = self.limit_bytes?;
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.owed_bytes = self.owed_bytes.saturating_add(bytes);
        (self.owed_bytes >= limit / 4).then(|| std::mem::take(&mut self.owed_bytes))
    }
}

/// What happens to standard input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Taker {
    /// The program's pipe is open.
    #[default]
    Program,
    /// The program closed it: what still comes is thrown away.
    Nobody,
}

/// Standard input on its way to the program.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    decoder: Decoder,
    bytes: VecDeque<u8>,
    feed: Feed,
    taker: Taker,
}

impl Inbox {
    /// Should the console be read?
    pub(crate) fn has_room(&self) -> bool {
        self.feed == Feed::Open && self.bytes.len() < INBOX_BYTES
    }

    /// Takes bytes as they came from the host.
    pub(crate) fn receive(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (piece, rest) = self.decoder.step(bytes);
            match (piece, self.taker) {
                (Some(Piece::Data(data)), Taker::Program) => self.bytes.extend(data),
                (Some(Piece::Data(_)), Taker::Nobody) | (None, _) => {}
                (Some(Piece::End), _) => self.feed = Feed::Ended,
                (Some(Piece::Bad(length)), _) => self.feed = Feed::Broken(length),
            }
            bytes = rest;
        }
    }

    /// The console itself came to an end.
    pub(crate) fn end(&mut self) {
        self.feed = Feed::Ended;
    }

    /// The program closed its end: nothing is kept any more.
    pub(crate) fn discard(&mut self) {
        self.bytes.clear();
        self.taker = Taker::Nobody;
    }

    /// How far the host's sending has come.
    pub(crate) fn feed(&self) -> Feed {
        self.feed
    }

    /// The first bytes for the program, in one piece.
    pub(crate) fn front(&self) -> &[u8] {
        self.bytes.as_slices().0
    }

    /// Forgets the first `len` bytes: the program has them.
    pub(crate) fn consume(&mut self, len: usize) {
        self.bytes.drain(..len.min(self.bytes.len()));
    }

    /// Has the program been given everything, and will nothing more come?
    pub(crate) fn is_finished(&self) -> bool {
        self.feed != Feed::Open && self.bytes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{Feed, INBOX_BYTES, Inbox, Outbox, Window};
    use crate::frame::{Kind, MAX_TO_HOST};

    #[test]
    fn long_payloads_become_several_frames() {
        let mut outbox = Outbox::default();
        outbox.push(Kind::Stderr, &vec![7; MAX_TO_HOST + 1]);
        assert_eq!(outbox.front().len(), 3 + MAX_TO_HOST + 3 + 1);
        outbox.consume(3 + MAX_TO_HOST);
        assert_eq!(outbox.front(), [2, 1, 0, 7]);
    }

    #[test]
    fn empty_payload_is_one_frame() {
        let mut outbox = Outbox::default();
        outbox.push(Kind::Ready, &[]);
        assert_eq!(outbox.front(), [4, 0, 0]);
    }

    #[test]
    fn outbox_fills() {
        let mut outbox = Outbox::default();
        for _ in 0..4 {
            assert!(outbox.has_room());
            outbox.push(Kind::Stdout, &[0; MAX_TO_HOST]);
        }
        assert!(!outbox.has_room());
        outbox.consume(1);
        assert!(outbox.has_room());
    }

    #[test]
    fn end_comes_after_the_bytes() {
        let mut inbox = Inbox::default();
        inbox.receive(b"\x03\0abc\0\0");
        assert_eq!((inbox.feed(), inbox.is_finished()), (Feed::Ended, false));
        assert_eq!(inbox.front(), b"abc");
        inbox.consume(3);
        assert!(inbox.is_finished() && !inbox.has_room());
    }

    #[test]
    fn nothing_is_kept_for_a_program_that_closed_its_end() {
        let mut inbox = Inbox::default();
        inbox.receive(b"\x03\0ab");
        inbox.discard();
        inbox.receive(b"c\x01\0d");
        assert!(inbox.front().is_empty() && inbox.has_room());
        inbox.receive(b"\0\0");
        assert!(inbox.is_finished());
    }

    #[test]
    fn inbox_fills() {
        let mut inbox = Inbox::default();
        let frame = [&[0, 4][..], &[9; 1024]].concat();
        for _ in 0..INBOX_BYTES / 1024 {
            assert!(inbox.has_room());
            inbox.receive(&frame);
        }
        assert!(!inbox.has_room());
    }

    #[test]
    fn credit_comes_by_quarters_and_adds_up() {
        let mut window = Window::new(Some(4096));
        assert_eq!(
            [1000, 23, 1, 5000].map(|n| window.took(n)),
            [None, None, Some(1024), Some(5000)]
        );
        assert_eq!(Window::new(None).took(100_000), None);
    }

    #[test]
    fn nonsense_stops_the_feed() {
        let mut inbox = Inbox::default();
        inbox.receive(&[0xff, 0xff, 1, 2, 3]);
        assert_eq!(inbox.feed(), Feed::Broken(0xffff));
        assert!(inbox.is_finished());
    }
}
