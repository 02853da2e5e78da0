//! Headers of programs that riscv64-linux-gnu-gcc 12 linked, headers made here, and mangled ones.

use proptest::prelude::{any, prop, proptest};
use std::vec;
use std::vec::Vec;

use crate::{AddressLimits, Error, Header, Kind, Plan, Segment, SegmentPerms, StackPerms};

/// The first KiB of a glibc program linked with `-static`, of one without a C library linked with `-static-pie`, and of a glibc program linked with `-pie`.
const STATIC: &[u8] = include_bytes!("../../tests/data/static.head");
const STATIC_PIE: &[u8] = include_bytes!("../../tests/data/static-pie.head");
const DYNAMIC: &[u8] = include_bytes!("../../tests/data/dynamic.head");

/// Sv39 without its last page.
const LIMITS: AddressLimits = AddressLimits { first: 0x1_0000, end: 0x3f_ffff_f000 };

fn plan(file: &[u8]) -> Result<Plan<'_>, Error> {
    let header = Header::parse(file)?;
    let table = header.table();
    let start = usize::try_from(table.start).map_err(|_| Error::Truncated)?;
    let end = usize::try_from(table.end).map_err(|_| Error::Truncated)?;
    Plan::new(header, file.get(start..end).ok_or(Error::Truncated)?, LIMITS)
}

#[test]
fn a_static_program() {
    let plan = plan(STATIC).unwrap();
    assert_eq!((plan.kind(), plan.entry(), plan.table_entries()), (Kind::Fixed, 0x10568, 7));
    assert_eq!((plan.table_vaddr(), plan.interpreter(), plan.stack()), (Some(0x10040), None, StackPerms::NoExec));
    assert_eq!((plan.span(), plan.brk(), plan.align()), (0x10000..0x8b000, 0x8a338, 0x1000));
    let segments: Vec<_> = plan.segments().collect();
    let (text, data) = (segments[0], segments[1]);
    assert_eq!(
        (segments.len(), text.perms, data.perms),
        (2, SegmentPerms::READ | SegmentPerms::EXEC, SegmentPerms::READ | SegmentPerms::WRITE)
    );
    assert_eq!((text.start(), text.start_offset(), text.file_end(), text.end()), (0x10000, 0, 0x71000, 0x71000));
    assert_eq!((data.start(), data.start_offset()), (0x71000, 0x60000));
    assert_eq!((data.zero_start(), data.file_end(), data.end()), (0x7c1e0, 0x7d000, 0x8b000));
}

#[test]
fn a_static_pie() {
    let plan = plan(STATIC_PIE).unwrap();
    assert_eq!((plan.kind(), plan.table_vaddr(), plan.interpreter()), (Kind::Relocatable, Some(0x40), None));
    assert_eq!(plan.span().start, 0);
    assert!(plan.entry() < 0x1000);
}

#[test]
fn a_dynamic_program() {
    let plan = plan(DYNAMIC).unwrap();
    let path = plan.interpreter().unwrap();
    assert_eq!(&DYNAMIC[path.start as usize..path.end as usize], b"/lib/ld-linux-riscv64-lp64d.so.1\0");
    assert_eq!((plan.kind(), plan.entry(), plan.span()), (Kind::Relocatable, 0x600, 0..0x10000));
}

#[test]
fn headers_are_refused() {
    let with = |at: usize, bytes: &[u8]| {
        let mut file = STATIC.to_vec();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        plan(&file).map(drop).unwrap_err()
    };
    assert_eq!(plan(b"").unwrap_err(), Error::BadMagic);
    assert_eq!(plan(b"#!/bin/sh\n").unwrap_err(), Error::BadMagic);
    assert_eq!(plan(&STATIC[..63]).unwrap_err(), Error::Truncated);
    assert_eq!(plan(&STATIC[..100]).unwrap_err(), Error::Truncated);
    assert_eq!(with(4, &[1]), Error::WrongClass);
    assert_eq!(with(5, &[2]), Error::WrongClass);
    assert_eq!(with(18, &62_u16.to_le_bytes()), Error::WrongMachine);
    assert_eq!(with(16, &1_u16.to_le_bytes()), Error::WrongType);
    assert_eq!(with(54, &32_u16.to_le_bytes()), Error::BadProgramHeaders);
    assert_eq!(with(56, &0_u16.to_le_bytes()), Error::BadProgramHeaders);
    assert_eq!(with(56, &2000_u16.to_le_bytes()), Error::BadProgramHeaders);
    assert_eq!(with(32, &u64::MAX.to_le_bytes()), Error::BadProgramHeaders);
    assert_eq!(with(24, &u64::MAX.to_le_bytes()), Error::OutOfRange);
}

