//! The native calls (numbers from 0x1000 up): dispatch. One file a family beside this one.

mod debug;

pub(crate) use debug::{Mutations, mutated};

use crate::linux::{Call, CallResult, Stop};
use abi::Errno;

macro_rules! dispatch_table {
    ($($number:literal $name:ident ($($args:tt)*) -> $ret:ident { $($rest:tt)* })*) => {
        /// Runs the native call `number`.
        pub(crate) fn call(number: usize, c: &mut Call<'_>) -> CallResult {
            match number {
                $($number => handlers::$name(c),)*
                _ => Err(Stop::Errno(Errno::ENOSYS)),
            }
        }
    };
}
abi::for_each_native_call! { dispatch_table }

/// The handlers by the names of their calls.
mod handlers {
    pub(super) use super::debug::{debug_fail_alloc, debug_mutate};
}
