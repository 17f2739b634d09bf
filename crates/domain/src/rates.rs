//! Dated exchange rates of a tenant: what one currency was worth in another, from a day on. Rates are what people set;
//! none is looked up, none is made from two others, and a pair without a rate has none (edge case 32). One that was wrong is
//! set again: of a pair and a day the last one counts.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::error::{Error, Violation};
use crate::money::Currency;
use crate::value::decimal;

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

    /// Reads a rate: a plain decimal, to its last digit.
    ///
    /// # Errors
    /// If it is none.
    pub fn parse(text: &str) -> Result<Decimal, InvalidRate> {
        decimal(text.trim()).ok_or(InvalidRate)
    }

    fn violations(&self) -> Vec<Violation> {
        let rate = self.rate.normalize();
        let whole = rate.trunc().mantissa();
        let fits =
            rate > Decimal::ZERO && rate.scale() <= Self::MAX_DIGITS && whole < 10_i128.pow(Self::MAX_DIGITS);
        let mut violations = Vec::new();
        let mut check = |holds: bool, field: &str, description: String| {
            if !holds {
                violations.push(Violation { field: format!("currency_rate.{field}"), description });
            }
        };
        let other = "is another currency than from_currency_code: one is worth itself";
        check(self.from != self.to, "to_currency_code", other.to_owned());
        check(fits, "rate", InvalidRate.to_string());
        violations
    }
}

/// The text is no rate, or one of too many digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidRate;

impl fmt::Display for InvalidRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is a positive decimal with at most 12 digits before its point and 12 after: 1.0842")
    }
}

impl std::error::Error for InvalidRate {}

/// A tenant's rates, by pair of currencies and day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rates(BTreeMap<(Currency, Currency), BTreeMap<NaiveDate, Decimal>>);

/// Of the same pair and day the last one counts.
impl FromIterator<Rate> for Rates {
    fn from_iter<I: IntoIterator<Item = Rate>>(rates: I) -> Self {
        let mut all = Self::default();
        rates.into_iter().for_each(|rate| all.insert(rate));
        all
    }
}

impl Rates {
    /// The most rates of a tenant: those of every month for thirty years between 27 pairs. Whoever judges leads reads
    /// them all.
    pub const MAX_RATES: usize = 10_000;

    /// Adds a rate; one of the same pair and day is replaced.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong with it, or that it is one too many.
    pub fn set(&mut self, rate: Rate) -> Result<(), Error> {
        self.check(rate)?;
        self.insert(rate);
        Ok(())
    }

    /// Puts in a rate as it was set once, in place of the one that was there.
    pub fn insert(&mut self, rate: Rate) {
        self.0.entry((rate.from, rate.to)).or_default().insert(rate.day, rate.rate);
    }

    /// Whether a rate may be set.
    ///
    /// # Errors
    /// As [`Rates::set`].
    pub fn check(&self, rate: Rate) -> Result<(), Error> {
        let mut violations = rate.violations();
        let count: usize = self.0.values().map(BTreeMap::len).sum();
        if self.get(rate.from, rate.to, rate.day).is_none() && count >= Self::MAX_RATES {
            let most = Self::MAX_RATES;
            let description = format!("a tenant has at most {most} rates: one a month will do");
            violations.push(Violation { field: "currency_rate.effective_date".to_owned(), description });
        }
        Error::of_violations(violations)
    }

    /// Every rate, by pair and day.
    pub fn iter(&self) -> impl Iterator<Item = Rate> {
        let all = self.0.iter().flat_map(|((from, to), rates)| rates.iter().map(move |it| (*from, *to, it)));
        all.map(|(from, to, (day, rate))| Rate { from, to, day: *day, rate: *rate })
    }

    /// The rate that was set for exactly this pair and day.
    pub fn get(&self, from: Currency, to: Currency, day: NaiveDate) -> Option<Rate> {
        let rate = *self.0.get(&(from, to))?.get(&day)?;
        Some(Rate { from, to, day, rate })
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
