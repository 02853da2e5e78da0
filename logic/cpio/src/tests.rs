//! An archive of GNU cpio, damaged archives, and (with the feature `write`) writer against reader.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop here"
)]
extern crate std;

use proptest::prelude::{any, prop, proptest};
use std::vec;
use std::vec::Vec;

use crate::{Error, Failure, HEADER_BYTES, Header, KIND_MASK, LinkKey, Reader, Source, another, components};

/// GNU cpio 2.13: `.`, `a` and `dir/b` (one file), `dir`, `dir/link`, `empty`, `fifo`; owner 1000:100, time 1,000,000,000.
const GNU: &[u8] = include_bytes!("../tests/data/gnu.cpio");

/// An entry with its data.
#[derive(Clone, Debug, PartialEq, Eq)]
struct File {
    path: Vec<u8>,
    data: Vec<u8>,
    mode: u32,
    uid: u32,
    gid: u32,
    mtime_s: u32,
    rdev: (u32, u32),
    nlink: u32,
    /// Which of the archives it is in.
    part: usize,
    link_key: LinkKey,
}

/// Gives a few bytes at a time.
struct Drops<'a> {
    rest: &'a [u8],
    size: usize,
}

impl Source for Drops<'_> {
    type Error = ();
    fn fill(&mut self) -> Result<&[u8], ()> {
        Ok(&self.rest[..self.rest.len().min(self.size)])
    }
    fn consume(&mut self, count: usize) {
        assert!(count <= self.size);
        self.rest = &self.rest[count..];
    }
}

/// All files of all archives before the first error.
fn files_of<S: Source>(mut source: S) -> (Vec<File>, Option<Error>) {
    let mut files = Vec::new();
    let result = (|| {
        let mut part = 0;
        while another(&mut source).map_err(Failure::Source)? {
            let mut reader = Reader::new(&mut source);
            let mut name = [0; 300];
            while let Some(entry) = reader.next(&mut name)? {
                let mut file = File {
                    path: entry.path.to_vec(),
                    data: Vec::new(),
                    mode: entry.mode,
                    uid: entry.uid,
                    gid: entry.gid,
                    mtime_s: entry.mtime_s,
                    rdev: entry.rdev,
                    nlink: entry.nlink,
                    part,
                    link_key: entry.link_key,
                };
                let length = entry.data_bytes as usize;
                loop {
                    let piece = reader.data()?;
                    if piece.is_empty() {
                        break;
                    }
                    file.data.extend_from_slice(piece);
                }
                assert_eq!(file.data.len(), length);
                files.push(file);
            }
            part += 1;
        }
        Ok::<_, Failure<S::Error>>(())
    })();
    let error = result.err().map(|failure| match failure {
        Failure::Archive(error) => error,
        Failure::Source(_) => unreachable!("these sources do not fail"),
    });
    (files, error)
}

fn read(archive: &[u8]) -> Vec<File> {
    let (files, error) = files_of(archive);
    assert_eq!(error, None);
    files
}

fn error_of(archive: &[u8]) -> Error {
    files_of(archive).1.unwrap()
}

#[test]
fn an_archive_of_gnu_cpio() {
    let files = read(GNU);
    let mut paths: Vec<_> = files.iter().map(|file| std::str::from_utf8(&file.path).unwrap()).collect();
    paths.sort_unstable();
    assert_eq!(paths, [".", "a", "dir", "dir/b", "dir/link", "empty", "fifo"]);
    let find = |path: &[u8]| files.iter().find(|file| file.path == path).unwrap();
    let (a, b) = (find(b"a"), find(b"dir/b"));
    assert_eq!((a.link_key, a.nlink, a.mode, a.uid, a.gid), (b.link_key, 2, 0o104_755, 1000, 100));
    assert_eq!([a.data.as_slice(), &b.data].concat(), b"hello\n", "with the last of its names");
    assert_eq!(a.mtime_s, 1_000_000_000);
    assert_eq!((find(b"dir/link").data.as_slice(), find(b"dir/link").mode & KIND_MASK), (b"../a".as_slice(), 0o120_000));
    assert_eq!(find(b"fifo").mode & KIND_MASK, 0o010_000);
    assert_eq!(find(b"dir").mode & KIND_MASK, 0o040_000);
    assert!(find(b"empty").data.is_empty());
}

