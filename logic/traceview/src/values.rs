//! Arguments and results as text.

use alloc::string::String;
use core::fmt::Write;

use abi::{ArgKind, Call, Direction, Errno, Ret};

use crate::names;

/// What a pointer led to, and whether that is only its beginning.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) cut: bool,
    pub(crate) bytes: &'a [u8],
}

/// An `int` that stands in a register.
#[expect(clippy::cast_possible_truncation, reason = "the upper half means nothing")]
const fn int(value: u64) -> i32 {
    value as u32 as i32
}

/// Writes one argument.
pub(crate) fn argument(out: &mut String, call: &Call, index: usize, value: u64, part: Option<Part<'_>>) {
    let Some(arg) = call.args.get(index) else { return };
    // Writing to a string cannot fail.
    let _ = match arg.kind {
        ArgKind::Dirfd if int(value) == -100 => write!(out, "AT_FDCWD"),
        ArgKind::Fd(_) | ArgKind::Dirfd | ArgKind::Int | ArgKind::Pid | ArgKind::Clock => write!(out, "{}", int(value)),
        ArgKind::Uint | ArgKind::Uid | ArgKind::Gid => write!(out, "{}", int(value)),
        ArgKind::Len => write!(out, "{value}"),
        ArgKind::Offset => write!(out, "{}", value.cast_signed()),
        ArgKind::Mode => write!(out, "{}{:o}", if value == 0 { "" } else { "0" }, value),
        ArgKind::Signal => signal(out, value),
        ArgKind::Flags => flags(out, call.name, arg.name, value),
        ArgKind::Request | ArgKind::Addr | ArgKind::Opaque => hex(out, value),
        kind => pointer(out, kind, value, part),
    };
}

fn hex(out: &mut String, value: u64) -> core::fmt::Result {
    if value == 0 { write!(out, "0") } else { write!(out, "{value:#x}") }
}

fn signal(out: &mut String, value: u64) -> core::fmt::Result {
    match names::signal(value) {
        Some(name) => write!(out, "SIG{name}"),
        None if (32..=64).contains(&value) => write!(out, "SIGRT_{}", value.saturating_sub(32)),
        None => write!(out, "{value}"),
    }
}

fn flags(out: &mut String, call: &str, argument: &str, value: u64) -> core::fmt::Result {
    let Some(known) = names::flags(call, argument) else { return hex(out, value) };
    let mut rest = value;
    let mut first = true;
    let mut name = |out: &mut String, text: &str| {
        let comma = if core::mem::take(&mut first) { "" } else { "|" };
        write!(out, "{comma}{text}")
    };
    if call == "openat" {
        let modes = ["O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"];
        name(out, modes.get((value & 3) as usize).unwrap_or(&"?"))?;
        // O_LARGEFILE says nothing on 64 bits.
        rest &= !0o100_003;
    }
    for (bits, text) in known {
        if rest & bits == *bits {
            rest &= !bits;
            name(out, text)?;
        }
    }
    if call == "clone" && rest & 0xff != 0 {
        let mut sig = String::new();
        signal(&mut sig, rest & 0xff)?;
        rest &= !0xff;
        name(out, &sig)?;
    }
    if rest != 0 {
        let mut left = String::new();
        hex(&mut left, rest)?;
        name(out, &left)?;
    }
    if first {
        write!(out, "{}", if argument == "prot" { "PROT_NONE" } else { "0" })?;
    }
    Ok(())
}

fn pointer(out: &mut String, kind: ArgKind, value: u64, part: Option<Part<'_>>) -> core::fmt::Result {
    if value == 0 {
        return write!(out, "NULL");
    }
    let Some(part) = part else { return hex(out, value) };
    match kind {
        ArgKind::Path(_) | ArgKind::Bytes { .. } | ArgKind::Page(_) => quoted(out, part),
        ArgKind::StrArray(_) => strings(out, part),
        ArgKind::Futex(_) => write!(out, "{value:#x} [{}]", word32(part.bytes)),
        ArgKind::Struct { ty, direction, .. } | ArgKind::Array { ty, direction, .. } => typed(out, ty, direction, value, part),
        ArgKind::SizedStruct { ty, direction, .. } => typed(out, ty, direction, value, part),
        ArgKind::Iovec { .. } => iovec(out, part),
        _ => bytes(out, part),
    }
}

/// A C string literal, with `...` behind it if it is cut short.
fn quoted(out: &mut String, part: Part<'_>) -> core::fmt::Result {
    write!(out, "\"")?;
    for (i, b) in part.bytes.iter().enumerate() {
        let digit_follows = part.bytes.get(i.saturating_add(1)).is_some_and(u8::is_ascii_digit);
        match *b {
            b'"' | b'\\' => write!(out, "\\{}", char::from(*b))?,
            b'\n' => write!(out, "\\n")?,
            b'\t' => write!(out, "\\t")?,
            b'\r' => write!(out, "\\r")?,
            b' '..=b'~' => write!(out, "{}", char::from(*b))?,
            _ if digit_follows => write!(out, "\\{b:03o}")?,
            _ => write!(out, "\\{b:o}")?,
        }
    }
    write!(out, "\"{}", if part.cut { "..." } else { "" })
}

