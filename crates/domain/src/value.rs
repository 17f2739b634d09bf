//! Typed values: what an attribute of a lead, a property of an activity or the operand of a criterion may hold, with one
//! text form for each type. Refuses what has no canonical text: empty texts and lists, numbers that would be rounded,
//! dates outside the years 1 to 9999.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use crate::money::{Currency, Money};
use crate::word::words;

words! {
    /// What kind of value something holds.
    pub enum ValueType {
        /// A text of one or more characters.
        Text = "TEXT",
        /// An exact decimal number.
        Number = "NUMBER",
        /// An amount with its currency.
        Money = "MONEY",
        /// A date of the calendar, without a time or a zone.
        Date = "DATE",
        /// Yes or no.
        Boolean = "BOOLEAN",
        /// Several texts, such as interests.
        List = "LIST",
    }
}

/// A value of one of the types. What [`Value::parse`] and the constructors give is canonical: it is equal to what
/// `parse` reads from its text.
///
/// | type | text | example |
/// |---|---|---|
/// | TEXT | itself, trimmed | `Head of sales` |
/// | NUMBER | digits, a minus sign before and a point within, if any; up to 18 digits before the point, 9 after | `1234.5` |
/// | MONEY | such a number, a space, a currency; units that fit 64 bits | `1000000 EUR` |
/// | DATE | ISO 8601 | `2026-03-27` |
/// | BOOLEAN | `true` or `false` | `true` |
/// | LIST | its items between semicolons, as CRMs export lists of choices; none holds a semicolon | `crm; e-mail` |
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// Trimmed, of 1 to [`Value::MAX_CHARS`] characters.
    Text(String),
    /// Without zeros at its end.
    Number(Decimal),
    /// An amount and its currency.
    Money(Money),
    /// A date from the year 1 to 9999.
    Date(NaiveDate),
    /// Yes or no.
    Boolean(bool),
    /// 1 to [`Value::MAX_ITEMS`] different items, trimmed, none empty or with a semicolon.
    List(Vec<String>),
}

impl Value {
    /// The longest text, and the longest text of a list, in characters.
    pub const MAX_CHARS: usize = 1_000;
    /// The most items of a list.
    pub const MAX_ITEMS: usize = 64;
    /// The most digits of a number before its point.
    pub const MAX_INTEGER_DIGITS: usize = 18;
    /// The most digits of a number after its point, as of money.
    pub const MAX_DECIMALS: usize = 9;

    /// Reads a text as a value of a type; blanks around it do not count.
    ///
    /// # Errors
    /// [`InvalidValue`] says which texts the type has.
    pub fn parse(of: ValueType, text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        let value = match of {
            ValueType::Text => Self::text(text).ok(),
            ValueType::Number => decimal(text).and_then(|number| Self::number(number).ok()),
            ValueType::Money => money(text).map(Self::Money),
            ValueType::Date => date(text).map(Self::Date),
            ValueType::Boolean => match text {
                "true" => Some(Self::Boolean(true)),
                "false" => Some(Self::Boolean(false)),
                _ => None,
            },
            ValueType::List => Self::list(text.split(';')).ok(),
        };
        value.ok_or(InvalidValue { expected: of })
    }

    /// A text, trimmed.
    ///
    /// # Errors
    /// If nothing is left of it, or more than [`Self::MAX_CHARS`] characters.
    pub fn text(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        let fits = !text.is_empty() && text.chars().count() <= Self::MAX_CHARS;
        fits.then(|| Self::Text(text.to_owned())).ok_or(InvalidValue { expected: ValueType::Text })
    }

    /// A number, without zeros at its end.
    ///
    /// # Errors
    /// If it has more digits before or after its point than [`Self::MAX_INTEGER_DIGITS`] and [`Self::MAX_DECIMALS`].
    pub fn number(number: Decimal) -> Result<Self, InvalidValue> {
        let number = number.normalize();
        let limit = 10_i128.pow(Self::MAX_INTEGER_DIGITS as u32);
        let fits = number.scale() as usize <= Self::MAX_DECIMALS && number.trunc().mantissa().abs() < limit;
        fits.then_some(Self::Number(number)).ok_or(InvalidValue { expected: ValueType::Number })
    }

    /// A list, its items trimmed; empty ones are left out, and so are those that were there before.
    ///
    /// # Errors
    /// If no item is left or more than [`Self::MAX_ITEMS`], if one holds a semicolon, or if the text of all is longer
    /// than [`Self::MAX_CHARS`].
    pub fn list<'a>(items: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidValue> {
        let invalid = InvalidValue { expected: ValueType::List };
        let mut list: Vec<String> = Vec::new();
        for item in items.into_iter().map(str::trim).filter(|item| !item.is_empty()) {
            if item.contains(';') || list.len() > Self::MAX_ITEMS {
                return Err(invalid);
            }
            if !list.iter().any(|other| other == item) {
                list.push(item.to_owned());
            }
        }
        let chars: usize = list.iter().map(|item| item.chars().count() + SEPARATOR.len()).sum();
        let fits = (1..=Self::MAX_ITEMS).contains(&list.len()) && chars <= Self::MAX_CHARS + SEPARATOR.len();
        if fits { Ok(Self::List(list)) } else { Err(invalid) }
    }

    /// Its type.
    pub fn value_type(&self) -> ValueType {
        match self {
            Self::Text(_) => ValueType::Text,
            Self::Number(_) => ValueType::Number,
            Self::Money(_) => ValueType::Money,
            Self::Date(_) => ValueType::Date,
            Self::Boolean(_) => ValueType::Boolean,
            Self::List(_) => ValueType::List,
        }
    }

    /// The currency of money.
    pub fn currency(&self) -> Option<Currency> {
        if let Self::Money(money) = self { Some(money.currency()) } else { None }
    }

    /// The canonical text, which [`Value::parse`] reads back.
    pub fn to_text(&self) -> String {
        self.to_string()
    }
}

