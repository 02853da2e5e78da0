//! The way from a program into the kernel: the one trap instruction, a stub for every call of the two tables, and safe calls.
//!
//! - [`sys`]: every Linux and native call by its name, unsafe: registers in, a register out.
//! - [`Args`]: the struct of a native call, with addresses of borrowed memory alone; what makes one stands in `args.rs`, and
//!   [`by_descriptor`], [`by_name`] and others are safe calls with it.
//! - [`Descriptors`]: where the kernel puts descriptors that are the caller's from then on.
//!
//! Neighbour: `rvos`, which makes channels, services and the other nouns of these.

mod args;
#[cfg_attr(not(target_arch = "riscv64"), path = "elsewhere.rs")]
mod trap;

pub use args::{Args, Descriptors, Join, Kill, Native, Terms, accept, budget, by_descriptor, by_name, create, restrict, spawn};

macro_rules! stubs {
    ($($number:literal $name:ident ($($arg:ident : $kind:ident $(($($param:tt)*))?),*) -> $ret:ident {
        state: $state:ident, authority: $authority:ident $(($grant:ident))?, rights: $rights:tt, blocks: $blocks:ident,
        errors: $errors:tt, doc: $doc:literal,
    })*) => {
        $(
            #[doc = $doc]
            ///
            /// # Errors
            /// The kernel's.
            ///
            /// # Safety
            /// What the call takes for an address is one of memory that the kernel may use so.
            pub unsafe fn $name($($arg: usize),*) -> Result<usize, abi::Errno> {
                // SAFETY: as the caller promises.
                unsafe { crate::trap::call($number, &[$($arg),*]) }
            }
        )*
    };
}

/// All calls by their names.
pub mod sys {
    abi::for_each_linux_call! { stubs }
    abi::for_each_native_call! { stubs }
}
