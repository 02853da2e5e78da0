//! Files of another writer, damaged files, and what may stand in a header.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop here"
)]
extern crate std;

use crate::{Error, Inflater, Room, is_gzip};
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use proptest::prelude::{any, prop, proptest};
use std::io::Write;
use std::vec;
use std::vec::Vec;

fn deflated(contents: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(contents).unwrap();
    encoder.finish().unwrap()
}

/// The contents of a file, taken in pieces of `step` bytes, and what follows it.
fn inflated(file: &[u8], room: &mut Room, step: usize) -> Result<(Vec<u8>, usize), Error> {
    let mut inflater = Inflater::new(file, room)?;
    let mut contents = Vec::new();
    loop {
        let piece = inflater.fill()?;
        let count = piece.len().min(step);
        contents.extend_from_slice(&piece[..count]);
        if count == 0 {
            return Ok((contents, inflater.rest().unwrap().len()));
        }
        inflater.consume(count);
    }
}

/// Text with repetitions far and near, longer than the window.
fn text(bytes: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut text = Vec::new();
    while text.len() < bytes {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let back = (state >> 8) as usize % 33_000;
        match text.len().checked_sub(back.max(1)) {
            Some(from) if state >> 30 != 0 => {
                let count = (state >> 3) as usize % 40;
                let again: Vec<u8> = text[from..].iter().copied().take(count).collect();
                text.extend(again);
            }
            _ => text.extend(state.to_le_bytes()),
        }
    }
    text.truncate(bytes);
    text
}

#[test]
fn long_contents() {
    let mut room = Room::try_new().unwrap();
    for level in [0, 1, 9] {
        let contents = text(300_000);
        let file = deflated(&contents, level);
        assert!(is_gzip(&file));
        assert_eq!(inflated(&file, &mut room, usize::MAX), Ok((contents.clone(), 0)));
        assert_eq!(inflated(&file, &mut room, 1000), Ok((contents, 0)));
    }
}

#[test]
fn what_follows_is_left() {
    let mut room = Room::try_new().unwrap();
    let file = [deflated(b"one", 6), vec![0; 7], deflated(b"two", 6)].concat();
    let (one, left) = inflated(&file, &mut room, 2).unwrap();
    let rest = &file[file.len() - left..];
    assert_eq!((one.as_slice(), &rest[..7]), (b"one".as_slice(), [0; 7].as_slice()));
    assert_eq!(inflated(&rest[7..], &mut room, 2), Ok((b"two".to_vec(), 0)));
}

#[test]
fn headers() {
    let mut room = Room::try_new().unwrap();
    let mut encoder = GzBuilder::new()
        .filename("name")
        .comment("a comment")
        .extra([1, 2, 3])
        .mtime(1)
        .write(Vec::new(), Compression::default());
    encoder.write_all(b"contents").unwrap();
    let file = encoder.finish().unwrap();
    assert_eq!(inflated(&file, &mut room, 99), Ok((b"contents".to_vec(), 0)));
    for end in 0..file.len() {
        let error = if end < 2 { Error::BadHeader } else { Error::Truncated };
        assert_eq!(inflated(&file[..end], &mut room, 99), Err(error), "{end}");
    }
    let with = |at: usize, byte: u8| {
        let mut file = file.clone();
        file[at] = byte;
        file
    };
    assert_eq!(inflated(&with(0, 0), &mut room, 99), Err(Error::BadHeader));
    assert_eq!(inflated(&with(2, 7), &mut room, 99), Err(Error::BadHeader), "method");
    assert_eq!(inflated(&with(3, 0x80), &mut room, 99), Err(Error::BadHeader), "flags");
}

/// FHCRC, which flate2 does not write.
#[test]
fn a_header_with_a_checksum() {
    let mut room = Room::try_new().unwrap();
    let plain = deflated(b"contents", 6);
    let mut header = plain[..10].to_vec();
    header[3] = 2;
    let mut crc = flate2::Crc::new();
    crc.update(&header);
    let sum = (crc.sum() as u16).to_le_bytes();
    let good = [header.as_slice(), &sum, &plain[10..]].concat();
    assert_eq!(inflated(&good, &mut room, 99), Ok((b"contents".to_vec(), 0)));
    let bad = [header.as_slice(), &[sum[0], !sum[1]], &plain[10..]].concat();
    assert_eq!(inflated(&bad, &mut room, 99), Err(Error::BadHeader));
}

#[test]
fn trailers() {
    let mut room = Room::try_new().unwrap();
    let file = deflated(b"contents", 6);
    let (crc_at, length_at) = (file.len() - 8, file.len() - 4);
    for (at, error) in [(crc_at, Error::BadChecksum), (length_at, Error::BadLength)] {
        let mut file = file.clone();
        file[at] ^= 1;
        assert_eq!(inflated(&file, &mut room, 99), Err(error));
    }
}

proptest! {
    #[test]
    fn what_is_deflated_is_inflated(contents in prop::collection::vec(0_u8..4, 0..5000), level in 0_u32..10, step in 1_usize..5000) {
        let mut room = Room::try_new().unwrap();
        assert_eq!(inflated(&deflated(&contents, level), &mut room, step), Ok((contents, 0)));
    }

    #[test]
    fn damaged_files(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), level in 0_u32..10) {
        let contents = text(5000);
        let mut file = deflated(&contents, level);
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        let mut room = Room::try_new().unwrap();
        // Time, system and the like may change without harm.
        if let Ok((found, _)) = inflated(&file, &mut room, usize::MAX) {
            assert_eq!(found, contents);
        }
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        let mut room = Room::try_new().unwrap();
        let _ = inflated(&[&[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], bytes.as_slice()].concat(), &mut room, 100);
    }
}
