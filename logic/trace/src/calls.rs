//! [`CallRecord`]: a call of a traced program, as the kernel writes it to the descriptor that was
//! named in `/proc/PID/calls`, one write for each.
//!
//! A record is a header of [`CALL_HEADER_BYTES`], then parts: what the pointers among the arguments
//! led to. A part is the argument's index, a byte that says whether it is cut short, the length as 16
//! bits, and the bytes. Everything is little-endian.

/// Bytes of a header: eleven words.
pub const CALL_HEADER_BYTES: usize = 88;
/// The most bytes of one part.
pub const CALL_TEXT_MAX: usize = 160;
/// Bytes before those of a part.
const PART_BYTES: usize = 4;

/// Which half of a call a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Phase {
    /// The call begins; parts are what goes in.
    Begin = 1,
    /// It has ended; parts are what came out.
    End = 2,
    /// The thread ends; `result` is the wait status if it was its process's last, else -1.
    Gone = 3,
}

/// A header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// Bytes of the record, this header included.
    pub size: u16,
    /// Which half.
    pub phase: Phase,
    /// The thread.
    pub tid: u32,
    /// When, in nanoseconds of the monotonic clock.
    pub time_ns: u64,
    /// The call's number.
    pub number: u64,
    /// What stands in `a0` after it.
    pub result: i64,
    /// The arguments as they stand in the registers.
    pub args: [u64; 7],
}

impl CallRecord {
    /// As bytes.
    #[must_use]
    #[expect(clippy::cast_sign_loss, reason = "the bits are what counts")]
    pub fn to_bytes(self) -> [u8; CALL_HEADER_BYTES] {
        let what = u64::from(self.size) | (self.phase as u64) << 16 | u64::from(self.tid) << 32;
        let mut bytes = [0; CALL_HEADER_BYTES];
        let head = [what, self.time_ns, self.number, self.result as u64];
        for (to, word) in bytes.chunks_exact_mut(8).zip(head.into_iter().chain(self.args)) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// From the first bytes of a record; `None` if they are no header.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "the parts are cut out")]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut words = [0; CALL_HEADER_BYTES / 8];
        let header = bytes.get(..CALL_HEADER_BYTES)?;
        for (word, from) in words.iter_mut().zip(header.chunks_exact(8)) {
            *word = u64::from_le_bytes(from.try_into().ok()?);
        }
        let [what, time_ns, number, result, args @ ..] = words;
        let phase = match (what >> 16) as u16 {
            1 => Phase::Begin,
            2 => Phase::End,
            3 => Phase::Gone,
            _ => return None,
        };
        let size = what as u16;
        if usize::from(size) < CALL_HEADER_BYTES {
            return None;
        }
        Some(Self { size, phase, tid: (what >> 32) as u32, time_ns, number, result: result as i64, args })
    }

    /// The parts behind the header of a whole record: index of the argument, whether the bytes are cut
    /// short, and the bytes.
    pub fn parts(record: &[u8]) -> impl Iterator<Item = (usize, bool, &[u8])> {
        let mut rest = record.get(CALL_HEADER_BYTES..).unwrap_or_default();
        core::iter::from_fn(move || {
            let [index, cut, low, high] = *rest.first_chunk::<PART_BYTES>()?;
            let end = usize::from(u16::from_le_bytes([low, high])).checked_add(PART_BYTES)?;
            let bytes = rest.get(PART_BYTES..end)?;
            rest = rest.get(end..).unwrap_or_default();
            Some((usize::from(index), cut != 0, bytes))
        })
    }
}

/// Adds a part at `at`; gives where the next one goes. What does not fit is left out.
pub fn put_part(record: &mut [u8], at: usize, index: u8, cut: bool, bytes: &[u8]) -> usize {
    let Some(end) = at.checked_add(PART_BYTES).and_then(|start| start.checked_add(bytes.len())) else { return at };
    let (Some(to), Ok(len)) = (record.get_mut(at..end), u16::try_from(bytes.len())) else { return at };
    let [low, high] = len.to_le_bytes();
    if let Some((head, body)) = to.split_first_chunk_mut::<PART_BYTES>() {
        *head = [index, u8::from(cut), low, high];
        body.copy_from_slice(bytes);
    }
    end
}
