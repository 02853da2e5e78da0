//! Values of fixed size: numbers, truth values, arrays, options, results of nothing; and [`bits!`] for sets of bits.

use crate::fuzz::Source;
use crate::{Error, Packet, Reader, Shape, Wire};

macro_rules! numbers {
    ($($ty:ident)*) => {
        $(impl<'a> Wire<'a> for $ty {
            const MIN: usize = size_of::<$ty>();
            const MAX: usize = size_of::<$ty>();
            const SHAPE: Shape = Shape::Plain(stringify!($ty));

            fn emit(self, to: &mut Packet) {
                to.put(&self.to_le_bytes());
            }

            fn parse(from: &mut Reader<'a>) -> Result<Self, Error> {
                from.array().map($ty::from_le_bytes)
            }

            fn sample(source: &mut Source<'a>) -> Self {
                $ty::from_le_bytes(source.array())
            }
        })*
    };
}
numbers! { u8 u16 u32 u64 i8 i16 i32 i64 f32 f64 }

impl<'a> Wire<'a> for bool {
    const MIN: usize = 1;
    const MAX: usize = 1;
    const SHAPE: Shape = Shape::Plain("bool");

    fn emit(self, to: &mut Packet) {
        to.put(&[u8::from(self)]);
    }

    fn parse(from: &mut Reader<'a>) -> Result<Self, Error> {
        match u8::parse(from)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Error::Bits),
        }
    }

    fn sample(source: &mut Source<'a>) -> Self {
        source.byte() & 1 == 1
    }
}

impl<'a> Wire<'a> for () {
    const MIN: usize = 0;
    const MAX: usize = 0;
    const SHAPE: Shape = Shape::Plain("nothing");

    fn emit(self, _to: &mut Packet) {}

    fn parse(_from: &mut Reader<'a>) -> Result<Self, Error> {
        Ok(())
    }

    fn sample(_source: &mut Source<'a>) -> Self {}
}

/// An error that cannot be: for methods that always succeed.
impl<'a> Wire<'a> for std::convert::Infallible {
    const MIN: usize = 0;
    const MAX: usize = 0;
    const SHAPE: Shape = Shape::Plain("never");

    fn emit(self, _to: &mut Packet) {
        match self {}
    }

    fn parse(_from: &mut Reader<'a>) -> Result<Self, Error> {
        Err(Error::Tag)
    }

    /// # Panics
    /// Always: there is no value.
    fn sample(_source: &mut Source<'a>) -> Self {
        unreachable!("no value of this type exists")
    }
}

impl<'a, T: Wire<'a>, const N: usize> Wire<'a> for [T; N] {
    const MIN: usize = T::MIN * N;
    const MAX: usize = T::MAX * N;
    const DESCRIPTORS: usize = T::DESCRIPTORS * N;
    const SHAPE: Shape = Shape::Array(&T::SHAPE, N);

    fn emit(self, to: &mut Packet) {
        for element in self {
            element.emit(to);
        }
    }

    fn parse(from: &mut Reader<'a>) -> Result<Self, Error> {
        let mut error = None;
        let parsed: [Option<T>; N] = std::array::from_fn(|_| match error {
            Some(_) => None,
            None => T::parse(from).map_err(|e| error = Some(e)).ok(),
        });
        if let Some(error) = error {
            return Err(error);
        }
        let mut parsed = parsed.into_iter().flatten();
        // All are there, or there was an error.
        Ok(std::array::from_fn(|_| parsed.next().expect("every element parsed")))
    }

    fn sample(source: &mut Source<'a>) -> Self {
        std::array::from_fn(|_| T::sample(source))
    }
}

impl<'a, T: Wire<'a>> Wire<'a> for Option<T> {
    const MIN: usize = 1;
    const MAX: usize = 1 + T::MAX;
    const DESCRIPTORS: usize = T::DESCRIPTORS;
    const SHAPE: Shape = Shape::Option(&T::SHAPE);

    fn emit(self, to: &mut Packet) {
        self.is_some().emit(to);
        if let Some(value) = self {
            value.emit(to);
        }
    }

    fn parse(from: &mut Reader<'a>) -> Result<Self, Error> {
        bool::parse(from)?.then(|| T::parse(from)).transpose()
    }

    fn sample(source: &mut Source<'a>) -> Self {
        bool::sample(source).then(|| T::sample(source))
    }
}

/// Gives a type of the crate `bitflags` its form: the bits as a number; unknown ones are refused. `wire::bits!(Flags: u32);`
#[macro_export]
macro_rules! bits {
    ($name:ident: $repr:ident) => {
        impl<'a> $crate::Wire<'a> for $name {
            const MIN: usize = size_of::<$repr>();
            const MAX: usize = size_of::<$repr>();
            const SHAPE: $crate::Shape = $crate::Shape::Bits(stringify!($name), stringify!($repr), || {
                <$name as $crate::bitflags::Flags>::FLAGS.iter().map($crate::bitflags::Flag::name).collect()
            });

            fn emit(self, to: &mut $crate::Packet) {
                <$repr as $crate::Wire>::emit(self.bits(), to);
            }

            fn parse(from: &mut $crate::Reader<'a>) -> Result<Self, $crate::Error> {
                let bits = <$repr as $crate::Wire>::parse(from)?;
                $name::from_bits(bits).ok_or($crate::Error::Bits)
            }

            fn sample(source: &mut $crate::fuzz::Source<'a>) -> Self {
                $name::from_bits_truncate(<$repr as $crate::Wire>::sample(source))
            }
        }
    };
}
