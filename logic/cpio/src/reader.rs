//! [`Reader`]: an archive that comes piece by piece.

use crate::{Entry, Error, Failure, HEADER_BYTES, Header, MAGIC_CHECKSUM, MAGIC_PLAIN, TRAILER};

/// Where bytes come from: a slice, or something that unpacks.
pub trait Source {
    /// Why no bytes come.
    type Error;

    /// Bytes that are at hand; none at the end alone.
    ///
    /// # Errors
    /// The source's own.
    fn fill(&mut self) -> Result<&[u8], Self::Error>;

    /// The first `count` of those bytes are done with.
    fn consume(&mut self, count: usize);
}

impl Source for &[u8] {
    type Error = core::convert::Infallible;

    fn fill(&mut self) -> Result<&[u8], Self::Error> {
        Ok(self)
    }

    fn consume(&mut self, count: usize) {
        *self = self.get(count..).unwrap_or(&[]);
    }
}

/// Whether another archive follows: skips the zeros that may stand before it.
///
/// # Errors
/// The source's own.
pub fn another<S: Source>(source: &mut S) -> Result<bool, S::Error> {
    loop {
        let piece = source.fill()?;
        let zeros = piece.iter().take_while(|&&byte| byte == 0).count();
        if zeros < piece.len() {
            source.consume(zeros);
            return Ok(true);
        }
        if piece.is_empty() {
            return Ok(false);
        }
        source.consume(zeros);
    }
}

/// Reads one archive, up to its trailer. What follows stays in the source.
#[derive(Debug)]
pub struct Reader<'s, S> {
    source: &'s mut S,
    /// Bytes of the last piece of data, which the source still holds.
    given: usize,
    /// Bytes of data that have not been given.
    left: u32,
    /// Zeros behind the data.
    padding: u32,
    /// What the data must add up to, and what they did so far.
    checksum: Option<(u32, u32)>,
}

impl<'s, S: Source> Reader<'s, S> {
    /// Reads from where the source stands.
    #[must_use]
    pub fn new(source: &'s mut S) -> Self {
        Reader { source, given: 0, left: 0, padding: 0, checksum: None }
    }

    /// The next file; `None` at the trailer. Data that were not asked for are skipped. `name` is room for the file's name with its NUL.
    ///
    /// # Errors
    /// A damaged archive, or a source that gave up.
    pub fn next<'n>(&mut self, name: &'n mut [u8]) -> Result<Option<Entry<'n>>, Failure<S::Error>> {
        while !self.data()?.is_empty() {}
        self.skip_padding(self.padding)?;
        let mut bytes = [0; HEADER_BYTES];
        // What is no archive at all may also be short.
        let (magic, numbers) = bytes.split_at_mut(MAGIC_PLAIN.len());
        self.read(magic)?;
        if magic != MAGIC_PLAIN && magic != MAGIC_CHECKSUM {
            return Err(Error::BadMagic.into());
        }
        self.read(numbers)?;
        let header = Header::parse(&bytes)?;
        let name = name.get_mut(..header.name_bytes() as usize).ok_or(Error::BadName)?;
        self.read(name)?;
        let path = match name.split_last() {
            Some((0, path)) if !path.is_empty() && !path.contains(&0) => path,
            _ => return Err(Error::BadName.into()),
        };
        self.skip_padding(header.name_padding())?;
        self.left = header.data_bytes();
        self.padding = header.data_padding();
        self.checksum = header.checksum.map(|wanted| (wanted, 0));
        Ok((path != TRAILER).then(|| header.entry(path)))
    }

    /// The next piece of the file's data, empty behind the last.
    ///
    /// # Errors
    /// As [`Reader::next`]; a wrong checksum shows when all data have been given.
    pub fn data(&mut self) -> Result<&[u8], Failure<S::Error>> {
        self.source.consume(core::mem::take(&mut self.given));
        if self.left == 0 {
            return match self.checksum.take() {
                Some((wanted, sum)) if wanted != sum => Err(Error::BadChecksum.into()),
                _ => Ok(&[]),
            };
        }
        let piece = self.source.fill().map_err(Failure::Source)?;
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX);
        let piece = piece.get(..wanted).unwrap_or(piece);
        if piece.is_empty() {
            return Err(Error::Truncated.into());
        }
        self.given = piece.len();
        // No piece is longer than what is left.
        self.left = self.left.saturating_sub(u32::try_from(piece.len()).unwrap_or(u32::MAX));
        if let Some((_, sum)) = &mut self.checksum {
            *sum = piece.iter().fold(*sum, |sum, &byte| sum.wrapping_add(u32::from(byte)));
        }
        Ok(piece)
    }

    /// Reads exactly as much as there is room for.
    fn read(&mut self, to: &mut [u8]) -> Result<(), Failure<S::Error>> {
        let mut rest = to;
        while !rest.is_empty() {
            let piece = self.source.fill().map_err(Failure::Source)?;
            let count = piece.len().min(rest.len());
            let (Some(from), Some((to, behind))) = (piece.get(..count), rest.split_at_mut_checked(count)) else {
                return Ok(());
            };
            if count == 0 {
                return Err(Error::Truncated.into());
            }
            to.copy_from_slice(from);
            rest = behind;
            self.source.consume(count);
        }
        Ok(())
    }

    /// Skips what aligns. At the very end it may be missing: that harms nobody.
    fn skip_padding(&mut self, bytes: u32) -> Result<(), Failure<S::Error>> {
        for _ in 0..bytes {
            if self.source.fill().map_err(Failure::Source)?.is_empty() {
                return Ok(());
            }
            self.source.consume(1);
        }
        Ok(())
    }
}
