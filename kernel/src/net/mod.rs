//! Sockets. So far: connected pairs of the unix domain.

pub(crate) mod unix;
