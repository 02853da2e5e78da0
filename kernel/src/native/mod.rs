//! The native calls (numbers from 0x1000 up): dispatch. One file a family beside this one.

mod budget;
mod channel;
mod debug;
mod rights;
mod spawn;
mod svc;

pub(crate) use debug::{Mutations, mutated};

use crate::linux::{Call, CallResult, authority, stub};

macro_rules! handler {
    (live $name:ident $c:ident) => {
        handlers::$name($c)
    };
    (stub $name:ident $c:ident) => {
        stub($c)
    };
}

macro_rules! dispatch_table {
    ($(
        $number:literal $name:ident ($($args:tt)*) -> $ret:ident {
            state: $state:ident, authority: $authority:ident $(($grant:ident))?, $($rest:tt)*
        }
    )*) => {
        /// Runs the native call `number`. Apart from the Linux calls, which keep their registers for themselves.
        #[inline(never)]
        pub(crate) fn call(number: usize, c: &mut Call<'_>) -> CallResult {
            match number {
                $($number => {
                    authority!(c $authority $(($grant))?);
                    handler!($state $name c)
                })*
                _ => stub(c),
            }
        }
    };
}
abi::for_each_native_call! { dispatch_table }

/// The handlers by the names of their calls.
mod handlers {
    pub(super) use super::budget::{budget_create, budget_join, budget_kill, budget_limit, budget_usage, budget_watch};
    pub(super) use super::channel::{chan_call, chan_create, chan_recv, chan_reply_recv, chan_send};
    pub(super) use super::debug::{debug_fail_alloc, debug_mutate};
    pub(super) use super::rights::fd_restrict;
    pub(super) use super::spawn::spawn;
    pub(super) use super::svc::{svc_accept, svc_bind, svc_connect};
}
