//! The framing of the relay: what travels over the console after [`MAGIC`].
//!
//! Guest to host: `[type u8][length u16 LE][payload ≤ 4096]`, see [`Kind`].
//! Host to guest, once the guest sent [`Kind::Ready`]: `[length u16 LE][payload
//! ≤ 1024]`, the program's standard input; a length of 0 is its end. Nothing
//! follows [`Kind::Exit`]: the kernel's last words may.
//!
//! The host counts: it sends no more bytes of standard input than [`Kind::Ready`]
//! and every [`Kind::Credit`] allow together. A UART has no flow control that
//! Linux's driver would use, and what its buffers cannot hold is lost.
//!
//! Pure; neighbours: `boxes` keeps the bytes, `relay` moves them.

/// Ends the boot noise; only frames follow it.
pub(crate) const MAGIC: [u8; 8] = *b"\x01RVOS\x02S\n";

/// The longest payload of a frame to the host, in bytes.
pub(crate) const MAX_TO_HOST: usize = 4096;

/// The longest payload of a frame from the host, in bytes.
pub(crate) const MAX_FROM_HOST: usize = 1024;

/// Bytes before the payload of a frame to the host.
pub(crate) const HEADER_LEN: usize = 3;

/// The types of frames to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// Bytes the program wrote to its standard output.
    Stdout = 1,
    /// Bytes the program wrote to its standard error.
    Stderr = 2,
    /// The program ended; u32 LE, the status as waitpid(2) gives it.
    Exit = 3,
    /// Standard input may be sent; u32 LE, how many bytes of it until a credit.
    Ready = 4,
    /// So many more bytes may be sent; u32 LE.
    Credit = 5,
}

/// The header of a frame with this payload.
///
/// A payload over [`MAX_TO_HOST`] is the caller's bug: `None`.
pub(crate) fn header(kind: Kind, payload_len: usize) -> Option<[u8; HEADER_LEN]> {
    if payload_len > MAX_TO_HOST {
        return None;
    }
    let [low, high] = u16::try_from(payload_len).ok()?.to_le_bytes();
    Some([kind as u8, low, high])
}

/// What the bytes from the host amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Bytes for the program's standard input, in order.
    Data(&'a [u8]),
    /// The end of standard input. Nothing is decoded after it.
    End,
    /// A length over [`MAX_FROM_HOST`]. Nothing is decoded after it.
    Bad(u16),
}

/// Takes the host's byte stream apart, however it was cut.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    state: State,
}

#[derive(Debug, Default, Clone, Copy)]
enum State {
    #[default]
    LowByte,
    HighByte {
        low: u8,
    },
    Payload {
        left: usize,
    },
    Over,
}

impl Decoder {
    /// Decodes one piece from the front of `bytes`: the piece, if there is one
    /// yet, and what is left of `bytes`.
    pub(crate) fn step<'a>(&mut self, bytes: &'a [u8]) -> (Option<Piece<'a>>, &'a [u8]) {
        match (self.state, bytes) {
            (State::Over, _) => (None, &[]),
            (_, []) => (None, &[]),
            (State::LowByte, [low, rest @ ..]) => {
                self.state = State::HighByte { low: *low };
                (None, rest)
            }
            (State::HighByte { low }, [high, rest @ ..]) => (self.length(u16::from_le_bytes([low, *high])), rest),
            (State::Payload { left }, _) => {
                let (data, rest) = bytes.split_at(left.min(bytes.len()));
                self.state = match left - data.len() {
                    0 => State::LowByte,
                    left => State::Payload { left },
                };
                (Some(Piece::Data(data)), rest)
            }
        }
    }

    fn length(&mut self, length: u16) -> Option<Piece<'static>> {
        match usize::from(length) {
            0 => {
                self.state = State::Over;
                Some(Piece::End)
            }
            left if left <= MAX_FROM_HOST => {
                self.state = State::Payload { left };
                None
            }
            _ => {
                self.state = State::Over;
                Some(Piece::Bad(length))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Decoder, Kind, MAX_FROM_HOST, MAX_TO_HOST, Piece, header};
    use proptest::prelude::{Strategy, any, prop, prop_assert_eq, proptest};

    fn decode(chunks: &[&[u8]]) -> (Vec<u8>, Option<Piece<'static>>) {
        let (mut decoder, mut data, mut last) = (Decoder::default(), Vec::new(), None);
        for chunk in chunks {
            let mut rest = *chunk;
            while !rest.is_empty() {
                let (piece, left) = decoder.step(rest);
                match piece {
                    Some(Piece::Data(bytes)) => data.extend_from_slice(bytes),
                    Some(Piece::End) => last = Some(Piece::End),
                    Some(Piece::Bad(n)) => last = Some(Piece::Bad(n)),
                    None => {}
                }
                rest = left;
            }
        }
        (data, last)
    }

    #[test]
    fn headers() {
        assert_eq!(header(Kind::Stdout, 1), Some([1, 1, 0]));
        assert_eq!(header(Kind::Stderr, MAX_TO_HOST), Some([2, 0, 16]));
        assert_eq!(header(Kind::Exit, 4), Some([3, 4, 0]));
        assert_eq!(header(Kind::Ready, 0), Some([4, 0, 0]));
        assert_eq!(header(Kind::Stdout, MAX_TO_HOST + 1), None);
    }

    #[test]
    fn bytes_after_the_end_are_ignored() {
        assert_eq!(decode(&[b"\x02\0ab\0\0\x01\0c"]), (b"ab".to_vec(), Some(Piece::End)));
    }

    #[test]
    fn an_over_long_frame_is_refused() {
        assert_eq!(decode(&[&[1, 4, 7, 7]]), (vec![], Some(Piece::Bad(1025))));
    }

    fn payloads() -> impl Strategy<Value = Vec<Vec<u8>>> {
        prop::collection::vec(prop::collection::vec(any::<u8>(), 1..=MAX_FROM_HOST), 0..6)
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_bytes(payloads in payloads(), cut in 1usize..700, end in prop::bool::ANY) {
            let mut wire = Vec::new();
            for payload in &payloads {
                wire.extend_from_slice(&u16::try_from(payload.len()).expect("short").to_le_bytes());
                wire.extend_from_slice(payload);
            }
            if end {
                wire.extend_from_slice(&[0, 0]);
            }
            let chunks: Vec<&[u8]> = wire.chunks(cut).collect();
            let (data, last) = decode(&chunks);
            prop_assert_eq!(data, payloads.concat());
            prop_assert_eq!(last, end.then_some(Piece::End));
        }
    }
}
