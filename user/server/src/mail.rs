//! Answers that come later, on their way from whoever gives them to the session that they are for.

use crate::sessions::Key;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use wire::{Outlet, Packet};

/// An answer on its way.
pub(crate) struct Letter {
    /// The session.
    pub(crate) to: Key,
    /// The call that it answers; `None`: it goes as a message.
    pub(crate) call: Option<u64>,
    /// The answer.
    pub(crate) packet: Packet,
}

/// The letters in their order.
#[derive(Clone, Default)]
pub(crate) struct Mail(Rc<RefCell<VecDeque<Letter>>>);

impl Mail {
    /// The way back for the answer to one request.
    pub(crate) fn outlet(&self, to: Key, call: Option<u64>) -> Outlet {
        let mail = self.clone();
        Box::new(move |packet| mail.0.borrow_mut().push_back(Letter { to, call, packet }))
    }

    /// Takes the next letter.
    pub(crate) fn next(&self) -> Option<Letter> {
        self.0.borrow_mut().pop_front()
    }
}
