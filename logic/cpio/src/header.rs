//! [`Header`]: the numbers before a name (cpio(5), "New ASCII Format").

use crate::{ALIGN, Entry, Error, LinkKey, MAGIC_CHECKSUM, MAGIC_PLAIN};

/// The magic and 13 numbers of 8 hexadecimal digits.
pub const HEADER_BYTES: usize = 110;

/// The numbers before a name. The name follows with its NUL, then the data; both are padded to a multiple of four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    numbers: [u32; 13],
    /// What the data add up to, in form 070702.
    pub(crate) checksum: Option<u32>,
}

impl Header {
    /// Reads a header.
    ///
    /// # Errors
    /// [`Error::BadMagic`], [`Error::BadNumber`].
    pub fn parse(bytes: &[u8; HEADER_BYTES]) -> Result<Header, Error> {
        let (magic, digits) = bytes.split_at_checked(MAGIC_PLAIN.len()).ok_or(Error::BadMagic)?;
        if magic != MAGIC_PLAIN && magic != MAGIC_CHECKSUM {
            return Err(Error::BadMagic);
        }
        let mut numbers = [0_u32; 13];
        for (number, digits) in numbers.iter_mut().zip(digits.chunks_exact(8)) {
            *number = hex(digits).ok_or(Error::BadNumber)?;
        }
        let [.., checksum] = numbers;
        Ok(Header { numbers, checksum: (magic == MAGIC_CHECKSUM).then_some(checksum) })
    }

    /// Length of the name with its NUL.
    #[must_use]
    pub fn name_bytes(&self) -> u32 {
        let [.., name_bytes, _] = self.numbers;
        name_bytes
    }

    /// Zeros between the name and the data.
    #[must_use]
    pub fn name_padding(&self) -> u32 {
        // The padding is that of header and name together.
        padding(self.name_bytes().wrapping_add(HEADER_BYTES as u32))
    }

    /// Length of the data.
    #[must_use]
    pub fn data_bytes(&self) -> u32 {
        let [_, _, _, _, _, _, data_bytes, ..] = self.numbers;
        data_bytes
    }

    /// Zeros behind the data.
    #[must_use]
    pub fn data_padding(&self) -> u32 {
        padding(self.data_bytes())
    }

    /// The file that is described, under this name.
    pub(crate) fn entry<'a>(&self, path: &'a [u8]) -> Entry<'a> {
        let [ino, mode, uid, gid, nlink, mtime_s, data_bytes, dev_major, dev_minor, rdev_major, rdev_minor, ..] = self.numbers;
        let link_key = LinkKey { dev: (dev_major, dev_minor), ino };
        Entry { path, data_bytes, mode, uid, gid, mtime_s, rdev: (rdev_major, rdev_minor), nlink, link_key }
    }
}

/// How far a length is from the next multiple of [`ALIGN`]. Wrapping is harmless: the alignment divides `2^32`.
fn padding(length: u32) -> u32 {
    length.wrapping_neg() % ALIGN
}

/// A number of hexadecimal digits, of either case and without a sign.
fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, &digit| {
        let value = char::from(digit).to_digit(16)?;
        Some(number.checked_shl(4)? | value)
    })
}