/// One program header: type, flags, offset, vaddr, file size, memory size, alignment.
type Row = (u32, u32, u64, u64, u64, u64, u64);

const LOAD: u32 = 1;
const INTERP: u32 = 3;
const STACK: u32 = 0x6474_e551;

fn made(kind: u16, entry: u64, rows: &[Row]) -> Vec<u8> {
    let mut file = STATIC[..64].to_vec();
    file[16..18].copy_from_slice(&kind.to_le_bytes());
    file[24..32].copy_from_slice(&entry.to_le_bytes());
    file[32..40].copy_from_slice(&64_u64.to_le_bytes());
    file[56..58].copy_from_slice(&(rows.len() as u16).to_le_bytes());
    for &(kind, flags, offset, vaddr, file_bytes, mem_bytes, align) in rows {
        file.extend(kind.to_le_bytes());
        file.extend(flags.to_le_bytes());
        for word in [offset, vaddr, vaddr, file_bytes, mem_bytes, align] {
            file.extend(word.to_le_bytes());
        }
    }
    file
}

fn refused(kind: u16, rows: &[Row]) -> Error {
    plan(&made(kind, 0x10000, rows)).map(drop).unwrap_err()
}

#[test]
fn segments_are_refused() {
    let good = (LOAD, 5, 0, 0x10000, 0x1000, 0x1000, 0x1000);
    assert!(plan(&made(2, 0x10000, &[good])).is_ok());
    assert_eq!(refused(2, &[(6, 4, 0, 0, 0, 0, 0)]), Error::NoSegments);
    assert_eq!(refused(2, &[(LOAD, 5, 0, 0x10000, 0, 0, 0x1000)]), Error::NoSegments);
    assert_eq!(refused(2, &[(LOAD, 5, 0, u64::MAX - 10, 1, 100, 1)]), Error::BadSegment);
    assert_eq!(refused(3, &[(LOAD, 5, 0, u64::MAX - 10, 1, 1, 1)]), Error::BadSegment, "wraps when rounded up");
    assert_eq!(refused(2, &[(LOAD, 5, 0, 0x10000, 2, 1, 1)]), Error::BadSegment, "file longer than memory");
    assert_eq!(refused(2, &[(LOAD, 5, 1, 0x10000, 1, 1, 1)]), Error::BadSegment, "different places in the page");
    assert_eq!(refused(2, &[(LOAD, 5, u64::MAX - 0xfff, 0x10000, 0x1000, 0x1000, 1)]), Error::BadSegment);
    assert_eq!(refused(2, &[(LOAD, 5, 0, 0xf000, 1, 1, 1)]), Error::OutOfRange, "below the first address");
    assert_eq!(refused(2, &[(LOAD, 5, 0, LIMITS.end - 0x1000, 1, 0x1001, 1)]), Error::OutOfRange);
    assert_eq!(refused(3, &[good, (LOAD, 6, 0, LIMITS.end, 1, 1, 1)]), Error::OutOfRange, "too wide for any bias");
    assert_eq!(refused(3, &[(LOAD, 5, 0, 0x10000, 1, 1, 1 << 63)]), Error::OutOfRange, "alignment");
    assert_eq!(refused(2, &[good, good]), Error::Overlap);
    assert_eq!(refused(2, &[(LOAD, 6, 0, 0x20000, 1, 1, 1), good]), Error::Overlap, "descending");
    assert_eq!(refused(2, &[good, (LOAD, 6, 0xfff, 0x10fff, 1, 1, 1)]), Error::Overlap, "shares a page");
}

