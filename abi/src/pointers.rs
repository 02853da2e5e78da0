//! What stands behind the pointers among a call's arguments, and the calls' names, in a few kilobytes: [`pointers`], [`call_name`].
//!
//! The kernel's tracer needs no more of a row than this, so that the rows themselves, with their documentation, stay out of the kernel's image.
//! Everything here is made of [`LINUX_CALLS`] and [`NATIVE_CALLS`] while compiling.
#![expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "evaluated when compiled, but for what is called with checks"
)]

use crate::call::{ArgKind, Call, Direction};
use crate::table::{FIRST_NATIVE_CALL, LINUX_CALLS, NATIVE_CALLS};

/// How what a pointer leads to is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A string.
    Path,
    /// Pointers to strings.
    Strings,
    /// Bytes, a part of which may be transferred.
    Bytes,
    /// One struct.
    Struct,
    /// One struct that can grow.
    SizedStruct,
    /// Elements of one size.
    Array,
    /// Vectors of 16 bytes.
    Iovec,
    /// One word.
    Futex,
    /// Bits in whole words.
    BitSet,
    /// Something else.
    Other,
}

/// A pointer among a call's arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// The argument.
    pub arg: u8,
    /// How what it leads to is laid out.
    pub layout: Layout,
    /// Which way it goes.
    pub direction: Direction,
    /// The size of the struct or element in bytes.
    pub size: u16,
    /// The argument that holds the number of elements, bytes or bits, or that points to the number.
    pub count: Option<Count>,
}

/// Where a number of elements stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// It is this argument.
    Argument(u8),
    /// It stands where this argument points.
    Behind(u8),
}

const LINUX: usize = LINUX_CALLS.len();
const CALLS: usize = LINUX + NATIVE_CALLS.len();

const POINTERS: usize = {
    let (mut n, mut i) = (0, 0);
    while i < CALLS {
        let (call, mut arg) = (row(i), 0);
        while arg < call.args.len() {
            n += call.args[arg].kind.is_pointer() as usize;
            arg += 1;
        }
        i += 1;
    }
    n
};

const NAME_BYTES: usize = {
    let (mut n, mut i) = (0, 0);
    while i < CALLS {
        n += row(i).name.len();
        i += 1;
    }
    n
};

/// Of a row: the call's number, the end of its name in [`NAMES`], and the end of its pointers in [`ALL_POINTERS`].
type Row = (u16, u16, u16);

static ROWS: [Row; CALLS] = {
    let (mut rows, mut i, mut name, mut pointer) = ([(0, 0, 0); CALLS], 0, 0, 0);
    while i < CALLS {
        let (call, mut arg) = (row(i), 0);
        name += call.name.len();
        while arg < call.args.len() {
            pointer += call.args[arg].kind.is_pointer() as usize;
            arg += 1;
        }
        rows[i] = (call.number as u16, name as u16, pointer as u16);
        i += 1;
    }
    rows
};

static NAMES: [u8; NAME_BYTES] = {
    let (mut names, mut at, mut i) = ([0; NAME_BYTES], 0, 0);
    while i < CALLS {
        let (name, mut n) = (row(i).name.as_bytes(), 0);
        while n < name.len() {
            names[at] = name[n];
            at += 1;
            n += 1;
        }
        i += 1;
    }
    names
};

static ALL_POINTERS: [Pointer; POINTERS] = {
    let none = Pointer { arg: 0, layout: Layout::Other, direction: Direction::In, size: 0, count: None };
    let (mut all, mut at, mut i) = ([none; POINTERS], 0, 0);
    while i < CALLS {
        let (call, mut arg) = (row(i), 0);
        while arg < call.args.len() {
            if call.args[arg].kind.is_pointer() {
                all[at] = pointer(call, arg);
                at += 1;
            }
            arg += 1;
        }
        i += 1;
    }
    all
};

const fn row(i: usize) -> &'static Call {
    if i < LINUX { &LINUX_CALLS[i] } else { &NATIVE_CALLS[i - LINUX] }
}

const fn pointer(call: &Call, arg: usize) -> Pointer {
    let (layout, direction, size) = match call.args[arg].kind {
        ArgKind::Path(_) => (Layout::Path, Direction::In, 0),
        ArgKind::StrArray(_) => (Layout::Strings, Direction::In, 0),
        ArgKind::Bytes { direction, .. } => (Layout::Bytes, direction, 1),
        ArgKind::Struct { direction, size, .. } => (Layout::Struct, direction, size),
        ArgKind::SizedStruct { direction, size, .. } => (Layout::SizedStruct, direction, size),
        ArgKind::Array { direction, size, .. } => (Layout::Array, direction, size),
        ArgKind::Iovec { direction, .. } => (Layout::Iovec, direction, 16),
        ArgKind::Futex(_) => (Layout::Futex, Direction::In, 4),
        ArgKind::BitSet { .. } => (Layout::BitSet, Direction::InOut, 0),
        _ => (Layout::Other, Direction::In, 0),
    };
    assert!(size <= u16::MAX as usize, "a struct is larger than the table can say");
    let count = match call.args[arg].kind.count() {
        Some(name) => Some(count(call, name.as_bytes())),
        None => None,
    };
    Pointer { arg: arg as u8, layout, direction, size: size as u16, count }
}

const fn count(call: &Call, name: &[u8]) -> Count {
    let mut arg = 0;
    while !same(call.args[arg].name.as_bytes(), name) {
        arg += 1;
    }
    if call.args[arg].kind.is_pointer() { Count::Behind(arg as u8) } else { Count::Argument(arg as u8) }
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut n = 0;
    while n < a.len() && n < b.len() && a[n] == b[n] {
        n += 1;
    }
    n == a.len() && n == b.len()
}

/// The call's row and the one before it.
fn find(number: usize) -> Option<(Row, Row)> {
    let (calls, first) = if number < FIRST_NATIVE_CALL { (ROWS.get(..LINUX)?, 0) } else { (ROWS.get(LINUX..)?, LINUX) };
    let i = first.checked_add(calls.binary_search_by_key(&number, |row| row.0.into()).ok()?)?;
    let before = i.checked_sub(1).and_then(|i| ROWS.get(i)).copied().unwrap_or_default();
    Some((before, *ROWS.get(i)?))
}

/// The pointers among the arguments of the call with this number, in their order.
#[must_use]
pub fn pointers(number: usize) -> &'static [Pointer] {
    let range = find(number).and_then(|(from, to)| ALL_POINTERS.get(from.2.into()..to.2.into()));
    range.unwrap_or_default()
}

/// The name of the call with this number.
#[must_use]
pub fn call_name(number: usize) -> Option<&'static str> {
    let (from, to) = find(number)?;
    core::str::from_utf8(NAMES.get(from.1.into()..to.1.into())?).ok()
}
