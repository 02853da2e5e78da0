//! The session protocol between `services/init` and the host, over the console's bytes.
//!
//! Guest to host: noise (on a terminal, the session itself), then [`MAGIC`], then frames `[type u8][len u16 LE][payload]`.
//! Host to guest, once [`Frame::Ready`] came: frames `[len u16 LE][payload]`, length 0 for EOF.
//! [`Decoder`] reads the first, [`encode_stdin`] writes the second. Neighbour: [`crate::relay`].

/// What init writes when the console is in raw mode and frames follow.
pub const MAGIC: &[u8; 8] = b"\x01RVOS\x02S\n";
/// Bytes of a guest frame's payload at most.
pub const MAX_PAYLOAD: usize = 4096;
/// Bytes of standard input in one frame at most.
pub const MAX_STDIN_PAYLOAD: usize = 1024;

/// A whole frame from the guest.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// The magic came: frames follow.
    Started,
    /// The program wrote this to its standard output.
    Stdout(&'a [u8]),
    /// The program wrote this to its standard error.
    Stderr(&'a [u8]),
    /// The program ended with this status, as waitpid(2) gives it.
    Exit(u32),
    /// Init reads standard input now; with a number, only so many bytes until more [`Frame::Credit`].
    Ready(Option<u32>),
    /// Init can take so many more bytes of standard input.
    Credit(u32),
    /// Bytes outside of frames: boot messages, or what came after the last frame.
    Outside(&'a [u8]),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Before the magic.
    Noise,
    Frames,
    /// After bytes that are no frame, or after the exit frame.
    Ended,
}

/// Splits the console's bytes into frames and what is outside of them.
#[derive(Debug)]
pub struct Decoder {
    state: State,
    pending: Vec<u8>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { state: State::Noise, pending: Vec::new() }
    }
}

impl Decoder {
    /// Takes bytes as they come and calls `on_frame` for each whole frame.
    pub fn push(&mut self, bytes: &[u8], mut on_frame: impl FnMut(Frame<'_>)) {
        self.pending.extend_from_slice(bytes);
        if self.state == State::Noise {
            self.find_magic(&mut on_frame);
        }
        let mut used = 0;
        while self.state == State::Frames {
            let rest = self.pending.get(used..).unwrap_or_default();
            match parse(rest) {
                Parsed::Frame(frame, size) => {
                    used += size;
                    if matches!(frame, Frame::Exit(_)) {
                        self.state = State::Ended;
                    }
                    on_frame(frame);
                }
                Parsed::Incomplete => break,
                Parsed::Invalid => self.state = State::Ended,
            }
        }
        self.pending.drain(..used);
        if self.state == State::Ended {
            self.finish(on_frame);
        }
    }

    /// Gives out what is held back as part of a magic or frame that did not become whole.
    pub fn finish(&mut self, mut on_frame: impl FnMut(Frame<'_>)) {
        let rest = std::mem::take(&mut self.pending);
        if !rest.is_empty() {
            on_frame(Frame::Outside(&rest));
        }
    }

    fn find_magic(&mut self, on_frame: &mut impl FnMut(Frame<'_>)) {
        let found = self.pending.windows(MAGIC.len()).position(|w| w == MAGIC);
        let noise = found.unwrap_or_else(|| self.pending.len() - self.magic_begun());
        if let Some(bytes) = self.pending.get(..noise).filter(|bytes| !bytes.is_empty()) {
            on_frame(Frame::Outside(bytes));
        }
        self.pending.drain(..noise);
        if found.is_some() {
            self.pending.drain(..MAGIC.len());
            self.state = State::Frames;
            on_frame(Frame::Started);
        }
    }

    /// How many of the last bytes may be the magic's beginning.
    fn magic_begun(&self) -> usize {
        (1..MAGIC.len()).rev().find(|&len| MAGIC.get(..len).is_some_and(|part| self.pending.ends_with(part))).unwrap_or(0)
    }
}

enum Parsed<'a> {
    Frame(Frame<'a>, usize),
    Incomplete,
    Invalid,
}

fn parse(bytes: &[u8]) -> Parsed<'_> {
    let Some((&[kind, low, high], rest)) = bytes.split_first_chunk::<3>() else {
        // A wrong type shows at once: a panic message must not wait for two more bytes.
        return if bytes.first().is_some_and(|kind| !(1..=5).contains(kind)) { Parsed::Invalid } else { Parsed::Incomplete };
    };
    let len = usize::from(u16::from_le_bytes([low, high]));
    if !(1..=5).contains(&kind) || len > MAX_PAYLOAD {
        return Parsed::Invalid;
    }
    let Some(payload) = rest.get(..len) else {
        return Parsed::Incomplete;
    };
    let number = <[u8; 4]>::try_from(payload).map(u32::from_le_bytes);
    let frame = match (kind, number) {
        (1, _) => Frame::Stdout(payload),
        (2, _) => Frame::Stderr(payload),
        (3, Ok(status)) => Frame::Exit(status),
        (4, Ok(credit)) => Frame::Ready(Some(credit)),
        (4, Err(_)) if payload.is_empty() => Frame::Ready(None),
        (5, Ok(credit)) => Frame::Credit(credit),
        _ => return Parsed::Invalid,
    };
    Parsed::Frame(frame, 3 + len)
}

/// Appends `bytes` (at most [`MAX_STDIN_PAYLOAD`]) to `out` as one frame; no bytes mean EOF.
pub fn encode_stdin(bytes: &[u8], out: &mut Vec<u8>) {
    debug_assert!(bytes.len() <= MAX_STDIN_PAYLOAD, "frame too long");
    let len = u16::try_from(bytes.len()).unwrap_or(0);
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(bytes);
}

/// What init is to run, for the file `/etc/rvos/session`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Session {
    /// Who the program talks to.
    pub mode: Mode,
    /// argv; argv\[0\] is looked up in the guest's PATH.
    pub args: Vec<Vec<u8>>,
    /// Variables `K=V` added to the environment.
    pub env: Vec<Vec<u8>>,
    /// The working directory, if not init's choice.
    pub cwd: Option<Vec<u8>>,
}

/// Who the program of a session talks to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// Pipes that init relays in frames.
    #[default]
    Relay,
    /// The console tty.
    Tty,
}

impl Session {
    /// The file's bytes: NUL-terminated records `key=value`.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut record = |key: &[u8], value: &[u8]| {
            for part in [key, b"=", value, b"\0"] {
                out.extend_from_slice(part);
            }
        };
        record(b"mode", if self.mode == Mode::Relay { b"relay" } else { b"tty" });
        self.args.iter().for_each(|arg| record(b"arg", arg));
        self.env.iter().for_each(|var| record(b"env", var));
        self.cwd.iter().for_each(|dir| record(b"cwd", dir));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(chunks: &[&[u8]]) -> (Vec<String>, Vec<u8>) {
        let mut decoder = Decoder::default();
        let mut seen = Vec::new();
        let mut outside = Vec::new();
        let mut take = |frame: Frame<'_>| match frame {
            Frame::Outside(bytes) => outside.extend_from_slice(bytes),
            frame => seen.push(format!("{frame:?}")),
        };
        for chunk in chunks {
            decoder.push(chunk, &mut take);
        }
        decoder.finish(&mut take);
        (seen, outside)
    }

    #[test]
    fn frames_survive_any_cut() {
        let frames = b"\x04\0\0\x01\x02\0hi\x02\x01\0e\x03\x04\0\0\x07\0\0late";
        let stream = [b"boot\x01RV\n".as_slice(), MAGIC, frames].concat();
        let whole = decode(&[&stream]);
        assert_eq!(whole.0.len(), 5);
        assert_eq!(whole.1, b"boot\x01RV\nlate");
        for cut in 0..=stream.len() {
            let (a, b) = stream.split_at(cut);
            assert_eq!(decode(&[a, b]), whole, "cut at {cut}");
        }
    }

    #[test]
    fn panic_text_ends_the_frames() {
        let stream = [MAGIC.as_slice(), b"\x01\x02\0hi", b"panicked at here"].concat();
        let (seen, outside) = decode(&[&stream]);
        assert_eq!(seen.len(), 2);
        assert_eq!(outside, b"panicked at here");
    }

    #[test]
    fn output_is_not_held_back_before_the_magic() {
        let mut decoder = Decoder::default();
        let mut shown = Vec::new();
        decoder.push(b"~ # ", |frame| {
            if let Frame::Outside(bytes) = frame {
                shown.extend_from_slice(bytes);
            }
        });
        assert_eq!(shown, b"~ # ");
    }

    #[test]
    fn session_file() {
        let session = Session { args: vec![b"sh".to_vec(), b"-c".to_vec()], ..Session::default() };
        assert_eq!(session.encode(), b"mode=relay\0arg=sh\0arg=-c\0");
    }
}
