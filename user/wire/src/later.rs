//! Answers that come later: a method whose first argument is a [`Later`] keeps it and answers when it can, in any order.

use crate::{Fault, Header, Packet, Wire, answer, answer_fault};
use std::fmt;
use std::marker::PhantomData;

/// Takes the one answer to a request to whom it is for.
pub type Outlet = Box<dyn FnOnce(Packet)>;

/// Whether a request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Served {
    /// Yes: the reply is in the packet.
    Now,
    /// No: a [`Later`] was handed out, which will.
    Later,
}

/// The right, and the duty, to answer one request: with a value, or with the service's error. If it is dropped the client is told that
/// there will be no answer ([`Fault::Unanswered`]).
pub struct Later<T, E> {
    about: Header,
    outlet: Option<Outlet>,
    carries: PhantomData<fn(T, E)>,
}

impl<T, E> Later<T, E> {
    /// For a request with this header; made by the dispatch of a server.
    #[must_use]
    pub fn new(protocol: u32, version: u16, tag: u16, outlet: Outlet) -> Self {
        Self { about: Header { protocol, version, tag }, outlet: Some(outlet), carries: PhantomData }
    }

    /// Answers.
    pub fn answer<'a>(mut self, result: Result<T, E>)
    where
        T: Wire<'a>,
        E: Wire<'a>,
    {
        if let Some(outlet) = self.outlet.take() {
            let Header { protocol, version, tag } = self.about;
            let mut packet = Packet::new();
            answer(protocol, version, tag, result, &mut packet);
            outlet(packet);
        }
    }
}

impl<T, E> Drop for Later<T, E> {
    fn drop(&mut self) {
        if let Some(outlet) = self.outlet.take() {
            let mut packet = Packet::new();
            answer_fault(self.about, Fault::Unanswered, &mut packet);
            outlet(packet);
        }
    }
}

impl<T, E> fmt::Debug for Later<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Later").field("about", &self.about).finish_non_exhaustive()
    }
}
