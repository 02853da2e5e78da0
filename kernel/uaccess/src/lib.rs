//! Copies between the kernel and user memory.
//!
//! A page that is not there is faulted in by the trap handler while the copy waits, unless a lock is held: then the copy
//! ends short, and the caller lets go of its lock, calls [`fault_in`] and tries again (no lock over a user access that
//! may fault).

#![no_std]
#![forbid(unsafe_code)]

use arch::{FRAME_BYTES as PAGE, USER_TOP};
use core::mem::MaybeUninit;
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes};

/// A user address that cannot be read or written as needed (EFAULT).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault;

/// Whether `[addr, addr + len)` lies in user space.
#[inline(always)]
pub fn in_user_space(addr: usize, len: usize) -> bool {
    addr <= USER_TOP && len <= USER_TOP - addr
}

/// Copies from user memory; returns the exact count of bytes that could be read.
#[inline]
pub fn copy_in_short(dst: &mut [u8], src: usize) -> usize {
    let want = dst.len().min(USER_TOP.saturating_sub(src));
    let Some(dst) = dst.get_mut(..want).filter(|d| !d.is_empty()) else { return 0 };
    let left = arch::copy_from_user_raw(dst, src);
    if left == 0 { want } else { finish_in(dst, src, want - left) }
}

/// The block copy stopped somewhere in a block: goes on byte by byte to the byte that really faults.
#[cold]
fn finish_in(dst: &mut [u8], src: usize, mut done: usize) -> usize {
    while let Some(byte) = dst.get_mut(done..done + 1) {
        if arch::copy_from_user_raw(byte, src + done) != 0 {
            break;
        }
        done += 1;
    }
    done
}

/// Copies to user memory; returns the exact count of bytes that could be written.
#[inline]
pub fn copy_out_short(dst: usize, src: &[u8]) -> usize {
    let want = src.len().min(USER_TOP.saturating_sub(dst));
    let Some(src) = src.get(..want).filter(|s| !s.is_empty()) else { return 0 };
    let left = arch::copy_to_user_raw(dst, src);
    if left == 0 { want } else { finish_out(dst, src, want - left) }
}

#[cold]
fn finish_out(dst: usize, src: &[u8], mut done: usize) -> usize {
    while let Some(byte) = src.get(done..done + 1) {
        if arch::copy_to_user_raw(dst + done, byte) != 0 {
            break;
        }
        done += 1;
    }
    done
}

/// Copies all of `dst` from user memory.
#[inline]
pub fn copy_in(dst: &mut [u8], src: usize) -> Result<(), Fault> {
    if !in_user_space(src, dst.len()) || arch::copy_from_user_raw(dst, src) != 0 {
        return Err(Fault);
    }
    Ok(())
}

/// Copies all of `src` to user memory, or nothing: a page that cannot be written is found before the first byte is.
#[inline]
pub fn copy_out(dst: usize, src: &[u8]) -> Result<(), Fault> {
    copy_out_here(dst, src)
}

/// The same inside the caller, for the few that are on a short path.
#[inline(always)]
pub fn copy_out_here(dst: usize, src: &[u8]) -> Result<(), Fault> {
    if !in_user_space(dst, src.len()) {
        return Err(Fault);
    }
    if dst % PAGE + src.len() > PAGE {
        each_page_writable(dst, src.len())?;
    }
    if arch::copy_to_user_raw(dst, src) != 0 {
        return Err(Fault);
    }
    Ok(())
}

/// Makes all pages of `[dst, dst + len)` writable that can be; unmapping them in between is the program's own doing.
#[cold]
fn each_page_writable(dst: usize, len: usize) -> Result<(), Fault> {
    let mut at = dst;
    while at < dst + len {
        fault_in(at, Intent::Write)?;
        at = (at / PAGE + 1) * PAGE;
    }
    Ok(())
}

/// Reads a value.
#[inline]
pub fn read<T: FromBytes + IntoBytes>(src: usize) -> Result<T, Fault> {
    let mut v = T::new_zeroed();
    copy_in(v.as_mut_bytes(), src)?;
    Ok(v)
}

/// Writes a value.
#[inline]
pub fn write<T: IntoBytes + Immutable>(dst: usize, value: &T) -> Result<(), Fault> {
    copy_out(dst, value.as_bytes())
}

