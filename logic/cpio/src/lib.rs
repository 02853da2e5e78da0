//! cpio archives in the "newc" form, the form of an initramfs (cpio(5); the kernel's documentation, driver-api/early-userspace/buffer-format).
//!
//! - [`entries`] walks over an archive in memory: [`Entry`] by [`Entry`], names and data borrowed. Several archives may follow one another.
//! - `write` (feature `write`, host only) makes archives.
//!
//! The reader allocates nothing and no bytes make it panic. What an entry means (directories made, hard links resolved) is up to the caller.
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[cfg(test)]
mod tests;
#[cfg(feature = "write")]
pub mod write;

const MAGIC_PLAIN: &[u8] = b"070701";
const MAGIC_CHECKSUM: &[u8] = b"070702";
const TRAILER: &[u8] = b"TRAILER!!!";
/// The magic and 13 numbers of 8 hexadecimal digits.
const HEADER_BYTES: usize = 110;
/// Names and data start at multiples of this, counted from their header.
const ALIGN: usize = 4;

/// The bits of [`Entry::mode`] that say what kind of file it is (inode(7)).
pub const KIND_MASK: u32 = 0o170_000;

/// Why an archive was refused. The entries before it are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// An entry does not start with the magic of newc: another form, or a compressed part.
    BadMagic,
    /// A number in a header is not hexadecimal.
    BadNumber,
    /// A name is empty, or has a NUL elsewhere than at its end.
    BadName,
    /// The archive ends within an entry or before its trailer.
    Truncated,
    /// The data do not add up to the checksum (form 070702).
    BadChecksum,
}

/// One file of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The name as written: with or without a leading `./` or `/`, no NUL. [`components`] splits it.
    pub path: &'a [u8],
    /// The contents; the target of a symbolic link.
    pub data: &'a [u8],
    /// Kind and permissions.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Last write, seconds since 1970.
    pub mtime_s: u32,
    /// The device number of a device node: major, minor.
    pub rdev: (u32, u32),
    /// How many names the file has. With more than one, entries of equal `link_key` are the same file, and the data stand with the last of them.
    pub nlink: u32,
    /// Identifies the file within all parts: number of the part, device, inode.
    pub link_key: LinkKey,
}

/// Equal for the names of one file; see [`Entry::nlink`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkKey {
    /// Which of the archives that follow one another, from 0.
    pub part: u32,
    /// Its file system: major, minor.
    pub dev: (u32, u32),
    /// Its inode.
    pub ino: u32,
}

/// Walks over all entries of one or more archives. After an error nothing follows.
#[must_use]
pub fn entries(archive: &[u8]) -> Entries<'_> {
    Entries { rest: archive, part: 0, place: Place::Between }
}

/// The components of a path without empty ones and `.`; a component `..` is passed on for the caller to refuse.
pub fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/').filter(|part| !part.is_empty() && *part != b".")
}

/// See [`entries`].
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    /// What has not been read.
    rest: &'a [u8],
    part: u32,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before the first archive or after a trailer: zeros may follow, or nothing.
    Between,
    /// Inside an archive.
    Inside,
    /// After an error or the end.
    Done,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<Entry<'a>, Error>;

    fn next(&mut self) -> Option<Result<Entry<'a>, Error>> {
        let item = self.advance().transpose();
        if !matches!(item, Some(Ok(_))) {
            self.place = Place::Done;
        }
        item
    }
}

impl<'a> Entries<'a> {
    /// The next file, trailers skipped.
    fn advance(&mut self) -> Result<Option<Entry<'a>>, Error> {
        loop {
            match self.place {
                Place::Done => return Ok(None),
                Place::Between => {
                    let zeros = self.rest.iter().take_while(|&&byte| byte == 0).count();
                    self.rest = self.rest.get(zeros..).unwrap_or(&[]);
                    if self.rest.is_empty() {
                        return Ok(None);
                    }
                }
                Place::Inside => {}
            }
            self.place = Place::Inside;
            let (entry, rest) = read_entry(self.rest, self.part)?;
            self.rest = rest;
            if entry.path != TRAILER {
                return Ok(Some(entry));
            }
            self.part = self.part.saturating_add(1);
            self.place = Place::Between;
        }
    }
}

/// One entry and the bytes after it.
fn read_entry(bytes: &[u8], part: u32) -> Result<(Entry<'_>, &[u8]), Error> {
    let magic = bytes.get(..6).ok_or(Error::Truncated)?;
    if magic != MAGIC_PLAIN && magic != MAGIC_CHECKSUM {
        return Err(Error::BadMagic);
    }
    let header = bytes.get(6..HEADER_BYTES).ok_or(Error::Truncated)?;
    let mut numbers = [0_u32; 13];
    for (number, digits) in numbers.iter_mut().zip(header.chunks_exact(8)) {
        *number = hex(digits).ok_or(Error::BadNumber)?;
    }
    let [ino, mode, uid, gid, nlink, mtime_s, size, dev_major, dev_minor, rdev_major, rdev_minor, name_bytes, checksum] = numbers;

    let (name, after_name) = field(bytes, HEADER_BYTES, name_bytes)?;
    let path = match name.split_last() {
        Some((0, path)) if !path.is_empty() && !path.contains(&0) => path,
        _ => return Err(Error::BadName),
    };
    let (data, after_data) = field(bytes, after_name, size)?;
    if magic == MAGIC_CHECKSUM && sum(data) != checksum {
        return Err(Error::BadChecksum);
    }
    let link_key = LinkKey { part, dev: (dev_major, dev_minor), ino };
    let entry = Entry { path, data, mode, uid, gid, mtime_s, rdev: (rdev_major, rdev_minor), nlink, link_key };
    // The last entry of a file that was cut lacks its padding; that harms nobody.
    Ok((entry, bytes.get(after_data..).unwrap_or(&[])))
}

/// `length` bytes from `at`, and where the next field starts.
fn field(bytes: &[u8], at: usize, length: u32) -> Result<(&[u8], usize), Error> {
    let end = at.checked_add(length as usize).ok_or(Error::Truncated)?;
    let value = bytes.get(at..end).ok_or(Error::Truncated)?;
    // `HEADER_BYTES` is no multiple of 4: the padding is that of header and name together.
    Ok((value, end.checked_next_multiple_of(ALIGN).ok_or(Error::Truncated)?))
}

/// A number of hexadecimal digits, of either case and without a sign.
fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, &digit| {
        let value = char::from(digit).to_digit(16)?;
        Some(number.checked_shl(4)? | value)
    })
}

/// The checksum of form 070702: the sum of all bytes.
fn sum(data: &[u8]) -> u32 {
    data.iter().fold(0, |sum: u32, &byte| sum.wrapping_add(u32::from(byte)))
}
