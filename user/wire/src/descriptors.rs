//! Descriptors as fields: they have no bytes, and move beside them in the order of the fields.

use crate::fuzz::Source;
use crate::{Error, Packet, Reader, Shape, Wire};
use std::fs::File;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;

/// Gives types that are one owned descriptor their form: `wire::descriptor!(Memory, "memory");`. What kind it is, the receiver
/// learns when it uses it: a descriptor of another kind makes that use fail.
#[macro_export]
macro_rules! descriptor {
    ($($ty:ty, $name:literal;)*) => {
        $(impl<'a> $crate::Wire<'a> for $ty {
            const MIN: usize = 0;
            const MAX: usize = 0;
            const DESCRIPTORS: usize = 1;
            const SHAPE: $crate::Shape = $crate::Shape::Descriptor($name);

            fn emit(self, to: &mut $crate::Packet) {
                to.descriptors.push(self.into());
            }

            fn parse(from: &mut $crate::Reader<'a>) -> Result<Self, $crate::Error> {
                from.descriptor().map(Self::from)
            }

            fn sample(source: &mut $crate::fuzz::Source<'a>) -> Self {
                Self::from(source.descriptor())
            }
        })*
    };
}

descriptor! {
    File, "file";
    TcpStream, "TCP stream";
    TcpListener, "TCP listener";
    UdpSocket, "UDP socket";
}

impl<'a> Wire<'a> for OwnedFd {
    const MIN: usize = 0;
    const MAX: usize = 0;
    const DESCRIPTORS: usize = 1;
    const SHAPE: Shape = Shape::Descriptor("any");

    fn emit(self, to: &mut Packet) {
        to.descriptors.push(self);
    }

    fn parse(from: &mut Reader<'a>) -> Result<Self, Error> {
        from.descriptor()
    }

    fn sample(source: &mut Source<'a>) -> Self {
        source.descriptor()
    }
}