/// Strings, each with its NUL behind it.
fn strings(out: &mut String, part: Part<'_>) -> core::fmt::Result {
    write!(out, "[")?;
    let all = part.bytes.strip_suffix(b"\0").unwrap_or(part.bytes);
    if !part.bytes.is_empty() {
        for (i, string) in all.split(|b| *b == 0).enumerate() {
            write!(out, "{}", if i == 0 { "" } else { ", " })?;
            quoted(out, Part { cut: false, bytes: string })?;
        }
    }
    write!(out, "{}]", if part.cut { ", ..." } else { "" })
}

fn word32(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |b| u32::from_le_bytes(*b))
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.chunks_exact(8).map(|c| c.try_into().map_or(0, u64::from_le_bytes))
}

/// Structs whose meaning is known by their fields, others by their bytes.
fn typed(out: &mut String, ty: &str, direction: Direction, value: u64, part: Part<'_>) -> core::fmt::Result {
    let mut each = words(part.bytes);
    match ty {
        "Timespec" | "Timeval" => {
            let (sec, rest) = (each.next().unwrap_or(0), each.next().unwrap_or(0));
            let unit = if ty == "Timespec" { "nsec" } else { "usec" };
            write!(out, "{{tv_sec={}, tv_{unit}={rest}}}", sec.cast_signed())
        }
        "SigSet" => {
            let set = each.next().unwrap_or(0);
            // A set with most signals is shown by those that it lacks.
            let lacks = set.count_ones() > 32;
            write!(out, "{}[", if lacks { "~" } else { "" })?;
            let set = if lacks { !set } else { set };
            let mut first = true;
            for number in (1..=64).filter(|n: &u32| set >> n.saturating_sub(1) & 1 != 0) {
                write!(out, "{}", if core::mem::take(&mut first) { "" } else { " " })?;
                match names::signal(u64::from(number)) {
                    Some(name) => write!(out, "{name}")?,
                    None => write!(out, "RT_{}", number.saturating_sub(32))?,
                }
            }
            write!(out, "]")
        }
        "[i32; 2]" => {
            let (a, b) = part.bytes.split_at_checked(4).unwrap_or_default();
            write!(out, "[{}, {}]", word32(a).cast_signed(), word32(b).cast_signed())
        }
        "i32" | "u32" if part.bytes.len() == 4 => write!(out, "[{}]", word32(part.bytes).cast_signed()),
        "Pollfd" => pollfds(out, part),
        // What goes in and nobody can read is no less than its address.
        _ if direction == Direction::In && part.bytes.is_empty() => write!(out, "{value:#x}"),
        _ => bytes(out, part),
    }
}

fn pollfds(out: &mut String, part: Part<'_>) -> core::fmt::Result {
    write!(out, "[")?;
    for (i, fd) in part.bytes.chunks_exact(8).enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        let events = fd.get(4..6).and_then(|b| b.first_chunk().copied()).map_or(0, u16::from_le_bytes);
        write!(out, "{comma}{{fd={}, events={events:#x}}}", word32(fd).cast_signed())?;
    }
    write!(out, "]")
}

fn iovec(out: &mut String, part: Part<'_>) -> core::fmt::Result {
    write!(out, "[")?;
    let mut each = words(part.bytes);
    let mut first = true;
    while let (Some(base), Some(len)) = (each.next(), each.next()) {
        write!(out, "{}{{{base:#x}, {len}}}", if core::mem::take(&mut first) { "" } else { ", " })?;
    }
    write!(out, "{}]", if part.cut { ", ..." } else { "" })
}

/// At most so many bytes of what has no better form.
const BYTES_SHOWN: usize = 16;

fn bytes(out: &mut String, part: Part<'_>) -> core::fmt::Result {
    write!(out, "{{")?;
    for (i, b) in part.bytes.iter().take(BYTES_SHOWN).enumerate() {
        write!(out, "{}{b:02x}", if i == 0 { "" } else { " " })?;
    }
    let more = part.cut || part.bytes.len() > BYTES_SHOWN;
    write!(out, "{}}}", if more { " ..." } else { "" })
}

/// Writes what a call returned.
#[expect(clippy::cast_possible_truncation, reason = "checked to be in range")]
pub(crate) fn result(out: &mut String, call: Option<&Call>, value: i64) {
    let errno = (-4095..0).contains(&value).then(|| value.unsigned_abs() as u16).and_then(Errno::from_number);
    let _ = match (errno, call.map(|c| c.ret)) {
        (Some(e), _) => write!(out, "-1 {} ({})", e.name(), e.message()),
        (None, Some(Ret::Addr)) => write!(out, "{value:#x}"),
        _ => write!(out, "{value}"),
    };
}
