//! Output: processing (`OPOST`), columns, echo, and the ring of bytes that the wire sends.
//!
//! Key type: [`Output`]. Written bytes leave [`ECHO_RESERVE_BYTES`] of the ring to echo, so that a
//! program which floods its terminal does not silence the typist; echo that finds no room is lost.

use crate::{
    LocalFlags, NoMemory, OutputFlags, Termios,
    ctype::{is_control, to_upper},
    tty::zeroed,
};
use alloc::boxed::Box;

/// Bytes that wait for the wire at most.
pub const OUTPUT_BYTES: u32 = 4096;
/// Bytes of them that only echo may use.
pub const ECHO_RESERVE_BYTES: u32 = 1024;

/// The output side.
#[derive(Debug)]
pub(crate) struct Output {
    ring: Box<[u8]>,
    start: u32,
    len: u32,
    column: u32,
    /// Column at which the line being typed began.
    canon_column: u32,
}

/// How many bytes an operation may put into the ring.
#[derive(Clone, Copy)]
struct Room(u32);

impl Output {
    pub(crate) fn try_new() -> Result<Output, NoMemory> {
        let ring = zeroed(OUTPUT_BYTES as usize)?;
        Ok(Output { ring, start: 0, len: 0, column: 0, canon_column: 0 })
    }

    /// Bytes waiting.
    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    /// Bytes that a program may still write.
    pub(crate) fn write_room(&self) -> u32 {
        OUTPUT_BYTES.saturating_sub(ECHO_RESERVE_BYTES).saturating_sub(self.len)
    }

    /// Where what waits begins in the ring.
    pub(crate) fn start(&self) -> u32 {
        self.start
    }

    /// The first `count` bytes that wait, in order, in two pieces.
    pub(crate) fn slices(&self, count: u32) -> (&[u8], &[u8]) {
        let start = self.start as usize;
        let end = start.saturating_add(count.min(self.len) as usize);
        let ring = OUTPUT_BYTES as usize;
        let first = self.ring.get(start..end.min(ring)).unwrap_or(&[]);
        let second = self.ring.get(..end.saturating_sub(ring)).unwrap_or(&[]);
        (first, second)
    }

    /// Drops the first bytes.
    pub(crate) fn consume(&mut self, count: u32) {
        let count = count.min(self.len);
        self.start = self.start.wrapping_add(count) % OUTPUT_BYTES;
        self.len = self.len.wrapping_sub(count);
    }

    /// Drops all but the first bytes.
    pub(crate) fn truncate(&mut self, count: u32) {
        self.len = self.len.min(count);
    }

    /// A program writes; says how many bytes were taken.
    pub(crate) fn write(&mut self, termios: &Termios, bytes: &[u8]) -> usize {
        let mut taken = 0usize;
        for c in bytes {
            let room = Room(self.write_room());
            if !self.put_processed(termios, *c, room) {
                break;
            }
            taken = taken.wrapping_add(1);
        }
        taken
    }

    /// Echoes a character that was typed: control characters as `^X` under `ECHOCTL`.
    pub(crate) fn echo(&mut self, termios: &Termios, c: u8) {
        if termios.local(LocalFlags::ECHOCTL) && is_control(c) && c != b'\t' {
            let room = self.all_room();
            if room.0 >= 2 {
                self.put(b'^');
                self.put(c ^ 0o100);
                self.column = self.column.wrapping_add(2);
            }
        } else {
            self.echo_plain(termios, c);
        }
    }

    /// Echoes a byte as it is (output processing aside).
    pub(crate) fn echo_plain(&mut self, termios: &Termios, c: u8) {
        let room = self.all_room();
        if c == 0xFF {
            // Linux escapes this byte in its echo queue and sends it unprocessed.
            if room.0 > 0 {
                self.put(c);
                self.column = self.column.wrapping_add(1);
            }
        } else {
            self.put_processed(termios, c, room);
        }
    }

    /// The next line begins at this column.
    pub(crate) fn note_line_start(&mut self) {
        self.canon_column = self.column;
    }

    /// Takes back a column that an echoed continuation byte has counted.
    pub(crate) fn step_back(&mut self) {
        self.column = self.column.saturating_sub(1);
    }

    /// Wipes a tab. `before` are the columns of the characters between it and the tab before it,
    /// or (`since_start`) the start of the line.
    pub(crate) fn erase_tab(&mut self, before: u32, since_start: bool) {
        let from = if since_start { before.wrapping_add(self.canon_column) } else { before };
        let back = 8u32.wrapping_sub(from & 7);
        if back > self.all_room().0 {
            return;
        }
        for _ in 0..back {
            self.put(0x08);
            self.column = self.column.saturating_sub(1);
        }
    }

    fn all_room(&self) -> Room {
        Room(OUTPUT_BYTES.saturating_sub(self.len))
    }

    /// One byte through `OPOST`; false if there is no room for what it becomes.
    fn put_processed(&mut self, termios: &Termios, c: u8, room: Room) -> bool {
        if room.0 == 0 {
            return false;
        }
        if !termios.output(OutputFlags::OPOST) {
            self.put(c);
            return true;
        }
        match c {
            b'\n' => return self.put_newline(termios, room),
            b'\r' => self.put_return(termios),
            b'\t' => return self.put_tab(termios, room),
            0x08 => {
                self.column = self.column.saturating_sub(1);
                self.put(c);
            }
            _ if is_control(c) => self.put(c),
            _ => {
                let c = if termios.output(OutputFlags::OLCUC) { to_upper(c) } else { c };
                if !termios.is_continuation(c) {
                    self.column = self.column.wrapping_add(1);
                }
                self.put(c);
            }
        }
        true
    }

    fn put_newline(&mut self, termios: &Termios, room: Room) -> bool {
        if termios.output(OutputFlags::ONLRET) {
            self.column = 0;
        }
        if termios.output(OutputFlags::ONLCR) {
            if room.0 < 2 {
                return false;
            }
            self.column = 0;
            self.put(b'\r');
        }
        self.canon_column = self.column;
        self.put(b'\n');
        true
    }

    fn put_return(&mut self, termios: &Termios) {
        if termios.output(OutputFlags::ONOCR) && self.column == 0 {
            return;
        }
        let becomes_newline = termios.output(OutputFlags::OCRNL);
        if !becomes_newline || termios.output(OutputFlags::ONLRET) {
            self.column = 0;
            self.canon_column = 0;
        }
        self.put(if becomes_newline { b'\n' } else { b'\r' });
    }

    fn put_tab(&mut self, termios: &Termios, room: Room) -> bool {
        let spaces = 8u32.wrapping_sub(self.column & 7);
        if termios.output(OutputFlags::XTABS) {
            if room.0 < spaces {
                return false;
            }
            for _ in 0..spaces {
                self.put(b' ');
            }
        } else {
            self.put(b'\t');
        }
        self.column = self.column.wrapping_add(spaces);
        true
    }

    fn put(&mut self, c: u8) {
        let at = self.start.wrapping_add(self.len) % OUTPUT_BYTES;
        if self.len < OUTPUT_BYTES
            && let Some(slot) = self.ring.get_mut(at as usize)
        {
            *slot = c;
            self.len = self.len.wrapping_add(1);
        }
    }
}
