//! A question about one value as a phrase.

use handoff_proto::qualification::v1::predicate::Test;
use handoff_proto::qualification::v1::{Predicate, Range, Values};

/// `is from 50 to 500`, `is one of Retail, Energy`.
pub(super) fn show_predicate(predicate: Option<&Predicate>) -> String {
    let list = |words: &str, list: &Values| format!("{words} {}", list.values.join(", "));
    match predicate.and_then(|predicate| predicate.test.as_ref()) {
        None => String::new(),
        Some(Test::Equals(value)) => format!("is {value}"),
        Some(Test::In(values)) => list("is one of", values),
        Some(Test::NotIn(values)) => list("is none of", values),
        Some(Test::Range(range)) => show_range(range),
        Some(Test::Contains(values)) => list("contains one of", values),
        Some(Test::MatchesDomain(values)) => list("has a domain in", values),
        Some(Test::Exists(_)) => "is known".to_owned(),
    }
}

fn show_range(range: &Range) -> String {
    let from = if range.min_exclusive { "above" } else { "from" };
    let on = if range.min_exclusive { "" } else { " on" };
    let to = match (range.max_exclusive, range.min.is_empty()) {
        (true, _) => "below",
        (false, true) => "up to",
        (false, false) => "to",
    };
    match (range.min.as_str(), range.max.as_str()) {
        (min, "") => format!("is {from} {min}{on}"),
        ("", max) => format!("is {to} {max}"),
        (min, max) if range.min_exclusive || range.max_exclusive => format!("is {from} {min} and {to} {max}"),
        (min, max) => format!("is {from} {min} {to} {max}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_says_whether_its_bounds_lie_within() {
        for (min, max, min_exclusive, max_exclusive, shown) in [
            ("50", "500", false, false, "is from 50 to 500"),
            ("50", "", false, false, "is from 50 on"),
            ("50", "", true, false, "is above 50"),
            ("", "500", false, false, "is up to 500"),
            ("", "500", false, true, "is below 500"),
            ("50", "500", true, true, "is above 50 and below 500"),
            ("50", "500", false, true, "is from 50 and below 500"),
        ] {
            let range = Range { min: min.to_owned(), max: max.to_owned(), min_exclusive, max_exclusive };
            assert_eq!(show_range(&range), shown);
        }
    }
}
