//! Objects that only this kernel has, one file a noun: channels and what they carry. The calls on them are in `native`.

pub(crate) mod call;
pub(crate) mod channel;
pub(crate) mod end;
pub(crate) mod inflight;
pub(crate) mod message;
pub(crate) mod short;
mod tell;