/// The same inside the caller, as [`copy_out_here`].
#[inline(always)]
pub fn write_here<T: IntoBytes + Immutable>(dst: usize, value: &T) -> Result<(), Fault> {
    copy_out_here(dst, value.as_bytes())
}

/// Reads a value into a place that holds none yet, which costs no clearing.
#[inline(always)]
pub fn read_new<T: FromBytes>(place: &mut MaybeUninit<T>, src: usize) -> Result<&mut T, Fault> {
    if !in_user_space(src, size_of::<T>()) {
        return Err(Fault);
    }
    arch::read_user_raw(place, src).ok_or(Fault)
}

/// Reads a value into its place; on a fault part of it may have been replaced.
#[inline]
pub fn read_into<T: FromBytes + IntoBytes>(to: &mut T, src: usize) -> Result<(), Fault> {
    copy_in(to.as_mut_bytes(), src)
}

/// Clears all of `[dst, dst + bytes)` in user memory; on a fault part of it may have been cleared.
pub fn zero(dst: usize, bytes: usize) -> Result<(), Fault> {
    if zero_short(dst, bytes) < bytes { Err(Fault) } else { Ok(()) }
}

/// Clears user memory; returns the exact count of bytes that could be cleared.
#[inline]
pub fn zero_short(dst: usize, bytes: usize) -> usize {
    let want = bytes.min(USER_TOP.saturating_sub(dst));
    // What a fault leaves is found out byte by byte, so it is exact.
    if want == 0 { 0 } else { want - arch::zero_user_raw(dst, want) }
}

/// Why a string could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StringError {
    /// Not readable before its end.
    Fault,
    /// No NUL within the buffer.
    TooLong,
}

/// Reads a NUL-terminated string into `buf`; returns its length without the NUL.
pub fn read_string(buf: &mut [u8], src: usize) -> Result<usize, StringError> {
    let mut done = 0;
    while done < buf.len() {
        let at = src + done;
        // Never past the page that is known to be needed: the string may end just before an unmapped one.
        let chunk = (PAGE - at % PAGE).min(buf.len() - done).min(256);
        let Some(part) = buf.get_mut(done..done + chunk) else { break };
        let n = copy_in_short(part, at);
        let part = part.get(..n).unwrap_or_default();
        if let Some(end) = part.iter().position(|b| *b == 0) {
            return Ok(done + end);
        }
        if n < chunk {
            return Err(StringError::Fault);
        }
        done += n;
    }
    Err(StringError::TooLong)
}

/// Loads an aligned 32-bit word.
#[inline(always)]
pub fn load_u32(addr: usize) -> Result<u32, Fault> {
    if addr & 3 != 0 || !in_user_space(addr, 4) {
        return Err(Fault);
    }
    arch::user_load_u32(addr).ok_or(Fault)
}

/// Reads a 32-bit value, which usually is aligned.
#[inline(always)]
pub fn read_word(addr: usize) -> Result<u32, Fault> {
    if addr & 3 == 0 { load_u32(addr) } else { read(addr) }
}

/// Writes a 32-bit value, which usually is aligned.
#[inline(always)]
pub fn write_word(addr: usize, value: u32) -> Result<(), Fault> {
    if addr & 3 == 0 && in_user_space(addr, 4) { arch::user_store_u32(addr, value).ok_or(Fault) } else { write(addr, &value) }
}

/// Atomic compare-and-exchange of an aligned 32-bit word; gives the value found.
pub fn compare_exchange_u32(addr: usize, expected: u32, new: u32) -> Result<u32, Fault> {
    if addr & 3 != 0 || !in_user_space(addr, 4) {
        return Err(Fault);
    }
    arch::user_cmpxchg_u32(addr, expected, new).ok_or(Fault)
}

/// What a page will be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Reading from it.
    Read,
    /// Writing to it.
    Write,
}

/// Makes the page at `addr` present, if it can be. No lock may be held.
pub fn fault_in(addr: usize, intent: Intent) -> Result<(), Fault> {
    let word = addr & !3;
    let value = load_u32(word)?;
    if intent == Intent::Write {
        compare_exchange_u32(word, value, value)?;
    }
    Ok(())
}

/// An all-zero value, for filling in.
pub fn zeroed<T: FromZeros>() -> T {
    T::new_zeroed()
}