#[test]
fn parts_follow_one_another() {
    assert!(read(&[]).is_empty());
    assert!(read(&[0; 1000]).is_empty());
    let single = read(GNU).len();
    for padding in [0, 1, 512, 4096] {
        let all = [&[0; 8], GNU, &vec![0; padding], GNU, &[0; 3]].concat();
        let files = read(&all);
        assert_eq!(files.len(), 2 * single);
        assert_eq!(files[0].part, 0);
        assert_eq!(files[single].part, 1);
    }
}

#[test]
fn refusals() {
    let end = GNU.windows(10).position(|window| window == b"TRAILER!!!").unwrap();
    assert_eq!(error_of(b"\x1f\x8b\x08 a gzip file"), Error::BadMagic);
    assert_eq!(error_of(&[GNU, b"\x1f\x8b\x08 and a gzip file"].concat()), Error::BadMagic);
    assert_eq!(error_of(&GNU[..end - 110]), Error::Truncated, "no trailer");
    assert_eq!(error_of(&GNU[..end - 111]), Error::Truncated);
    let with = |at: usize, bytes: &[u8]| {
        let mut archive = GNU.to_vec();
        archive[at..at + bytes.len()].copy_from_slice(bytes);
        archive
    };
    assert_eq!(error_of(&with(6, b"+")), Error::BadNumber);
    assert_eq!(error_of(&with(54, b"FFFFFFFF")), Error::Truncated, "size");
    assert_eq!(error_of(&with(94, b"00000000")), Error::BadName);
    assert_eq!(error_of(&with(94, b"00000001")), Error::BadName);
    assert_eq!(error_of(&with(110, b"\0")), Error::BadName);
    assert_eq!(error_of(&with(0, b"070707")), Error::BadMagic);
    // As form 070702, whose first entry (a directory) adds up to 0; the file's contents do not.
    let checked: Vec<u8> = {
        let mut archive = GNU.to_vec();
        for at in 0..archive.len() - 6 {
            if &archive[at..at + 6] == b"070701" {
                archive[at + 5] = b'2';
            }
        }
        archive
    };
    assert_eq!(error_of(&checked), Error::BadChecksum);
    // Nothing adds up to the zero that stands there, up to the first file with data.
    let before = read(GNU).iter().position(|file| !file.data.is_empty());
    assert_eq!(Some(files_of(checked.as_slice()).0.len()), before);
}

#[test]
fn what_is_not_asked_for_is_skipped() {
    let mut source = GNU;
    let mut reader = Reader::new(&mut source);
    let mut name = [0; 64];
    let mut count = 0;
    while reader.next(&mut name).unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, read(GNU).len());
    assert_eq!(another(&mut source), Ok(false));
}

#[test]
fn names_that_do_not_fit() {
    let mut source = GNU;
    assert_eq!(Reader::new(&mut source).next(&mut [0; 1]), Err(Failure::Archive(Error::BadName)));
    let mut source = GNU;
    assert!(Reader::new(&mut source).next(&mut [0; 2]).unwrap().is_some(), "`.` and its NUL");
}

#[test]
fn headers_tell_lengths() {
    let header = Header::parse(GNU.first_chunk().unwrap()).unwrap();
    assert_eq!((header.name_bytes(), header.name_padding(), header.data_bytes(), header.data_padding()), (2, 0, 0, 0));
    for length in 0..9_u32 {
        let mut bytes = *GNU.first_chunk::<HEADER_BYTES>().unwrap();
        let digits = std::format!("{length:08x}");
        bytes[54..62].copy_from_slice(digits.as_bytes());
        bytes[94..102].copy_from_slice(digits.as_bytes());
        let header = Header::parse(&bytes).unwrap();
        assert_eq!(header.data_bytes() + header.data_padding(), length.next_multiple_of(4));
        assert_eq!(110 + header.name_bytes() + header.name_padding(), (110 + length).next_multiple_of(4));
    }
}

#[test]
fn paths_are_split() {
    let split = |path: &'static [u8]| components(path).collect::<Vec<_>>();
    assert_eq!(split(b"./usr//bin/./x/"), [b"usr".as_slice(), b"bin", b"x"]);
    assert_eq!(split(b"/a/../b"), [b"a".as_slice(), b"..", b"b"]);
    assert!(split(b".").is_empty());
}

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
        let _ = files_of(bytes.as_slice());
    }

    #[test]
    fn damaged_archives(changes in prop::collection::vec((0..GNU.len(), any::<u8>()), 1..6), end in 0..=GNU.len()) {
        let mut archive = GNU.to_vec();
        for (at, byte) in changes {
            archive[at] = byte;
        }
        let whole = files_of(&archive[..end]);
        assert_eq!(files_of(Drops { rest: &archive[..end], size: 7 }), whole);
    }

    #[test]
    fn pieces_of_any_size(size in 1_usize..600, padding in 0_usize..9) {
        let all = [GNU, &vec![0; padding], GNU].concat();
        assert_eq!(files_of(Drops { rest: &all, size }), (read(&all), None));
    }
}

