//! Shares: a count over a count, with its two parts kept, so that the reader can always see "40 of 100".
//!
//! Refuses to give a value for a zero denominator (edge case 1): the answer is an error with a name, never 0, 100
//! or NaN.

use std::fmt;

use rust_decimal::Decimal;

use super::exact::Exact;

/// A count over a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Ratio {
    /// What is counted.
    pub numerator: u64,
    /// Out of how many; of a rate per day, over how many days.
    pub denominator: u64,
    /// How many members were too young to judge by `as_of` (edge case 4). Whether they are part of the two counts is
    /// said by the metric.
    pub n_immature: u64,
}

/// There is nothing to divide by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ZeroDenominator;

impl ZeroDenominator {
    /// The reason on the wire.
    pub const REASON: &'static str = "ZERO_DENOMINATOR";
}

impl fmt::Display for ZeroDenominator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::REASON)
    }
}

impl std::error::Error for ZeroDenominator {}

impl Ratio {
    /// A ratio all of whose members are mature.
    pub fn new(numerator: u64, denominator: u64) -> Self {
        Self { numerator, denominator, n_immature: 0 }
    }

    /// The exact value: 2/5 for 40 of 100.
    ///
    /// # Errors
    /// `ZeroDenominator` if there is nothing to divide by.
    pub fn value(self) -> Result<Exact, ZeroDenominator> {
        Exact::new(i128::from(self.numerator), i128::from(self.denominator)).ok_or(ZeroDenominator)
    }

    /// The value in per cent with this many digits after the point, halves away from zero: 40 for 40 of 100.
    ///
    /// # Errors
    /// `ZeroDenominator` if there is nothing to divide by.
    pub fn percent(self, digits: u32) -> Result<Decimal, ZeroDenominator> {
        Ok(self.value()?.percent().to_decimal(digits))
    }

    /// Whether it is more than 100 %, which a period's efficiency may be (edge case 3) and then must say.
    pub fn is_over_one(self) -> bool {
        self.denominator > 0 && self.numerator > self.denominator
    }
}
