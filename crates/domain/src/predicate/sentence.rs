//! Predicates as people read them, in explanations and differences: `is at least 50 and at most 500`. Different
//! predicates have different sentences, so that a difference is never invisible.

use std::fmt;

use super::{Bound, Predicate, Range};
use crate::value::Value;

/// The first words of sentences, which a text without quotation marks must not begin with, and the two words that are
/// values of another type.
const RESERVED: [&str; 11] =
    ["one", "none", "at", "more", "less", "on", "after", "before", "known", "true", "false"];

impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equals(value) => write!(f, "is {}", Shown(value)),
            Self::In(values) => list(f, "is one of ", values.iter().map(Shown)),
            Self::NotIn(values) => list(f, "is none of ", values.iter().map(Shown)),
            Self::Range(range) => write!(f, "{range}"),
            Self::Contains(parts) if parts.len() == 1 => {
                list(f, "contains ", parts.iter().map(|p| Quoted(p)))
            }
            Self::Contains(parts) => list(f, "contains one of ", parts.iter().map(|p| Quoted(p))),
            Self::MatchesDomain(domains) => {
                list(f, "has a domain in ", domains.iter().map(|domain| Quoted(domain)))
            }
            Self::Exists => f.write_str("is known"),
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |bound: &Bound, of_date: [&'static str; 2], of_others: [&'static str; 2]| {
            let words = if matches!(bound.value, Value::Date(_)) { of_date } else { of_others };
            words[usize::from(bound.inclusive)]
        };
        let min = |bound: &Bound| words(bound, ["after", "on or after"], ["more than", "at least"]);
        let max = |bound: &Bound| words(bound, ["before", "on or before"], ["less than", "at most"]);
        match (&self.min, &self.max) {
            (None, None) => f.write_str("is anything"),
            (Some(low), None) => write!(f, "is {} {}", min(low), Shown(&low.value)),
            (None, Some(high)) => write!(f, "is {} {}", max(high), Shown(&high.value)),
            (Some(low), Some(high)) => {
                write!(f, "is {} {} and ", min(low), Shown(&low.value))?;
                write!(f, "{} {}", max(high), Shown(&high.value))
            }
        }
    }
}

fn list<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    start: &str,
    items: impl Iterator<Item = T>,
) -> fmt::Result {
    f.write_str(start)?;
    for (index, item) in items.enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(f, "{comma}{item}")?;
    }
    Ok(())
}

/// A value that cannot be taken for one of another type: `50` is a number and `"50"` a text.
struct Shown<'a>(&'a Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Text(text) => Quoted(text).fmt(f),
            Value::List(items) => {
                list(f, "[", items.iter().map(|item| Quoted(item))).and_then(|()| f.write_str("]"))
            }
            other => write!(f, "{other}"),
        }
    }
}

/// A text, in quotation marks if it would not be clear where it ends or what it is.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |c: char| c.is_alphanumeric() || " -_.&/'+".contains(c);
        let first_word = self.0.split(' ').next().unwrap_or_default();
        let clear = self.0.starts_with(char::is_alphabetic)
            && self.0.trim_end() == self.0
            && self.0.chars().all(plain)
            && !RESERVED.contains(&first_word)
            && !self.0.contains(" and ");
        if clear { f.write_str(self.0) } else { write!(f, "{:?}", self.0) }
    }
}
