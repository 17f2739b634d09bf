//! Exact results: rationals that are rounded once, at the end, to a stated number of digits.
//!
//! Sums of 64-bit samples and their quotients fit 128 bits, so nothing here is ever a floating point number: two
//! ways to compute a report (facts, rollups) can be compared for equality.

use std::fmt;

use num_rational::Ratio as Rational;
use num_traits::{CheckedDiv, CheckedSub, ToPrimitive};
use rust_decimal::Decimal;

/// An exact number: a share, a mean or a percentile. In what unit is said where it is used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Exact(Rational<i128>);

impl Exact {
    /// `numerator` over `denominator`, or none over zero.
    pub fn new(numerator: i128, denominator: i128) -> Option<Self> {
        (denominator != 0).then(|| Self(Rational::new(numerator, denominator)))
    }

    /// A whole number.
    pub fn whole(value: i64) -> Self {
        Self(Rational::from_integer(i128::from(value)))
    }

    /// The numerator in lowest terms; it carries the sign.
    pub fn numerator(self) -> i128 {
        *self.0.numer()
    }

    /// The denominator in lowest terms, at least 1.
    pub fn denominator(self) -> i128 {
        *self.0.denom()
    }

    /// A decimal, exactly.
    pub fn from_decimal(value: Decimal) -> Self {
        // A decimal has at most 28 places, and ten to the 28th fits.
        Self(Rational::new(value.mantissa(), 10_i128.pow(value.scale())))
    }

    /// `self` ÷ `other` − 1: how much more it is than `other`; none if `other` is zero, or if the quotient needs more
    /// than 128 bits.
    pub fn excess_over(self, other: Self) -> Option<Self> {
        if other.numerator() == 0 {
            return None;
        }
        self.0.checked_div(&other.0)?.checked_sub(&Rational::from_integer(1)).map(Self)
    }

    /// In per cent.
    #[must_use]
    pub fn percent(self) -> Self {
        Self(self.0 * Rational::from_integer(100))
    }

    /// As a decimal of at most `digits` places after the point, halves rounded away from zero. A value with more
    /// than 28 digits in all keeps as many places as fit.
    pub fn to_decimal(self, digits: u32) -> Decimal {
        (0..=digits).rev().find_map(|scale| self.rounded(scale)).unwrap_or(if self.numerator() < 0 {
            Decimal::MIN
        } else {
            Decimal::MAX
        })
    }

    /// The nearest whole number, halves away from zero; none outside 64 bits.
    pub fn to_i64(self) -> Option<i64> {
        self.0.round().to_integer().to_i64()
    }

    /// The least whole number that is not below it; none outside 64 bits.
    pub fn ceil(self) -> Option<i64> {
        self.0.ceil().to_integer().to_i64()
    }

    fn rounded(self, scale: u32) -> Option<Decimal> {
        let shift = 10_i128.checked_pow(scale)?;
        let (whole, rest) = (self.numerator() / self.denominator(), self.numerator() % self.denominator());
        let places = Rational::new(rest.checked_mul(shift)?, self.denominator()).round().to_integer();
        Decimal::try_from_i128_with_scale(whole.checked_mul(shift)?.checked_add(places)?, scale).ok()
    }
}

impl fmt::Debug for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(numerator: i128, denominator: i128, digits: u32, expected: &str) {
        let value = Exact::new(numerator, denominator).expect("not over zero");
        assert_eq!(value.to_decimal(digits).to_string(), expected, "{numerator}/{denominator}");
    }

    #[test]
    fn a_decimal_has_the_digits_asked_for_and_halves_go_away_from_zero() {
        check(2, 5, 1, "0.4");
        check(40789, 841, 6, "48.500595");
        check(1, 3, 4, "0.3333");
        check(1, 2, 0, "1");
        check(-1, 2, 0, "-1");
        check(3, 20, 3, "0.150");
    }

    #[test]
    fn a_value_too_long_for_a_decimal_keeps_the_places_that_fit() {
        check(i128::from(i64::MAX), 1, 9, "9223372036854775807.000000000");
        check(i128::from(i64::MAX) * 1_000_000, 1, 9, "9223372036854775807000000.000");
        check(i128::MAX, 1, 2, &Decimal::MAX.to_string());
    }

    #[test]
    fn nothing_is_a_part_of_zero() {
        assert_eq!(Exact::new(1, 0), None);
        assert_eq!(Exact::whole(3).excess_over(Exact::whole(0)), None);
    }

    #[test]
    fn the_nearest_whole_number_goes_away_from_zero() {
        assert_eq!(Exact::new(5, 2).and_then(Exact::to_i64), Some(3));
        assert_eq!(Exact::new(-5, 2).and_then(Exact::to_i64), Some(-3));
        assert_eq!(Exact::new(i128::MAX, 1).and_then(Exact::to_i64), None);
    }
}
