//! The macros of the crate `wire`: `#[derive(Wire)]` for values and messages ([`value`]), `#[protocol]` for services ([`service`]).
#![forbid(unsafe_code)]

mod options;
mod service;
mod value;

use proc_macro::TokenStream;
use syn::{DeriveInput, ItemTrait, parse_macro_input};

/// Gives a struct or an enum its form in messages: the fields in their order; before those of an enum's variant its tag.
///
/// On the type: `#[wire(size = N)]` or `#[wire(max = N)]` is checked when compiled; `#[wire(tag = u16)]` is the tag's type (`u8` if not given);
/// `#[wire(message = "NAME", version = N)]` makes it a whole message. On a variant: `#[wire(N)]` is its tag; `Variant = N` will do as well.
#[proc_macro_derive(Wire, attributes(wire))]
pub fn derive_wire(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    value::derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes a protocol of a trait: `#[protocol(name = "NAME", version = N)]`, and `#[wire(TAG)]` or `#[wire(TAG, since = VERSION)]` on
/// each method, which takes `&mut self` and arguments with a form and returns a `Result` of two types with a form.
///
/// For a trait `Math` there are then `MathRequest`, all requests as an enum; `MathClient`, the same methods over a `wire::Transport`;
/// and `MathProtocol` with the description, the dispatch of a server (`wire::Service`) and the fuzzer.
#[proc_macro_attribute]
pub fn protocol(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as ItemTrait);
    service::protocol(arguments.into(), item).unwrap_or_else(syn::Error::into_compile_error).into()
}
