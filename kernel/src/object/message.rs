//! What goes through a channel: bytes, descriptors, and who sent them.
//!
//! A message is one allocation that is passed on as a whole: a request's memory is the room for its reply. Up to
//! [`INLINE`] bytes are in it; more are in frames, so that none needs more than one contiguous frame. One that is destroyed
//! closes what it carries, one after the other however deep channels lie in channels: [`destroy`].

use crate::budget::{self, Budget, Charge};
use crate::census::{Counted, Kind};
use crate::fs::buffer::Buffer;
use crate::fs::table::Passed;
use crate::net::unix::Envelope;
use abi::Errno;
use alloc::boxed::Box;
use alloc::vec::Vec;
use logic_channel::Size;
use mem::{Frame, NoMemory, PAGE, Ref, user};
use zerocopy::IntoBytes;

/// Bytes that need no frame.
pub(crate) const INLINE: usize = 128;
/// Bytes of a short message, which is copied as a whole ([`Words`]).
pub(crate) const SHORT: usize = 64;
/// All of a short message, in halves: most need only the first.
pub(crate) type Words = [[u64; SHORT / 16]; 2];
/// One that is to be read into. No two neighbouring words are alike, so that they are written one by one: clearing them by a call
/// costs several times as much.
pub(crate) const UNREAD_WORDS: Words = [[0, 1, 0, 1]; 2];

/// A message.
pub(crate) struct Message {
    /// The first bytes, and the rest of those that need no frame.
    inline: [Words; INLINE / SHORT],
    /// All of the bytes if there are more than `INLINE`.
    frames: Vec<Frame>,
    /// Descriptors on their way.
    pub(crate) fds: Vec<Passed>,
    /// The process that sent it.
    pub(crate) process: u64,
    /// That process's budget.
    pub(crate) budget: u64,
    /// What a socket notes about it.
    pub(crate) envelope: Option<Envelope>,
    /// Further messages, of a list that is being destroyed.
    next: Option<Box<Message>>,
    _counted: Counted<{ Kind::Messages as usize }>,
    _charge: Charge,
    /// Bytes in flight: those that there are frames for.
    bytes: Option<Charge>,
}

impl Message {
    /// An empty message with room for `room`, charged to the running thread's heap; `payer`, whose heap that is, pays for one
    /// message in flight besides.
    pub(crate) fn try_new(payer: &Budget, room: Size) -> Result<Box<Message>, Errno> {
        let charge = payer.charge(budget::Kind::Messages, 1).map_err(|_| Errno::EDQUOT)?;
        let mut message = Self::empty(charge).map_err(|NoMemory| Errno::ENOMEM)?;
        message.reserve(|| payer.to_ref(), room)?;
        Ok(message)
    }

    // Away from the callers' frames: it lies on the stack for a moment.
    #[inline(never)]
    fn empty(charge: Charge) -> Result<Box<Message>, NoMemory> {
        let fresh = Message {
            inline: [[[0; SHORT / 16]; 2]; INLINE / SHORT],
            frames: Vec::new(),
            fds: Vec::new(),
            process: 0,
            budget: 0,
            envelope: None,
            next: None,
            _counted: Counted::new(),
            _charge: charge,
            bytes: None,
        };
        mem::try_box(fresh)
    }

    /// Makes room, in a message without frames. More bytes than fit into it are bytes in flight that `payer` pays for.
    #[inline]
    pub(crate) fn reserve(&mut self, payer: impl FnOnce() -> Ref<Budget>, room: Size) -> Result<(), Errno> {
        if room.fds as usize > self.fds.capacity() {
            self.fds.try_reserve_exact(room.fds as usize).map_err(|_| Errno::ENOMEM)?;
        }
        if room.bytes as usize > INLINE { self.reserve_frames(&payer(), room.bytes) } else { Ok(()) }
    }

    #[inline(never)]
    fn reserve_frames(&mut self, payer: &Budget, bytes: u32) -> Result<(), Errno> {
        self.bytes = Some(payer.charge(budget::Kind::Bytes, bytes).map_err(|_| Errno::EDQUOT)?);
        let wanted = (bytes as usize).div_ceil(PAGE);
        self.frames.try_reserve_exact(wanted).map_err(|_| Errno::ENOMEM)?;
        while self.frames.len() < wanted {
            // What is read from it is what was written to it.
            self.frames.push(Frame::try_unfilled().map_err(|NoMemory| Errno::ENOMEM)?);
        }
        Ok(())
    }

    /// Takes `len` bytes from user memory, for which there is room.
    #[inline]
    pub(crate) fn copy_in(&mut self, from: usize, len: usize) -> Result<(), Errno> {
        match self.inline.as_mut_bytes().get_mut(..len) {
            Some(to) => user::copy_in(to, from).map_err(|_| Errno::EFAULT),
            None => self.fill(&mut Buffer::user(from, len)),
        }
    }

    /// Writes the first `len` bytes to user memory.
    #[inline]
    pub(crate) fn copy_out(&self, to: usize, len: usize) -> Result<(), Errno> {
        match self.inline.as_bytes().get(..len) {
            Some(from) => user::copy_out(to, from).map_err(|_| Errno::EFAULT),
            None => self.pour(&mut Buffer::user(to, len), len),
        }
    }

