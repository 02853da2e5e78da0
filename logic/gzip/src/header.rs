//! The header of a gzip file (RFC 1952, section 2.3).

use crate::Error;
use crate::crc::Crc;

const MAGIC: &[u8] = &[0x1F, 0x8B];
const DEFLATE: u8 = 8;
/// Magic, method, flags, time, extra flags, system.
const FIXED_BYTES: usize = 10;

const FHCRC: u8 = 2;
const FEXTRA: u8 = 4;
const FNAME: u8 = 8;
const FCOMMENT: u8 = 16;
const RESERVED: u8 = 0xE0;

/// Whether these bytes begin a gzip file.
#[must_use]
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// The compressed data behind a header, and whatever follows them.
pub(crate) fn skip(file: &[u8]) -> Result<&[u8], Error> {
    if !is_gzip(file) {
        return Err(Error::BadHeader);
    }
    let (fixed, mut rest) = file.split_at_checked(FIXED_BYTES).ok_or(Error::Truncated)?;
    let &[_, _, method, flags, ..] = fixed else { return Err(Error::Truncated) };
    if method != DEFLATE || flags & RESERVED != 0 {
        return Err(Error::BadHeader);
    }
    if flags & FEXTRA != 0 {
        let (length, behind) = rest.split_first_chunk().ok_or(Error::Truncated)?;
        rest = behind.get(usize::from(u16::from_le_bytes(*length))..).ok_or(Error::Truncated)?;
    }
    for flag in [FNAME, FCOMMENT] {
        if flags & flag != 0 {
            let end = rest.iter().position(|&byte| byte == 0).ok_or(Error::Truncated)?;
            rest = rest.get(end.saturating_add(1)..).ok_or(Error::Truncated)?;
        }
    }
    if flags & FHCRC != 0 {
        let header = file.len().checked_sub(rest.len()).and_then(|length| file.get(..length)).ok_or(Error::Truncated)?;
        let (wanted, behind) = rest.split_first_chunk().ok_or(Error::Truncated)?;
        let mut crc = Crc::new();
        crc.add(header);
        // The lower half of the checksum.
        if crc.value() & 0xFFFF != u32::from(u16::from_le_bytes(*wanted)) {
            return Err(Error::BadHeader);
        }
        rest = behind;
    }
    Ok(rest)
}
