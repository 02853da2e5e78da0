//! The native calls (numbers from 0x1000 up): dispatch. One file a family beside this one.
#![deny(clippy::arithmetic_side_effects)] // numbers from programs

mod budget;
mod channel;
mod debug;
mod rights;
mod spawn;
mod svc;

pub(crate) use debug::{Mutations, mutated};

use crate::linux::{Call, CallResult, Entry, authority, entry, stub};
use crate::task::Thread;
use arch::TrapFrame;

/// Numbers that are kept together: those of the calls, and behind them those for tests.
const NEAR: usize = 0x50;
const FIRST_FOR_TESTS: usize = 0x1ff0;
const FOR_TESTS: usize = 2;

/// The place of a number in the table.
#[inline(always)]
const fn place(number: usize) -> usize {
    let near = number.wrapping_sub(abi::FIRST_NATIVE_CALL);
    if near < NEAR { near } else { number.wrapping_sub(FIRST_FOR_TESTS).saturating_add(NEAR) }
}

macro_rules! dispatch_table {
    ($(
        $number:literal $name:ident ($($args:tt)*) -> $ret:ident {
            state: $state:ident, authority: $authority:ident $(($grant:ident))?, $($rest:tt)*
        }
    )*) => {
        /// A function for each call: so none of them saves registers for another.
        mod entries {
            use super::{Call, CallResult, Thread, TrapFrame, authority, entry, handlers};
            $(entry! { $state $number $name $authority $(($grant))? })*
        }
        #[allow(clippy::indexing_slicing, reason = "made when compiled: what is out of bounds is an error of the build")]
        static ENTRIES: [Entry; NEAR + FOR_TESTS] = {
            let mut table = [stub as Entry; NEAR + FOR_TESTS];
            $(table[place($number)] = entries::$name;)*
            table
        };
    };
}
abi::for_each_native_call! { dispatch_table }

/// The function of a native call, if there may be one with that number.
#[inline(always)]
pub(crate) fn entry_of(number: usize) -> Option<&'static Entry> {
    ENTRIES.get(place(number))
}

/// The handlers by the names of their calls.
mod handlers {
    pub(super) use super::budget::{budget_create, budget_join, budget_kill, budget_limit, budget_usage, budget_watch};
    pub(super) use super::channel::{chan_call, chan_create, chan_recv, chan_reply_recv, chan_send};
    pub(super) use super::debug::{debug_fail_alloc, debug_mutate};
    pub(super) use super::rights::fd_restrict;
    pub(super) use super::spawn::spawn;
    pub(super) use super::svc::{svc_accept, svc_bind, svc_connect};
}
