//! The blob itself: header, memory reservations, and a walk over the nodes with their properties (Devicetree Specification v0.4, chapter 5).

use crate::Error;

/// How deep nodes may be nested, the root counting as the first level.
pub const MAX_DEPTH: usize = 16;

const MAGIC: u32 = 0xd00d_feed;
/// The layout described here; blobs say which oldest version they can be read as.
const VERSION: u32 = 17;

const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
const PROP: u32 = 3;
const NOP: u32 = 4;
const END: u32 = 9;

/// A blob with a valid header.
#[derive(Clone, Copy, Debug)]
pub struct Blob<'a> {
    structure: &'a [u8],
    strings: &'a [u8],
    reservations: &'a [u8],
    total_bytes: usize,
}

impl<'a> Blob<'a> {
    /// Checks the header. `bytes` may be longer than the blob.
    ///
    /// # Errors
    /// `BadMagic`, `BadVersion`, or `Truncated` when a block lies outside of the blob.
    pub fn new(bytes: &'a [u8]) -> Result<Blob<'a>, Error> {
        let field = |index: usize| be32(bytes, index.saturating_mul(4)).ok_or(Error::Truncated);
        if field(0)? != MAGIC {
            return Err(Error::BadMagic);
        }
        let total_bytes = field(1)? as usize;
        if field(5)? < VERSION || field(6)? > VERSION {
            return Err(Error::BadVersion);
        }
        let all = bytes.get(..total_bytes).ok_or(Error::Truncated)?;
        let block = |at: u32, length: u32| {
            let rest = all.get(at as usize..).ok_or(Error::Truncated)?;
            rest.get(..length as usize).ok_or(Error::Truncated)
        };
        Ok(Blob {
            structure: block(field(2)?, field(9)?)?,
            strings: block(field(3)?, field(8)?)?,
            reservations: all.get(field(4)? as usize..).ok_or(Error::Truncated)?,
            total_bytes,
        })
    }

    /// The blob's own length in memory.
    #[must_use]
    pub fn total_bytes(&self) -> usize {
        self.total_bytes
    }

    /// The memory reservation block: `(address, length)` of each entry.
    pub fn reservations(&self) -> impl Iterator<Item = (u64, u64)> + use<'a> {
        let bytes = self.reservations;
        (0..).step_by(16).map_while(move |at: usize| {
            let entry = (be64(bytes, at)?, be64(bytes, at.checked_add(8)?)?);
            (entry != (0, 0)).then_some(entry)
        })
    }

    /// A walk over all nodes, parents first.
    #[must_use]
    pub fn walk(self) -> Walk<'a> {
        Walk { blob: self, at: 0, depth: 0 }
    }

    /// The token at `at`, NOPs skipped, and where the next one starts.
    fn token(&self, mut at: usize) -> Result<(Token<'a>, usize), Error> {
        loop {
            let tag = be32(self.structure, at).ok_or(Error::Truncated)?;
            at = at.checked_add(4).ok_or(Error::Truncated)?;
            return match tag {
                NOP => continue,
                BEGIN_NODE => {
                    let name = string(self.structure, at).ok_or(Error::Truncated)?;
                    let end = at.checked_add(name.len()).and_then(|end| end.checked_add(1));
                    Ok((Token::Begin(name), align4(end)?))
                }
                PROP => self.property(at),
                END_NODE => Ok((Token::EndNode, at)),
                END => Ok((Token::End, at)),
                _ => Err(Error::BadStructure),
            };
        }
    }

    fn property(&self, at: usize) -> Result<(Token<'a>, usize), Error> {
        let length = be32(self.structure, at).ok_or(Error::Truncated)? as usize;
        let name_at = at.checked_add(4).and_then(|at| be32(self.structure, at)).ok_or(Error::Truncated)? as usize;
        let start = at.checked_add(8).ok_or(Error::Truncated)?;
        let end = start.checked_add(length).ok_or(Error::Truncated)?;
        let value = self.structure.get(start..end).ok_or(Error::Truncated)?;
        let name = string(self.strings, name_at).ok_or(Error::Truncated)?;
        Ok((Token::Prop(name, value), align4(Some(end))?))
    }
}

