//! Sockets. So far: those of the unix domain.

pub(crate) mod unix;
