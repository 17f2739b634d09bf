//! Decimal text to exact rationals, with every complaint gathered.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

use crate::error::{Error, Violation};

/// The longest number that is read, in digits; a number of a plan needs far fewer.
const MAX_CHARS: usize = 40;

/// Reads numbers and keeps what is wrong with them; a number that is wrong reads as 1 until [`Reader::finish`]
/// refuses the lot.
#[derive(Default)]
pub(super) struct Reader {
    violations: Vec<Violation>,
}

impl Reader {
    /// A positive amount.
    pub(super) fn amount(&mut self, field: &str, text: &str) -> BigRational {
        match decimal(text) {
            Some(amount) if amount.is_positive() => amount,
            _ => self.wrong(field, "an amount is a positive decimal number such as 50000 or 49.90"),
        }
    }

    /// A rate in (0, 1]; `25 %` is 0.25.
    pub(super) fn rate(&mut self, field: &str, text: &str) -> BigRational {
        let rate = match text.trim().strip_suffix('%') {
            Some(percent) => decimal(percent).map(|rate| rate / BigInt::from(100)),
            None => decimal(text),
        };
        match rate {
            Some(rate) if rate.is_positive() && rate <= BigRational::one() => rate,
            Some(_) => self.wrong(field, "a rate is over 0 and at most 1; write 0.25 or 25 %"),
            None => self.wrong(field, "a rate is a decimal number such as 0.25 or 25 %"),
        }
    }

    /// Adds a complaint.
    pub(super) fn refuse(&mut self, field: &str, description: &str) {
        self.violations.push(Violation { field: field.to_owned(), description: description.to_owned() });
    }

    /// All complaints, if there are any.
    pub(super) fn finish(self) -> Result<(), Error> {
        if self.violations.is_empty() { Ok(()) } else { Err(Error::Invalid(self.violations)) }
    }

    fn wrong(&mut self, field: &str, description: &str) -> BigRational {
        self.refuse(field, description);
        BigRational::one()
    }
}

/// `12`, `-3.50`, `.5`: a sign, digits, at most one point.
fn decimal(text: &str) -> Option<BigRational> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || all.len() > MAX_CHARS || !all.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let scale = BigInt::from(10).pow(u32::try_from(fraction.len()).ok()?);
    let value = BigRational::new(all.parse().ok()?, scale);
    Some(if negative { -value } else { value })
}

/// In full, if it is a finite decimal.
pub(super) fn to_decimal(number: &BigRational) -> Option<String> {
    let (mut rest, mut places) = (number.denom().clone(), [0_usize; 2]);
    for (place, factor) in places.iter_mut().zip([2, 5]) {
        let factor = BigInt::from(factor);
        while (&rest % &factor).is_zero() {
            rest /= &factor;
            *place += 1;
        }
    }
    if !rest.is_one() {
        return None;
    }
    // So many places are needed, and no fewer: there is no zero at the end.
    let places = places[0].max(places[1]);
    let scaled = (number * BigInt::from(10).pow(u32::try_from(places).ok()?)).to_integer();
    let digits = format!("{:0>width$}", scaled.abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let sign = if scaled.is_negative() { "-" } else { "" };
    Some(if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finite_decimal_is_written_in_full() {
        let check = |n: i64, d: i64, expected: Option<&str>| {
            let number = BigRational::new(n.into(), d.into());
            assert_eq!(to_decimal(&number).as_deref(), expected, "{number}");
        };
        check(10_000_000, 1, Some("10000000"));
        check(9_950_000, 1, Some("9950000"));
        check(1, 4, Some("0.25"));
        check(-1, 40, Some("-0.025"));
        check(123, 10, Some("12.3"));
        check(0, 1, Some("0"));
        check(1, 3, None);
    }

    fn check(text: &str, expected: Option<(i64, i64)>) {
        let expected = expected.map(|(n, d)| BigRational::new(n.into(), d.into()));
        assert_eq!(decimal(text), expected, "{text}");
    }

    #[test]
    fn decimals_are_read_exactly() {
        check("0.1", Some((1, 10)));
        check(" 49.90 ", Some((499, 10)));
        check(".5", Some((1, 2)));
        check("-3.50", Some((-7, 2)));
        check("10000000", Some((10_000_000, 1)));
        for text in ["", ".", "-", "1e3", "1,000", "0.1.2", "NaN", "--1", "+1", "٣"] {
            check(text, None);
        }
    }

    #[test]
    fn a_number_has_40_digits_and_not_one_more() {
        for (most, more) in [
            ("9".repeat(40), "9".repeat(41)),
            (
                format!("-{}.{}", "9".repeat(20), "1".repeat(20)),
                format!("-{}.{}", "9".repeat(20), "1".repeat(21)),
            ),
        ] {
            assert!(decimal(&most).is_some(), "{most}");
            assert_eq!(decimal(&more), None);
        }
        let mut reader = Reader::default();
        reader.rate("rate", &format!("0.{}", "1".repeat(39)));
        reader.rate("rate", &format!("0.{}", "1".repeat(40)));
        let Err(Error::Invalid(found)) = reader.finish() else { panic!("one of them is refused") };
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
