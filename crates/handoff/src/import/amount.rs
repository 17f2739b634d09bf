//! Amounts of money as exports write them: `1.234,50`, `$ 99`. Exact: billionths at most, never a float.

use handoff_proto::common::v1::Money;
use rust_decimal::Decimal;

/// How a file writes numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NumberFormat {
    /// Between whole units and their parts.
    pub(crate) decimal_mark: char,
    /// Between thousands, ignored.
    pub(crate) thousands_mark: Option<char>,
}

/// The amount that `text` writes, in `currency` (ISO 4217).
pub(crate) fn parse_amount(text: &str, currency: &str, format: NumberFormat) -> Result<Money, String> {
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(format!("{currency:?} is no currency: three upper-case letters such as EUR are needed"));
    }
    let plain: String = text
        .chars()
        .filter(|char| Some(*char) != format.thousands_mark)
        .map(|char| if char == format.decimal_mark { '.' } else { char })
        .collect();
    let is_number =
        plain.strip_prefix('-').unwrap_or(&plain).bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let amount =
        plain.parse::<Decimal>().ok().filter(|_| is_number).ok_or_else(|| {
            format!("{text:?} is no amount with {:?} as the decimal mark", format.decimal_mark)
        })?;
    if amount.normalize().scale() > 9 {
        return Err(format!("{text:?} has more than nine decimal places"));
    }
    let units = amount.trunc();
    let nanos = (amount - units) * Decimal::from(1_000_000_000);
    match (i64::try_from(units), i32::try_from(nanos)) {
        (Ok(units), Ok(nanos)) => Ok(Money { currency_code: currency.to_owned(), units, nanos }),
        _ => Err(format!("{text:?} is too large for an amount")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        text: &str,
        decimal_mark: char,
        thousands_mark: Option<char>,
        expected: Result<(i64, i32), &str>,
    ) {
        let read = parse_amount(text, "EUR", NumberFormat { decimal_mark, thousands_mark });
        let read = read.map(|money| (money.units, money.nanos));
        assert_eq!(read, expected.map_err(str::to_owned), "{text}");
    }

    #[test]
    fn amounts_are_exact() {
        check("1054", '.', None, Ok((1054, 0)));
        check("0.10", '.', None, Ok((0, 100_000_000)));
        check("1.234.567,89", ',', Some('.'), Ok((1_234_567, 890_000_000)));
        check("-12.5", '.', None, Ok((-12, -500_000_000)));
        check("9223372036854775807", '.', None, Ok((i64::MAX, 0)));
    }

    proptest::proptest! {
        #[test]
        fn an_amount_comes_back_from_its_text(units in 0..=i64::MAX, nanos in 0..1_000_000_000, negative: bool) {
            let (sign, factor) = if negative { ("-", -1) } else { ("", 1) };
            let format = NumberFormat { decimal_mark: ',', thousands_mark: Some('.') };
            let read = parse_amount(&format!("{sign}{units},{nanos:09}"), "EUR", format).unwrap();
            proptest::prop_assert_eq!((read.units, read.nanos), (factor * units, factor as i32 * nanos));
        }

        #[test]
        fn no_text_breaks_the_parser(text: String) {
            let _ = parse_amount(&text, "EUR", NumberFormat { decimal_mark: '.', thousands_mark: None });
        }
    }

    #[test]
    fn other_texts_are_refused() {
        check("1e3", '.', None, Err("\"1e3\" is no amount with '.' as the decimal mark"));
        check("", '.', None, Err("\"\" is no amount with '.' as the decimal mark"));
        check("12,50", '.', None, Err("\"12,50\" is no amount with '.' as the decimal mark"));
        check("0.0000000001", '.', None, Err("\"0.0000000001\" has more than nine decimal places"));
        check("9223372036854775808", '.', None, Err("\"9223372036854775808\" is too large for an amount"));
        let euro = parse_amount("1", "euro", NumberFormat { decimal_mark: '.', thousands_mark: None });
        assert!(euro.is_err_and(|error| error.contains("\"euro\" is no currency")));
    }
}
