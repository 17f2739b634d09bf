//! Amounts of money as exports write them: `1.234,50`, `$ 99`. Exact: billionths at most, never a float; and never a
//! guess: a mark that could stand for thousands or for decimals is refused until the mapping says which it is.

use handoff_proto::common::v1::Money;
use rust_decimal::Decimal;

use super::row::shown;

/// How a file writes numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NumberFormat {
    /// Between whole units and their parts; a point if the mapping does not say.
    pub(crate) decimal_mark: Option<char>,
    /// Between groups of three digits.
    pub(crate) thousands_mark: Option<char>,
    /// What may stand around an amount.
    pub(crate) marks: Vec<String>,
}

/// The amount that `text` writes, in `currency` (ISO 4217).
pub(crate) fn parse_amount(text: &str, currency: &str, format: &NumberFormat) -> Result<Money, String> {
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(format!(
            "{} is no currency: three upper-case letters such as EUR are needed",
            shown(currency)
        ));
    }
    let amount = format.read(text)?;
    if amount.normalize().scale() > 9 {
        return Err(format!("{} has more than nine decimal places", shown(text)));
    }
    let units = amount.trunc();
    let nanos = (amount - units) * Decimal::from(1_000_000_000);
    match (i64::try_from(units), i32::try_from(nanos)) {
        (Ok(units), Ok(nanos)) => Ok(Money { currency_code: currency.to_owned(), units, nanos }),
        _ => Err(format!("{} is too large for an amount", shown(text))),
    }
}

