//! The relay's two bounded buffers: [`Outbox`] to the host, [`Inbox`] from it.
//!
//! Both say when they are full, and then the relay stops reading at the other
//! end: that is the back-pressure in each direction. Pure.

use std::collections::VecDeque;

use crate::frame::{self, Decoder, HEADER_LEN, Kind, MAX_TO_HOST, Piece};

/// Frames that the outbox holds before it asks for no more.
const OUTBOX_FRAMES: usize = 4;

/// Bytes of standard input that the host may have sent and the program not yet
/// taken. Even in frames of one byte they fit into the 64 KiB that Linux's tty
/// layer keeps when nobody reads.
const WINDOW_BYTES: u32 = 16 * 1024;

/// Credit worth a frame of its own.
const CREDIT_BYTES: u32 = WINDOW_BYTES / 4;

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
    owed_bytes: u32,
}

impl Inbox {
    /// The bytes that the host may send before any credit.
    pub(crate) const WINDOW_BYTES: u32 = WINDOW_BYTES;

    /// Should the console be read? A host that counts never sends too much;
    /// another is held back by the UART, as far as that works.
    pub(crate) fn has_room(&self) -> bool {
        self.feed == Feed::Open && self.bytes.len() < WINDOW_BYTES as usize
    }

    /// Bytes that were taken from here and that the host may now send again,
    /// once they are worth a frame.
    pub(crate) fn credit(&mut self) -> Option<u32> {
        (self.owed_bytes >= CREDIT_BYTES).then(|| std::mem::take(&mut self.owed_bytes))
    }

    /// Takes bytes as they came from the host.
    pub(crate) fn receive(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (piece, rest) = self.decoder.step(bytes);
            match (piece, self.taker) {
                (Some(Piece::Data(data)), Taker::Program) => self.bytes.extend(data),
                (Some(Piece::Data(data)), Taker::Nobody) => self.owe(data.len()),
                (None, _) => {}
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
        self.consume(self.bytes.len());
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
        let len = self.bytes.drain(..len.min(self.bytes.len())).len();
        self.owe(len);
    }

    fn owe(&mut self, len: usize) {
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        self.owed_bytes = self.owed_bytes.saturating_add(len);
    }

    /// Has the program been given everything, and will nothing more come?
    pub(crate) fn is_finished(&self) -> bool {
        self.feed != Feed::Open && self.bytes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{Feed, Inbox, Outbox, WINDOW_BYTES};
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
        for _ in 0..WINDOW_BYTES / 1024 {
            assert!(inbox.has_room());
            inbox.receive(&frame);
        }
        assert!(!inbox.has_room());
    }

    #[test]
    fn what_was_taken_is_credited_once() {
        let mut inbox = Inbox::default();
        let frame = [&[0, 4][..], &[9; 1024]].concat();
        for _ in 0..5 {
            inbox.receive(&frame);
        }
        assert_eq!(inbox.credit(), None);
        inbox.consume(4095);
        assert_eq!(inbox.credit(), None);
        inbox.consume(1);
        assert_eq!((inbox.credit(), inbox.credit()), (Some(4096), None));
        inbox.discard();
        for _ in 0..3 {
            inbox.receive(&frame);
        }
        assert_eq!((inbox.credit(), inbox.credit()), (Some(4096), None));
    }

    #[test]
    fn nonsense_stops_the_feed() {
        let mut inbox = Inbox::default();
        inbox.receive(&[0xff, 0xff, 1, 2, 3]);
        assert_eq!(inbox.feed(), Feed::Broken(0xffff));
        assert!(inbox.is_finished());
    }
}