#[test]
fn interpreters_are_refused() {
    let good = (LOAD, 5, 0, 0x10000, 0x1000, 0x1000, 0x1000);
    for length in [0, 1, 4097, u64::MAX] {
        assert_eq!(refused(2, &[good, (INTERP, 4, 500, 0, length, length, 1)]), Error::BadInterpreter, "{length}");
    }
    let interpreter = (INTERP, 4, 500, 0, 10, 10, 1);
    assert_eq!(refused(2, &[good, interpreter, interpreter]), Error::BadInterpreter);
}

#[test]
fn zeros_alone_and_an_executable_stack() {
    let rows = [(LOAD, 6, 0x77, 0x10010, 0, 0x2000, 0x20_0000), (STACK, 7, 0, 0, 0, 0, 16)];
    let file = made(3, 0x10010, &rows);
    let plan = plan(&file).unwrap();
    assert_eq!((plan.stack(), plan.align(), plan.table_vaddr()), (StackPerms::Exec, 0x20_0000, None));
    let segment = plan.segments().next().unwrap();
    assert_eq!((segment.start(), segment.file_end(), segment.end()), (0x10000, 0x10000, 0x13000));
}

/// What must hold of every plan, whatever it was made from.
fn check(plan: &Plan<'_>) {
    let mut last_end = 0;
    for segment in plan.segments() {
        let Segment { vaddr, file_bytes, mem_bytes, .. } = segment;
        assert!(segment.start() >= last_end && segment.start() <= vaddr && segment.start() % 4096 == 0);
        assert!(mem_bytes > 0 && segment.end() >= vaddr + mem_bytes && segment.end() % 4096 == 0);
        assert!(segment.file_end() <= segment.end() && segment.file_end() % 4096 == 0);
        if file_bytes > 0 {
            assert!(segment.file_end() >= segment.zero_start());
            assert_eq!(segment.file_offset - segment.start_offset(), vaddr - segment.start());
        }
        assert!(plan.span().start <= segment.start() && segment.end() <= plan.span().end);
        last_end = segment.end();
    }
    assert!(last_end == plan.span().end && plan.brk() <= last_end);
    if plan.kind() == Kind::Fixed {
        assert!(plan.span().start >= LIMITS.first && plan.span().end <= LIMITS.end);
    }
}

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = plan(&bytes);
    }

    #[test]
    fn mangled_headers(which in 0..3_usize, changes in prop::collection::vec((0..700_usize, any::<u8>()), 1..8)) {
        let mut file = [STATIC, STATIC_PIE, DYNAMIC][which].to_vec();
        for (at, byte) in changes {
            file[at] = byte;
        }
        if let Ok(plan) = plan(&file) {
            check(&plan);
        }
    }

    /// Headers whose fields are near the edges.
    #[test]
    fn edges(kind in 2..4_u16, rows in prop::collection::vec(
        (
            prop::sample::select(vec![LOAD, LOAD, LOAD, INTERP, 6, STACK]),
            0..8_u32,
            prop::sample::select(vec![0, 0xfff, 0x1000, 1 << 63, u64::MAX]),
            prop::sample::select(vec![0, 0x10000, 0x10fff, 0x20000, 0x3f_ffff_e000, u64::MAX - 0xfff, u64::MAX]),
            prop::sample::select(vec![0, 1, 0x1000, u64::MAX]),
            prop::sample::select(vec![0, 1, 0xfff, 0x1000, 0x1001, u64::MAX]),
            prop::sample::select(vec![0, 3, 0x1000, 1 << 40, u64::MAX]),
        ), 1..5)) {
        let file = made(kind, 0x10000, &rows);
        if let Ok(plan) = plan(&file) {
            check(&plan);
        }
    }
}
