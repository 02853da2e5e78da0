//! Address spaces.

pub(crate) mod fault;