/// What stands between the items of a list when it is written.
const SEPARATOR: &str = "; ";

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            // Equal numbers have one text, whoever made them.
            Self::Number(number) => write!(f, "{}", number.normalize()),
            Self::Money(money) => write!(f, "{money}"),
            Self::Date(date) => write!(f, "{date}"),
            Self::Boolean(answer) => write!(f, "{answer}"),
            Self::List(items) => f.write_str(&items.join(SEPARATOR)),
        }
    }
}

/// The decimal that a text is, to the last digit; exponents, groups of digits and a plus sign are refused.
pub(crate) fn decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let number = (plain(whole) && plain(fraction)).then(|| Decimal::from_str_exact(text).ok())??;
    Some(number.normalize())
}

fn money(text: &str) -> Option<Money> {
    let (amount, currency) = text.split_once(' ')?;
    let currency: Currency = currency.trim_start().parse().ok()?;
    Money::new(decimal(amount)?, currency).ok()
}

fn date(text: &str) -> Option<NaiveDate> {
    // Chrono would take signs, blanks and single digits too, and each of those is another text of the same date.
    let is_iso = text.len() == 10
        && text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let date: NaiveDate = is_iso.then(|| text.parse().ok())??;
    (date.year() >= 1).then_some(date)
}

/// The text is no value of the type, or a longer one than is kept. Says what would be right, never what came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidValue {
    /// The type it should have been of.
    pub expected: ValueType,
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.expected {
            ValueType::Text => "a text has 1 to 1000 characters",
            ValueType::Number => {
                "a number is written 1234.5, with at most 18 digits before the point and 9 after it"
            }
            ValueType::Money => {
                "money is written 1000000 EUR: a number with at most nine decimals, a space and a currency"
            }
            ValueType::Date => "a date is written 2026-03-27, from the year 1 to 9999",
            ValueType::Boolean => "is true or false",
            ValueType::List => {
                "a list is 1 to 64 items between semicolons, such as crm; e-mail, of at most 1000 characters together"
            }
        })
    }
}

impl std::error::Error for InvalidValue {}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(of: ValueType, text: &str) -> Option<String> {
        Value::parse(of, text).ok().map(|value| value.to_text())
    }

    #[test]
    fn every_type_has_one_name_and_comes_back_from_it() {
        for of in ValueType::ALL {
            assert_eq!(ValueType::from_name(of.as_str()), Some(*of));
        }
        assert_eq!(ValueType::from_name("text"), None);
    }

    #[test]
    fn what_people_write_becomes_the_canonical_text() {
        for (of, written, canonical) in [
            (ValueType::Text, "  Head of sales ", "Head of sales"),
            (ValueType::Number, " 007.50 ", "7.5"),
            (ValueType::Number, "-0.0", "0"),
            (ValueType::Money, "1000000.00   EUR", "1000000 EUR"),
            (ValueType::Money, "-0 EUR", "0 EUR"),
            (ValueType::Date, "2024-02-29", "2024-02-29"),
            (ValueType::Boolean, "true", "true"),
            (ValueType::List, ";crm ;e-mail; ;crm;", "crm; e-mail"),
        ] {
            assert_eq!(text_of(of, written).as_deref(), Some(canonical), "{of} {written}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for (of, texts) in [
            (ValueType::Text, &["", "  "][..]),
            (ValueType::Number, &["", "-", ".5", "5.", "+5", "1e3", "1,000", "1_000", "1 000", "٣", "--1"]),
            (ValueType::Money, &["5", "EUR", "EUR 5", "5EUR", "5 eur", "5 EURO", "5\tEUR", "1,5 EUR"]),
            (ValueType::Date, &["2026-02-29", "0000-01-01", "2026-3-27", "27.03.2026", "+2026-03-2"]),
            (ValueType::Boolean, &["", "TRUE", "yes", "1"]),
            (ValueType::List, &["", " ; ;"]),
        ] {
            for text in texts {
                assert_eq!(Value::parse(of, text), Err(InvalidValue { expected: of }), "{of} {text}");
            }
        }
        assert!(Value::list(["a;b"]).is_err());
    }

    #[test]
    fn lengths_have_their_limit_and_not_one_more() {
        let items = |count: usize| (0..count).map(|item| item.to_string()).collect::<Vec<_>>().join(";");
        for (of, at_limit, beyond) in [
            (ValueType::Text, "ä".repeat(1_000), "ä".repeat(1_001)),
            (ValueType::Number, format!("-{}", "9".repeat(18)), format!("1{}", "0".repeat(18))),
            (ValueType::Number, "0.123456789".to_owned(), "0.1234567891".to_owned()),
            (ValueType::Money, "9223372036854775807 EUR".to_owned(), "9223372036854775808 EUR".to_owned()),
            (ValueType::Money, "0.123456789 EUR".to_owned(), "0.1234567891 EUR".to_owned()),
            (ValueType::Date, "9999-12-31".to_owned(), "10000-01-01".to_owned()),
            (ValueType::List, items(64), items(65)),
            (ValueType::List, format!("a; {}", "ä".repeat(997)), format!("a; {}", "ä".repeat(998))),
        ] {
            assert!(Value::parse(of, &at_limit).is_ok(), "{of} {at_limit}");
            assert!(Value::parse(of, &beyond).is_err(), "{of} {beyond}");
        }
    }
}
