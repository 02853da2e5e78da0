//! Values whose size varies up to a bound in the type: [`Bytes`], [`Text`], [`List`]. Decoded ones borrow from the message.

use crate::fuzz::Source;
use crate::{Error, Packet, Reader, Shape, Wire};
use std::fmt;
use std::ops::Deref;

/// At most `MAX` bytes.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Bytes<'a, const MAX: usize>(&'a [u8]);

/// At most `MAX` bytes of UTF-8.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Text<'a, const MAX: usize>(&'a str);

impl<'a, const MAX: usize> Bytes<'a, MAX> {
    /// The bytes, if they are within the bound.
    ///
    /// # Errors
    /// [`Error::Bound`].
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        if bytes.len() <= MAX { Ok(Self(bytes)) } else { Err(Error::Bound) }
    }

    /// What was sent.
    #[must_use]
    pub fn get(self) -> &'a [u8] {
        self.0
    }
}

impl<'a, const MAX: usize> Text<'a, MAX> {
    /// The text, if it is within the bound.
    ///
    /// # Errors
    /// [`Error::Bound`].
    pub fn new(text: &'a str) -> Result<Self, Error> {
        if text.len() <= MAX { Ok(Self(text)) } else { Err(Error::Bound) }
    }

    /// What was sent.
    #[must_use]
    pub fn get(self) -> &'a str {
        self.0
    }
}

impl<const MAX: usize> Deref for Bytes<'_, MAX> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0
    }
}

impl<const MAX: usize> Deref for Text<'_, MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        self.0
    }
}

impl<const MAX: usize> fmt::Debug for Bytes<'_, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<const MAX: usize> fmt::Debug for Text<'_, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Writes a length that the type bounds.
fn put_count(count: usize, to: &mut Packet) {
    u32::try_from(count).unwrap_or(u32::MAX).emit(to);
}

/// Reads a length and compares it with the bound of the type.
fn take_count(most: usize, from: &mut Reader<'_>) -> Result<usize, Error> {
    let count = usize::try_from(u32::parse(from)?).unwrap_or(usize::MAX);
    if count <= most { Ok(count) } else { Err(Error::Bound) }
}

impl<'a, const MAX: usize> Wire<'a> for Bytes<'a, MAX> {
    const MIN: usize = 4;
    const MAX: usize = 4 + MAX;
    const SHAPE: Shape = Shape::Bytes(MAX);

    fn emit(self, to: &mut Packet) {
        put_count(self.0.len(), to);
        to.put(self.0);
    }

    fn parse(from: &mut Reader<'a>) -> Result<Self, Error> {
        let count = take_count(MAX, from)?;
        from.take(count).map(Self)
    }

    fn sample(source: &mut Source<'a>) -> Self {
        Self(source.bytes(MAX))
    }
}

impl<'a, const MAX: usize> Wire<'a> for Text<'a, MAX> {
    const MIN: usize = 4;
    const MAX: usize = 4 + MAX;
    const SHAPE: Shape = Shape::Text(MAX);

    fn emit(self, to: &mut Packet) {
        put_count(self.0.len(), to);
        to.put(self.0.as_bytes());
    }

    fn parse(from: &mut Reader<'a>) -> Result<Self, Error> {
        let count = take_count(MAX, from)?;
        std::str::from_utf8(from.take(count)?).map(Self).map_err(|_| Error::Text)
    }

    fn sample(source: &mut Source<'a>) -> Self {
        let bytes = source.bytes(MAX);
        let good = std::str::from_utf8(bytes).map_or_else(|e| e.valid_up_to(), str::len);
        Self(std::str::from_utf8(bytes.get(..good).unwrap_or_default()).unwrap_or_default())
    }
}

/// At most `MAX` values of one fixed size without descriptors. A decoded list stays in the message; [`List::iter`] takes out one after the other.
#[derive(Clone, Copy)]
pub struct List<'a, T, const MAX: usize>(Held<'a, T>);

#[derive(Clone, Copy)]
enum Held<'a, T> {
    Values(&'a [T]),
    /// Each chunk of a value's size was parsed once and found good.
    Encoded(&'a [u8]),
}

impl<'a, T: Wire<'a> + Copy, const MAX: usize> List<'a, T, MAX> {
    const FIXED: () = assert!(T::MIN == T::MAX && T::MAX > 0 && T::DESCRIPTORS == 0, "a list holds plain values of one size");

    /// The values, if they are within the bound.
    ///
    /// # Errors
    /// [`Error::Bound`].
    pub fn new(values: &'a [T]) -> Result<Self, Error> {
        let () = Self::FIXED;
        if values.len() <= MAX { Ok(Self(Held::Values(values))) } else { Err(Error::Bound) }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self.0 {
            Held::Values(values) => values.len(),
            Held::Encoded(bytes) => bytes.len() / T::MAX,
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at `index`.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<T> {
        match self.0 {
            Held::Values(values) => values.get(index).copied(),
            Held::Encoded(bytes) => {
                let start = index.checked_mul(T::MAX)?;
                let one = bytes.get(start..start.checked_add(T::MAX)?)?;
                T::parse(&mut Reader::of(one)).ok()
            }
        }
    }

    /// All values in their order.
    pub fn iter(&self) -> impl Iterator<Item = T> + use<'a, T, MAX> {
        let list = *self;
        (0..self.len()).filter_map(move |index| list.get(index))
    }
}

impl<'a, T: Wire<'a> + Copy + PartialEq, const MAX: usize> PartialEq for List<'a, T, MAX> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<'a, T: Wire<'a> + Copy + fmt::Debug, const MAX: usize> fmt::Debug for List<'a, T, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a, T: Wire<'a> + Copy, const MAX: usize> Wire<'a> for List<'a, T, MAX> {
    const MIN: usize = 4;
    const MAX: usize = 4 + MAX * T::MAX;
    const SHAPE: Shape = Shape::List(&T::SHAPE, MAX);

    fn emit(self, to: &mut Packet) {
        put_count(self.len(), to);
        match self.0 {
            Held::Values(values) => values.iter().for_each(|value| value.emit(to)),
            Held::Encoded(bytes) => to.put(bytes),
        }
    }

    fn parse(from: &mut Reader<'a>) -> Result<Self, Error> {
        let () = Self::FIXED;
        let count = take_count(MAX, from)?;
        let bytes = from.take(count * T::MAX)?;
        for one in bytes.chunks_exact(T::MAX) {
            T::parse(&mut Reader::of(one))?;
        }
        Ok(Self(Held::Encoded(bytes)))
    }

    fn sample(source: &mut Source<'a>) -> Self {
        let bytes = source.bytes(MAX * T::MAX);
        let good = bytes.chunks_exact(T::MAX).take_while(|one| T::parse(&mut Reader::of(one)).is_ok()).count();
        Self(Held::Encoded(bytes.get(..good * T::MAX).unwrap_or_default()))
    }
}