    /// Takes all that is left in a buffer, for which there is room.
    pub(crate) fn fill(&mut self, from: &mut Buffer<'_>) -> Result<(), Errno> {
        let len = from.left();
        if self.fill_part(from, len) == len { Ok(()) } else { Err(Errno::EFAULT) }
    }

    /// Takes `len` bytes from a buffer, for which there is room; gives how many there were.
    #[inline]
    pub(crate) fn fill_part(&mut self, from: &mut Buffer<'_>, len: usize) -> usize {
        if let Some(to) = self.inline.as_mut_bytes().get_mut(..len) {
            return from.take(to);
        }
        let mut filled = 0;
        for frame in &self.frames {
            let part = len.saturating_sub(filled).min(PAGE);
            let n = from.take_frame(frame, 0, part);
            filled += n;
            if n < part {
                break;
            }
        }
        filled
    }

    /// Writes the first `len` bytes to a buffer.
    pub(crate) fn pour(&self, to: &mut Buffer<'_>, len: usize) -> Result<(), Errno> {
        if let Some(from) = self.inline.as_bytes().get(..len) {
            return if to.put(from) == len { Ok(()) } else { Err(Errno::EFAULT) };
        }
        let mut left = len;
        for frame in &self.frames {
            let part = left.min(PAGE);
            if to.put_frame(frame, 0, part) < part {
                return Err(Errno::EFAULT);
            }
            left -= part;
        }
        Ok(())
    }

    /// Writes its bytes from `from` up to `len` to a buffer, as many as can be; gives how many.
    #[inline]
    pub(crate) fn pour_from(&self, to: &mut Buffer<'_>, from: usize, len: usize) -> usize {
        if self.frames.is_empty() {
            return to.put(self.inline.as_bytes().get(from..len).unwrap_or_default());
        }
        let (mut at, mut poured) = (from, 0);
        for frame in self.frames.iter().skip(from / PAGE) {
            let part = (PAGE - at % PAGE).min(len.saturating_sub(at));
            let n = to.put_frame(frame, at % PAGE, part);
            (at, poured) = (at + n, poured + n);
            if n < part {
                break;
            }
        }
        poured
    }

    /// Copies its first bytes, so many of a short message, to `to`.
    #[inline(always)]
    pub(crate) const fn give_words(&self, to: &mut Words, bytes: u32) {
        let [first, ..] = &self.inline;
        copy_words(to, first, bytes);
    }
    /// Replaces them.
    #[inline(always)]
    pub(crate) const fn take_words(&mut self, from: &Words, bytes: u32) {
        let [first, ..] = &mut self.inline;
        copy_words(first, from, bytes);
    }

    /// Whether it has room for so many descriptors.
    #[inline(always)]
    pub(crate) const fn has_room(&self, fds: u32) -> bool {
        fds as usize <= self.fds.capacity()
    }

    /// Whether it is worth keeping for the next message: it carries nothing, and is small.
    #[inline(always)]
    pub(crate) fn is_spare(&self) -> bool {
        self.fds.is_empty() && self.fds.capacity() <= 4 && self.bytes.is_none()
    }
}

#[inline(always)]
const fn copy_words(to: &mut Words, from: &Words, bytes: u32) {
    let ([to, to_more], [from, from_more]) = (to, from);
    *to = *from;
    if bytes as usize > SHORT / 2 {
        *to_more = *from_more;
    }
}

/// Messages that are to be destroyed.
pub(crate) struct Doomed(Option<Box<Message>>);

impl Doomed {
    /// None.
    pub(crate) const fn new() -> Self {
        Doomed(None)
    }
    /// One more. Needs no memory.
    pub(crate) fn push(&mut self, mut message: Box<Message>) {
        message.next = self.0.take();
        self.0 = Some(message);
    }
    fn pop(&mut self) -> Option<Box<Message>> {
        let mut first = self.0.take()?;
        self.0 = first.next.take();
        Some(first)
    }
}

/// Destroys a message, if there is one.
#[inline(always)]
pub(crate) fn destroy_any(message: Option<Box<Message>>) {
    match message {
        Some(m) => destroy(m),
        // Without a look at what is not there.
        none => core::mem::forget(none),
    }
}

/// Destroys a message. The end of a channel that it carries may be the last, and the messages that wait there go next: they
/// join the list of the one who is at it already on this thread, instead of going ever deeper into its stack.
#[inline(never)]
pub(crate) fn destroy(message: Box<Message>) {
    if message.fds.is_empty() {
        return;
    }
    crate::task::with_current(|me| {
        {
            let mut doomed = me.doomed.lock();
            let (busy, list) = &mut *doomed;
            // reserved: it links itself in.
            list.push(message);
            if core::mem::replace(busy, true) {
                return;
            }
        }
        loop {
            let next = {
                let mut doomed = me.doomed.lock();
                let next = doomed.1.pop();
                doomed.0 = next.is_some();
                next
            };
            let Some(mut message) = next else { return };
            // Each closes by itself, which may bring more.
            while let Some(passed) = message.fds.pop() {
                drop(passed);
            }
        }
    });
}
