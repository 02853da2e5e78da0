//! Where data of a read goes and data of a write comes from: one or several ranges of user memory, or kernel memory.

use abi::Errno;
use alloc::vec::Vec;
use mem::{Frame, PAGE, user};

/// Most segments of a vector (UIO_MAXIOV).
pub(crate) const IOV_MAX: usize = 1024;
/// Most bytes that one call moves (MAX_RW_COUNT).
pub(crate) const MAX_BYTES: usize = 0x7fff_f000;

/// Ranges of memory, used up from the front.
pub(crate) struct Buffer<'a> {
    place: Place<'a>,
    /// Bytes not used up yet.
    left: usize,
    /// Bytes used up.
    done: usize,
    faulted: bool,
}

enum Place<'a> {
    User(usize),
    Vector {
        segments: Vec<(usize, usize)>,
        at: usize,
        used: usize,
    },
    KernelOut(&'a mut [u8]),
    /// Part of a frame, from this byte on.
    Frame(&'a Frame, usize),
}

/// How far a buffer was used up, to go back there.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    left: usize,
    done: usize,
    segment: (usize, usize),
}

impl<'a> Buffer<'a> {
    /// One range of user memory.
    #[inline]
    pub(crate) fn user(addr: usize, len: usize) -> Buffer<'static> {
        Buffer { place: Place::User(addr), left: len.min(MAX_BYTES), done: 0, faulted: false }
    }
    /// Kernel memory to be written to.
    pub(crate) fn kernel_out(to: &'a mut [u8]) -> Self {
        let left = to.len();
        Buffer { place: Place::KernelOut(to), left, done: 0, faulted: false }
    }
    /// `len` bytes of a frame from `at` on, to be written to or to be read from.
    pub(crate) fn frame(frame: &'a Frame, at: usize, len: usize) -> Self {
        let left = len.min(PAGE.saturating_sub(at));
        Buffer { place: Place::Frame(frame, at), left, done: 0, faulted: false }
    }
    /// The segments of an iovec array in user memory (readv(2)).
    pub(crate) fn vector(iov: usize, count: usize) -> Result<Buffer<'static>, Errno> {
        if count > IOV_MAX {
            return Err(Errno::EINVAL);
        }
        let mut segments = Vec::new();
        segments.try_reserve_exact(count).map_err(|_| Errno::ENOMEM)?;
        let mut total = 0usize;
        for i in 0..count {
            let at = iov.wrapping_add(i * 16);
            let [base, len] = user::read::<[u64; 2]>(at).map_err(|_| Errno::EFAULT)?;
            if len > isize::MAX as u64 {
                return Err(Errno::EINVAL);
            }
            let len = (len as usize).min(MAX_BYTES.saturating_sub(total));
            total = total.saturating_add(len);
            if len != 0 {
                segments.push((base as usize, len));
            }
        }
        Ok(Buffer { place: Place::Vector { segments, at: 0, used: 0 }, left: total, done: 0, faulted: false })
    }
    /// Bytes not used up.
    #[inline]
    pub(crate) fn left(&self) -> usize {
        if self.faulted { 0 } else { self.left }
    }
    /// Bytes moved so far.
    pub(crate) fn done(&self) -> usize {
        self.done
    }
    /// Uses at most `n` bytes more.
    pub(crate) fn limit(&mut self, n: usize) {
        self.left = self.left.min(n);
    }
    /// The result of a transfer: the bytes moved, or EFAULT if there is none because of a fault.
    pub(crate) fn result(&self) -> Result<usize, Errno> {
        if self.done == 0 && self.faulted { Err(Errno::EFAULT) } else { Ok(self.done) }
    }
    /// Whether a fault ended the transfer.
    pub(crate) fn faulted(&self) -> bool {
        self.faulted
    }
    /// Takes a fault back, to try again once the page is there.
    pub(crate) fn clear_fault(&mut self) {
        self.faulted = false;
    }
    /// Where it stands.
    #[inline]
    pub(crate) fn mark(&self) -> Mark {
        let segment = match &self.place {
            Place::Vector { at, used, .. } => (*at, *used),
            _ => (0, 0),
        };
        Mark { left: self.left, done: self.done, segment }
    }
    /// Goes back to where it stood, and takes a fault back.
    pub(crate) fn go_back(&mut self, to: Mark) {
        (self.left, self.done, self.faulted) = (to.left, to.done, false);
        if let Place::Vector { at, used, .. } = &mut self.place {
            (*at, *used) = to.segment;
        }
    }
    /// The user address that comes next, if it is user memory.
    pub(crate) fn next_address(&self) -> Option<usize> {
        match &self.place {
            Place::User(a) => Some(a.wrapping_add(self.done)),
            Place::Vector { segments, at, used } => segments.get(*at).map(|s| s.0.wrapping_add(*used)),
            _ => None,
        }
    }

    /// Writes bytes to the buffer; returns how many fitted.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> usize {
        self.each(bytes.len(), |place, offset, n| match place {
            Piece::User(addr) => user::copy_out_short(addr, bytes.get(offset..offset + n).unwrap_or_default()),
            Piece::Out(to) => {
                to.copy_from_slice(bytes.get(offset..offset + n).unwrap_or_default());
                n
            }
            Piece::Frame(to, at) => to.write(at, bytes.get(offset..offset + n).unwrap_or_default()),
        })
    }
    /// Takes bytes from the buffer; returns how many there were.
    pub(crate) fn take(&mut self, bytes: &mut [u8]) -> usize {
        let len = bytes.len();
        self.each(len, |place, offset, n| {
            let to = bytes.get_mut(offset..offset + n).unwrap_or_default();
            match place {
                Piece::User(addr) => user::copy_in_short(to, addr),
                Piece::Frame(from, at) => from.read(at, to),
                Piece::Out(_) => 0,
            }
        })
    }
    /// Writes part of a frame to the buffer.
    pub(crate) fn put_frame(&mut self, frame: &Frame, at: usize, len: usize) -> usize {
        self.each(len, |place, offset, n| match place {
            Piece::User(addr) => frame.copy_to_user(at + offset, addr, n),
            Piece::Out(to) => frame.read(at + offset, to),
            Piece::Frame(to, to_at) => copy_frame(frame, at + offset, to, to_at, n),
        })
    }
    /// Fills part of a frame from the buffer.
    pub(crate) fn take_frame(&mut self, frame: &Frame, at: usize, len: usize) -> usize {
        self.each(len, |place, offset, n| match place {
            Piece::User(addr) => frame.copy_from_user(at + offset, addr, n),
            Piece::Frame(from, from_at) => copy_frame(from, from_at, frame, at + offset, n),
            Piece::Out(_) => 0,
        })
    }
    /// Writes zeros to the buffer.
    pub(crate) fn put_zeros(&mut self, len: usize) -> usize {
        self.each(len, |place, _, n| match place {
            Piece::User(addr) => user::zero_short(addr, n),
            Piece::Out(to) => {
                to.fill(0);
                n
            }
            Piece::Frame(to, at) => {
                to.zero(at, n);
                n
            }
        })
    }
    /// Uses up bytes without looking at them.
    #[inline]
    pub(crate) fn skip(&mut self, len: usize) -> usize {
        self.each(len, |_, _, n| n)
    }

    /// Moves up to `len` bytes piece by piece: `f(piece, bytes moved before, piece length)` says how many it moved; fewer
    /// than asked for is a fault.
    #[inline]
    fn each(&mut self, len: usize, mut f: impl FnMut(Piece<'_>, usize, usize) -> usize) -> usize {
        let want = len.min(self.left());
        let mut moved = 0;
        while moved < want {
            let rest = want - moved;
            let (n, got) = match &mut self.place {
                Place::User(addr) => (rest, f(Piece::User(addr.wrapping_add(self.done)), moved, rest)),
                Place::Vector { segments, at, used } => {
                    let Some(&(base, seg_len)) = segments.get(*at) else { break };
                    let n = rest.min(seg_len - *used);
                    let got = f(Piece::User(base.wrapping_add(*used)), moved, n);
                    *used += got;
                    if *used == seg_len {
                        *at += 1;
                        *used = 0;
                    }
                    (n, got)
                }
                Place::KernelOut(to) => {
                    let to = to.get_mut(self.done..self.done + rest).unwrap_or_default();
                    (rest, f(Piece::Out(to), moved, rest))
                }
                Place::Frame(frame, at) => (rest, f(Piece::Frame(frame, *at + self.done), moved, rest)),
            };
            moved += got;
            self.done += got;
            self.left -= got;
            if got < n {
                self.faulted = true;
                break;
            }
        }
        moved
    }
}

enum Piece<'a> {
    User(usize),
    Out(&'a mut [u8]),
    Frame(&'a Frame, usize),
}

/// Copies between two frames; returns bytes copied.
pub(crate) fn copy_frame(from: &Frame, at: usize, to: &Frame, to_at: usize, len: usize) -> usize {
    let mut chunk = [0u8; 256];
    let mut done = 0;
    while done < len {
        let n = chunk.len().min(len - done);
        let part = chunk.get_mut(..n).unwrap_or_default();
        let got = from.read(at + done, part);
        let got = to.write(to_at + done, part.get(..got).unwrap_or_default());
        done += got;
        if got < n {
            break;
        }
    }
    done
}