impl NumberFormat {
    fn read(&self, text: &str) -> Result<Decimal, String> {
        let bare = self.bare(text);
        let (sign, digits) = bare.strip_prefix('-').map_or(("", bare), |rest| ("-", rest.trim_start()));
        let mark = self.decimal_mark.unwrap_or('.');
        let (whole, part) = digits.split_once(mark).unwrap_or((digits, "0"));
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        let whole =
            self.ungrouped(whole).filter(|whole| is_number(whole) && is_number(part) && !part.is_empty());
        let whole = whole.filter(|_| digits.bytes().any(|byte| byte.is_ascii_digit()));
        let Some(whole) = whole else { return Err(self.refusal(text, digits)) };
        // 1.250 may be a thousand and a quarter, or one and a quarter.
        let is_unsaid = self.decimal_mark.is_none() && digits.contains(mark);
        if is_unsaid && part.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0') {
            return Err(format!(
                "{} may be {whole}{part} or {whole} and a part: say decimal_mark = {mark:?} or thousands_mark = {mark:?} \
                 with the other decimal mark",
                shown(text),
                mark = mark.to_string()
            ));
        }
        format!("{sign}0{whole}.{part}")
            .parse()
            .map_err(|_| format!("{} is too large for an amount", shown(text)))
    }

    /// Without the marks of a currency around it.
    fn bare<'t>(&self, text: &'t str) -> &'t str {
        let mut bare = text.trim();
        for mark in &self.marks {
            bare = bare.strip_prefix(mark.as_str()).unwrap_or(bare).trim();
            bare = bare.strip_suffix(mark.as_str()).unwrap_or(bare).trim();
        }
        bare
    }

    /// Whole units without the marks between thousands; `None` where a mark stands elsewhere.
    fn ungrouped(&self, whole: &str) -> Option<String> {
        let Some(mark) = self.thousands_mark.filter(|mark| whole.contains(*mark)) else {
            return Some(whole.to_owned());
        };
        let groups: Vec<&str> = whole.split(mark).collect();
        let (first, rest) = groups.split_first()?;
        let fits = (1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3);
        fits.then(|| groups.concat())
    }

    fn refusal(&self, text: &str, digits: &str) -> String {
        let mark = self.decimal_mark.unwrap_or('.');
        let stray = digits.chars().find(|char| !char.is_ascii_digit() && *char != mark);
        let way_out = match stray {
            Some(stray) if Some(stray) == self.thousands_mark => {
                format!(": {stray:?} stands for thousands, between groups of three digits")
            }
            Some(',') if self.decimal_mark.is_none() => {
                "; say decimal_mark = \",\" or thousands_mark = \",\", whichever it is".to_owned()
            }
            Some(stray @ ('.' | ',' | '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}')) => {
                format!("; if {stray:?} stands for thousands, say thousands_mark = {:?}", stray.to_string())
            }
            Some(stray) if !stray.is_alphanumeric() || digits.chars().any(|char| char.is_ascii_digit()) => {
                "; what may stand around an amount is said by amount_marks = [\"€\", \"EUR\"]".to_owned()
            }
            _ => String::new(),
        };
        format!("{} is no amount with {mark:?} as the decimal mark{way_out}", shown(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(decimal_mark: Option<char>, thousands_mark: Option<char>) -> NumberFormat {
        NumberFormat { decimal_mark, thousands_mark, marks: vec!["€".to_owned(), "EUR".to_owned()] }
    }

    #[track_caller]
    fn check(
        text: &str,
        decimal_mark: Option<char>,
        thousands_mark: Option<char>,
        expected: Result<(i64, i32), &str>,
    ) {
        let read = parse_amount(text, "EUR", &format(decimal_mark, thousands_mark));
        let read = read.map(|money| (money.units, money.nanos));
        assert_eq!(read, expected.map_err(str::to_owned), "{text}");
    }

    #[test]
    fn amounts_are_exact() {
        check("1054", None, None, Ok((1054, 0)));
        check("0.10", None, None, Ok((0, 100_000_000)));
        check("0.125", None, None, Ok((0, 125_000_000)));
        check(".5", None, None, Ok((0, 500_000_000)));
        check("1.234.567,89", Some(','), Some('.'), Ok((1_234_567, 890_000_000)));
        check("1\u{202f}250,5", Some(','), Some('\u{202f}'), Ok((1_250, 500_000_000)));
        check("-12.5", None, None, Ok((-12, -500_000_000)));
        check("9223372036854775807", None, None, Ok((i64::MAX, 0)));
    }

    #[test]
    fn what_the_mapping_allows_may_stand_around_an_amount() {
        check("€ 1,250.00", None, Some(','), Ok((1_250, 0)));
        check("-99 EUR", None, None, Ok((-99, 0)));
        check("€-99", None, None, Ok((-99, 0)));
        check(
            "$ 99",
            None,
            None,
            Err(
                "\"$ 99\" is no amount with '.' as the decimal mark; what may stand around an amount is said by \
                 amount_marks = [\"€\", \"EUR\"]",
            ),
        );
    }

    #[test]
    fn a_mark_that_may_mean_two_things_is_not_guessed() {
        check("1.250", Some('.'), None, Ok((1, 250_000_000)));
        check("1.250", Some(','), Some('.'), Ok((1_250, 0)));
        check(
            "1.250",
            None,
            None,
            Err(
                "\"1.250\" may be 1250 or 1 and a part: say decimal_mark = \".\" or thousands_mark = \".\" with the \
                 other decimal mark",
            ),
        );
        check(
            "12,50",
            None,
            None,
            Err(
                "\"12,50\" is no amount with '.' as the decimal mark; say decimal_mark = \",\" or thousands_mark = \
                 \",\", whichever it is",
            ),
        );
        check(
            "12,50",
            None,
            Some(','),
            Err(
                "\"12,50\" is no amount with '.' as the decimal mark: ',' stands for thousands, between groups of \
                 three digits",
            ),
        );
        check(
            "1.250,00",
            Some(','),
            None,
            Err("\"1.250,00\" is no amount with ',' as the decimal mark; if '.' stands for thousands, say \
                 thousands_mark = \".\""),
        );
    }

    proptest::proptest! {
        #[test]
        fn an_amount_comes_back_from_its_text(units in 0..=i64::MAX, nanos in 0..1_000_000_000, negative: bool) {
            let (sign, factor) = if negative { ("-", -1) } else { ("", 1) };
            let read = parse_amount(&format!("{sign}{units},{nanos:09}"), "EUR", &format(Some(','), Some('.'))).unwrap();
            proptest::prop_assert_eq!((read.units, read.nanos), (factor * units, factor as i32 * nanos));
        }

        #[test]
        fn no_text_breaks_the_parser(text: String) {
            let _ = parse_amount(&text, "EUR", &NumberFormat::default());
            let _ = parse_amount(&text, "EUR", &format(Some(','), Some('.')));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        let none = |text: &str| format!("{text:?} is no amount with '.' as the decimal mark");
        for text in ["", "-", "twelve", "."] {
            check(text, Some('.'), None, Err(&none(text)));
        }
        assert!(parse_amount("1e3", "EUR", &NumberFormat::default()).is_err());
        check("0.0000000001", None, None, Err("\"0.0000000001\" has more than nine decimal places"));
        check("9223372036854775808", None, None, Err("\"9223372036854775808\" is too large for an amount"));
        let euro = parse_amount("1", "euro", &NumberFormat::default());
        assert!(euro.is_err_and(|error| error.contains("\"euro\" is no currency")));
    }
}