#[cfg(feature = "write")]
mod writing {
    use super::{Vec, any, prop, proptest, read, vec};
    use crate::write::{Meta, Node, Writer};

    #[test]
    fn every_kind() {
        let mut writer = Writer::new(Vec::new());
        writer.node(b"dev", Node::Directory, Meta::new(0o755)).unwrap();
        writer.node(b"dev/console", Node::CharDevice(5, 1), Meta::new(0o600)).unwrap();
        writer.node(b"dev/disk", Node::BlockDevice(8, 0), Meta::new(0o600)).unwrap();
        writer.node(b"pipe", Node::Fifo, Meta::new(0o644)).unwrap();
        writer.symlink(b"link", b"target", Meta::new(0o777)).unwrap();
        writer.hard_links(&[b"x", b"y", b"z"], Meta { permissions: 0o4755, uid: 1, gid: 2, mtime_s: 3 }, b"data").unwrap();
        let archive = writer.finish().unwrap();
        let files = read(&archive);
        let modes: Vec<_> = files.iter().map(|file| file.mode).collect();
        assert_eq!(modes, [0o040_755, 0o020_600, 0o060_600, 0o010_644, 0o120_777, 0o104_755, 0o104_755, 0o104_755]);
        assert_eq!((files[1].rdev, files[2].rdev), ((5, 1), (8, 0)));
        assert_eq!(files[4].data, b"target");
        let links = &files[5..];
        assert!(links.iter().all(|file| file.nlink == 3 && file.link_key == links[0].link_key));
        assert_eq!((links[0].data.as_slice(), links[2].data.as_slice()), (b"".as_slice(), b"data".as_slice()));
        assert_eq!((links[2].uid, links[2].gid, links[2].mtime_s), (1, 2, 3));
    }

    #[test]
    fn names_that_come_later() {
        let mut writer = Writer::new(Vec::new());
        let file = writer.first_name(b"a", Meta::new(0o644), 2, b"data").unwrap();
        writer.file(b"other", Meta::new(0o644), b"x").unwrap();
        writer.further_name(b"b", Meta::new(0o644), 2, file).unwrap();
        writer.file(b"last", Meta::new(0o644), b"y").unwrap();
        let files = read(&writer.finish().unwrap());
        assert_eq!((files[0].link_key, files[2].data.as_slice()), (files[2].link_key, b"".as_slice()));
        let mut keys: Vec<_> = files.iter().map(|file| file.link_key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 3);
    }

    #[test]
    fn what_cannot_be_stored() {
        let mut writer = Writer::new(Vec::new());
        for path in [b"".as_slice(), b"a\0b", b"TRAILER!!!"] {
            assert!(writer.file(path, Meta::new(0), b"").is_err());
        }
        assert!(writer.hard_links(&[], Meta::new(0), b"").is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(files in prop::collection::vec(("[a-z./]{1,30}", 0..=0o7777_u32, any::<[u32; 3]>(), prop::collection::vec(any::<u8>(), 0..50)), 0..20)) {
            let mut writer = Writer::new(Vec::new());
            for (path, permissions, [uid, gid, mtime_s], data) in &files {
                writer.file(path.as_bytes(), Meta { permissions: *permissions, uid: *uid, gid: *gid, mtime_s: *mtime_s }, data).unwrap();
            }
            let archive = writer.finish().unwrap();
            assert_eq!(archive.len() % 4, 0);
            let twice = [archive.clone(), vec![0; 4], archive].concat();
            let found = read(&twice);
            assert_eq!(found.len(), 2 * files.len());
            for (file, (path, permissions, ids, data)) in found.iter().zip(files.iter().chain(&files)) {
                assert_eq!((file.path.as_slice(), &file.data, file.mode), (path.as_bytes(), data, 0o100_000 | permissions));
                assert_eq!([file.uid, file.gid, file.mtime_s], *ids);
            }
        }
    }
}
