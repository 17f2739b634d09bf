//! Dated exchange rates of a tenant: what one currency was worth in another, from a day on. Rates are what people set;
//! none is looked up, none is made from two others, and a pair without a rate has none (edge case 32).

use std::collections::BTreeMap;
use std::ops::Bound;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::error::{Error, Violation};
use crate::money::Currency;

/// From `day` on, one unit of `from` is worth `rate` units of `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    /// The currency that is converted.
    pub from: Currency,
    /// The currency that it becomes.
    pub to: Currency,
    /// The first day on which it counts.
    pub day: NaiveDate,
    /// Positive, with at most [`Rate::MAX_DIGITS`] digits before and after its point.
    pub rate: Decimal,
}

impl Rate {
    /// The most digits of a rate before its point, and the most after it.
    pub const MAX_DIGITS: u32 = 12;

    /// Everything that is wrong with it.
    pub fn violations(&self) -> Vec<Violation> {
        let rate = self.rate.normalize();
        let whole = rate.trunc().mantissa();
        let fits =
            rate > Decimal::ZERO && rate.scale() <= Self::MAX_DIGITS && whole < 10_i128.pow(Self::MAX_DIGITS);
        let mut violations = Vec::new();
        let mut check = |holds: bool, field: &str, description: String| {
            if !holds {
                violations.push(Violation { field: field.to_owned(), description });
            }
        };
        check(self.from != self.to, "to", "is another currency than from: one is worth itself".to_owned());
        let most = Self::MAX_DIGITS;
        check(
            fits,
            "rate",
            format!("is positive, with at most {most} digits before the point and {most} after"),
        );
        violations
    }
}

/// A tenant's rates, by pair of currencies and day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rates(BTreeMap<(Currency, Currency), BTreeMap<NaiveDate, Decimal>>);

impl Rates {
    /// Adds a rate; one of the same pair and day is replaced.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong with it.
    pub fn set(&mut self, rate: Rate) -> Result<(), Error> {
        let violations = rate.violations();
        if !violations.is_empty() {
            return Err(Error::Invalid(violations));
        }
        self.0.entry((rate.from, rate.to)).or_default().insert(rate.day, rate.rate);
        Ok(())
    }

    /// What one unit of `from` is worth in `to` on a day: the latest rate of that day or before it, however old. Only if
    /// the pair has none by then, the inverse of the latest rate of the other direction, to 28 significant digits.
    pub fn on(&self, from: Currency, to: Currency, day: NaiveDate) -> Option<Decimal> {
        if from == to {
            return Some(Decimal::ONE);
        }
        let latest = |from, to| self.0.get(&(from, to))?.range(..=day).next_back().map(|(_, rate)| *rate);
        latest(from, to).or_else(|| Decimal::ONE.checked_div(latest(to, from)?))
    }

    /// The first day after `day` on which some rate begins to count.
    pub fn next_day(&self, day: NaiveDate) -> Option<NaiveDate> {
        let later = (Bound::Excluded(day), Bound::Unbounded);
        self.0.values().filter_map(|rates| rates.range(later).next()).map(|(day, _)| *day).min()
    }
}
