//! Money: an exact decimal amount with its currency. Amounts of different currencies are never added here; that
//! needs a dated rate, and a rate is not a property of money.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;

/// An ISO 4217 code, such as `EUR`: three upper-case letters. Whether a currency is still in use is not judged, so
/// that old deals keep theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("only upper-case ASCII letters get in")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(text: &str) -> Result<Self, UnknownCurrency> {
        match text.as_bytes() {
            &[a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(UnknownCurrency),
        }
    }
}

/// The text is not the code of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownCurrency;

impl fmt::Display for UnknownCurrency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a currency is an ISO 4217 code: three upper-case letters, such as EUR")
    }
}

impl std::error::Error for UnknownCurrency {}

/// An amount in a currency, exact to a billionth of its unit (the wire's nanos).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

impl Money {
    /// `amount` in `currency`; refused when it is finer than a billionth or its units do not fit 64 bits, because it
    /// could not be carried without rounding.
    pub fn new(amount: Decimal, currency: Currency) -> Result<Self, MoneyOutOfRange> {
        let amount = amount.normalize();
        let fits = amount.scale() <= 9 && i64::try_from(amount.trunc().mantissa()).is_ok();
        if fits { Ok(Self { amount, currency }) } else { Err(MoneyOutOfRange) }
    }

    /// From whole units and billionths, which must not differ in sign, as in `google.type.Money`.
    pub fn from_units_nanos(units: i64, nanos: i32, currency: Currency) -> Result<Self, MoneyOutOfRange> {
        let apart = (units > 0 && nanos < 0) || (units < 0 && nanos > 0);
        if apart || nanos.unsigned_abs() > 999_999_999 {
            return Err(MoneyOutOfRange);
        }
        Self::new(Decimal::from(units) + Decimal::new(i64::from(nanos), 9), currency)
    }

    /// Whole units and billionths, of the same sign.
    pub fn to_units_nanos(&self) -> (i64, i32) {
        let units = i64::try_from(self.amount.trunc().mantissa()).expect("checked when made");
        let mut nanos = self.amount.fract();
        nanos.rescale(9);
        (units, i32::try_from(nanos.mantissa()).expect("a fraction has fewer than 10^9 billionths"))
    }

    /// The amount in units of the currency, without trailing zeros.
    pub fn amount(&self) -> Decimal {
        self.amount
    }

    /// The currency.
    pub fn currency(&self) -> Currency {
        self.currency
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

/// The amount cannot be carried exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoneyOutOfRange;

impl fmt::Display for MoneyOutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an amount has at most nine decimals, units that fit 64 bits, and one sign")
    }
}

impl std::error::Error for MoneyOutOfRange {}

#[cfg(test)]
mod tests {
    use super::*;

    fn eur() -> Currency {
        "EUR".parse().expect("a currency")
    }

    #[test]
    fn a_currency_is_three_upper_case_letters() {
        assert_eq!(eur().to_string(), "EUR");
        for bad in ["", "EU", "eur", "EURO", "E1R", "€UR"] {
            assert_eq!(bad.parse::<Currency>(), Err(UnknownCurrency), "{bad}");
        }
    }

    #[test]
    fn units_and_nanos_come_back_as_they_went_in() {
        for (units, nanos) in
            [(0, 0), (12, 340_000_000), (-3, -1), (0, 999_999_999), (i64::MAX, 0), (i64::MIN, 0)]
        {
            let money = Money::from_units_nanos(units, nanos, eur()).expect("in range");
            assert_eq!(money.to_units_nanos(), (units, nanos));
        }
    }

    #[test]
    fn amounts_that_would_be_rounded_are_refused() {
        assert_eq!(Money::new(Decimal::new(1, 10), eur()), Err(MoneyOutOfRange));
        assert_eq!(Money::new(Decimal::MAX, eur()), Err(MoneyOutOfRange));
        assert_eq!(Money::from_units_nanos(1, -1, eur()), Err(MoneyOutOfRange));
        assert_eq!(Money::from_units_nanos(0, 1_000_000_000, eur()), Err(MoneyOutOfRange));
    }

    #[test]
    fn trailing_zeros_do_not_make_another_amount() {
        assert_eq!(Money::new(Decimal::new(1_500, 2), eur()), Money::new(Decimal::new(15, 0), eur()));
    }
}
