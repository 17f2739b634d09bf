//! Points, in thousandths: the unit of fit, of scores and of their thresholds.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};
use std::str::FromStr;

/// A number of points, exact to a thousandth; negative ones count against a lead.
///
/// Sums saturate. They never do so for a model that holds its limits: 2^32 activities of a lead, each counted by 100
/// rules with 10,000 points, are less than half of what fits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Points(i64);

impl Points {
    /// None at all.
    pub const ZERO: Self = Self(0);

    /// So many thousandths of a point.
    pub const fn from_milli(milli: i64) -> Self {
        Self(milli)
    }

    /// So many whole points.
    pub const fn whole(points: i32) -> Self {
        Self(points as i64 * 1_000)
    }

    /// In thousandths of a point.
    pub const fn milli(self) -> i64 {
        self.0
    }

    /// The points of so many activities.
    pub(crate) fn times(self, count: u32) -> Self {
        Self(self.0.saturating_mul(i64::from(count)))
    }

    /// As many points as `magnitude` thousandths, with the sign of `self`.
    pub(crate) fn with_magnitude(self, magnitude: u64) -> Self {
        let magnitude = i64::try_from(magnitude).unwrap_or(i64::MAX);
        Self(if self.0 < 0 { -magnitude } else { magnitude })
    }
}

impl Add for Points {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Points {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Points {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Points {
    fn sum<I: Iterator<Item = Self>>(points: I) -> Self {
        points.fold(Self::ZERO, Add::add)
    }
}

/// `12.5`, `-0.125`, `30`: without zeros at the end.
impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, milli) = (self.0.unsigned_abs() / 1_000, self.0.unsigned_abs() % 1_000);
        let sign = if self.0 < 0 { "-" } else { "" };
        let text = if milli == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{milli:03}") };
        f.pad(if milli == 0 { &text } else { text.trim_end_matches('0') })
    }
}

impl FromStr for Points {
    type Err = ParsePointsError;

    fn from_str(text: &str) -> Result<Self, ParsePointsError> {
        let (is_negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !is_number(whole) || !is_number(decimals) || decimals.len() > 3 {
            return Err(ParsePointsError);
        }
        let milli = format!("{whole}{decimals:0<3}").parse::<i64>().map_err(|_| ParsePointsError)?;
        Ok(Self(if is_negative { -milli } else { milli }))
    }
}

/// The text is no number of points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParsePointsError;

impl fmt::Display for ParsePointsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("points are a decimal number with at most three decimals, such as 12.5")
    }
}

impl std::error::Error for ParsePointsError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_written_without_zeros_at_the_end_and_read_back() {
        for (milli, text) in [
            (0, "0"),
            (12_500, "12.5"),
            (30_000, "30"),
            (-125, "-0.125"),
            (-1_050, "-1.05"),
            (10, "0.01"),
            (i64::MAX, "9223372036854775.807"),
        ] {
            assert_eq!(Points::from_milli(milli).to_string(), text);
            assert_eq!(text.parse(), Ok(Points::from_milli(milli)));
        }
        assert_eq!("-0.500".parse(), Ok(Points::from_milli(-500)));
    }

    #[test]
    fn what_is_no_number_of_points_is_refused() {
        for bad in ["", "-", ".5", "5.", "1.2345", "+1", "1e3", "--1", "1.-5", "1,5", "9223372036854775.808"]
        {
            assert_eq!(bad.parse::<Points>(), Err(ParsePointsError), "{bad}");
        }
    }
}
