//! The protocol of the smallest service, `math`: the example of the book.

use crate::{List, Wire, protocol};

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Wire)]
pub enum MathError {
    /// The result is no number of 64 bits.
    Overflow = 1,
    /// There is nothing to divide by.
    Zero = 2,
}

/// Whole numbers of 64 bits.
#[protocol(name = "math", version = 1)]
pub trait Math {
    /// The sum of all values.
    #[wire(1)]
    fn sum(&mut self, values: List<'_, i64, 1024>) -> Result<i64, MathError>;
    /// The quotient, rounded towards zero.
    #[wire(2)]
    fn divide(&mut self, value: i64, by: i64) -> Result<i64, MathError>;
    /// The last result of this session, if there was one.
    #[wire(3)]
    fn last(&mut self) -> Result<Option<i64>, MathError>;
}