enum Token<'a> {
    Begin(&'a [u8]),
    Prop(&'a [u8], &'a [u8]),
    EndNode,
    End,
}

/// Gives the nodes one after the other; see [`Blob::walk`].
#[derive(Debug)]
pub struct Walk<'a> {
    blob: Blob<'a>,
    at: usize,
    /// Nodes that are open.
    depth: usize,
}

impl<'a> Walk<'a> {
    /// The next node and its depth (the root's is 0), or `None` after the last.
    ///
    /// # Errors
    /// When the structure block is damaged; every further call then fails too.
    pub fn next_node(&mut self) -> Result<Option<(usize, Node<'a>)>, Error> {
        loop {
            let (token, next) = self.blob.token(self.at)?;
            match token {
                Token::Begin(name) => {
                    let depth = self.depth;
                    if depth >= MAX_DEPTH {
                        return Err(Error::TooDeep);
                    }
                    self.at = next;
                    self.depth = depth.saturating_add(1);
                    return Ok(Some((depth, Node { blob: self.blob, name, at: next })));
                }
                Token::EndNode => self.depth = self.depth.checked_sub(1).ok_or(Error::BadStructure)?,
                Token::End if self.depth == 0 => return Ok(None),
                Token::End => return Err(Error::BadStructure),
                Token::Prop(..) if self.depth == 0 => return Err(Error::BadStructure),
                Token::Prop(..) => {}
            }
            self.at = next;
        }
    }
}

/// One node. Its properties are found by reading them again, which a boot does a few hundred times.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    blob: Blob<'a>,
    name: &'a [u8],
    /// Where its properties start.
    at: usize,
}

impl<'a> Node<'a> {
    /// The name with its unit address, `b"memory@80000000"`.
    #[must_use]
    pub fn name(&self) -> &'a [u8] {
        self.name
    }

    /// The name before the `@`.
    #[must_use]
    pub fn base_name(&self) -> &'a [u8] {
        self.name.split(|&byte| byte == b'@').next().unwrap_or(self.name)
    }

    /// A property's value. Properties stand before the first child (section 5.4.1), so the search ends there.
    #[must_use]
    pub fn prop(&self, wanted: &str) -> Option<&'a [u8]> {
        let mut at = self.at;
        loop {
            match self.blob.token(at) {
                Ok((Token::Prop(name, value), next)) => {
                    if name == wanted.as_bytes() {
                        return Some(value);
                    }
                    at = next;
                }
                _ => return None,
            }
        }
    }

    /// A property of one cell.
    #[must_use]
    pub fn u32(&self, name: &str) -> Option<u32> {
        let value = self.prop(name)?;
        (value.len() == 4).then(|| be32(value, 0)).flatten()
    }

    /// A property of one or two cells.
    #[must_use]
    pub fn u64(&self, name: &str) -> Option<u64> {
        let value = self.prop(name)?;
        match value.len() {
            4 => be32(value, 0).map(u64::from),
            8 => be64(value, 0),
            _ => None,
        }
    }

    /// A property that is a string, without its NUL; `None` also when it is not UTF-8.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&'a str> {
        core::str::from_utf8(string(self.prop(name)?, 0)?).ok()
    }

    /// Whether one of the strings of `compatible` is `wanted`.
    #[must_use]
    pub fn is_compatible(&self, wanted: &str) -> bool {
        self.prop("compatible").is_some_and(|list| list.split(|&byte| byte == 0).any(|entry| entry == wanted.as_bytes()))
    }
}

/// The big-endian word at `at`.
#[must_use]
pub fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_be_bytes(*word))
}

/// The big-endian double word at `at`.
#[must_use]
pub fn be64(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|word| u64::from_be_bytes(*word))
}

/// The bytes from `at` up to the next NUL.
fn string(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let rest = bytes.get(at..)?;
    let length = rest.iter().position(|&byte| byte == 0)?;
    rest.get(..length)
}

fn align4(at: Option<usize>) -> Result<usize, Error> {
    at.and_then(|at| at.checked_next_multiple_of(4)).ok_or(Error::Truncated)
}
