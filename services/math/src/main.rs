//! The smallest service: whole numbers. Its protocol is `wire::math`; the supervisor gives it the listen queue.
#![forbid(unsafe_code)]

use rvos::Listener;
use std::io;
use wire::List;
use wire::math::{Math, MathError, MathProtocol};

/// What a client's session remembers.
#[derive(Default)]
struct Session {
    last: Option<i64>,
}

impl Session {
    fn result(&mut self, result: Result<i64, MathError>) -> Result<i64, MathError> {
        self.last = result.ok().or(self.last);
        result
    }
}

impl Math for Session {
    fn sum(&mut self, values: List<'_, i64, 1024>) -> Result<i64, MathError> {
        let sum = values.iter().try_fold(0_i64, i64::checked_add);
        self.result(sum.ok_or(MathError::Overflow))
    }

    fn divide(&mut self, value: i64, by: i64) -> Result<i64, MathError> {
        let quotient = if by == 0 { Err(MathError::Zero) } else { value.checked_div(by).ok_or(MathError::Overflow) };
        self.result(quotient)
    }

    fn last(&mut self) -> Result<Option<i64>, MathError> {
        Ok(self.last)
    }
}

fn main() -> io::Result<()> {
    let never = server::run::<MathProtocol, _>(Listener::inherited()?, &server::Options::default(), |_peer| Session::default())?;
    match never {}
}
