//! What predicates answer, in plain cases.

use handoff_domain::predicate::{Answer, Bound, Operator, Predicate, Range};
use handoff_domain::value::{Value, ValueType};
use rust_decimal::Decimal;

fn value(of: ValueType, text: &str) -> Value {
    Value::parse(of, text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn text(text: &str) -> Value {
    value(ValueType::Text, text)
}

fn range(of: ValueType, min: Option<(&str, bool)>, max: Option<(&str, bool)>) -> Predicate {
    let bound = |(text, inclusive)| Bound { value: value(of, text), inclusive };
    Predicate::Range(Range { min: min.map(bound), max: max.map(bound) })
}

fn answer(predicate: &Predicate, value: &Value) -> Answer {
    predicate.test(Some(value), &|_, _| None)
}

#[test]
fn words_come_back_from_their_names() {
    for operator in Operator::ALL {
        assert_eq!(Operator::from_name(operator.as_str()), Some(*operator));
    }
    for answer in Answer::ALL {
        assert_eq!(Answer::from_name(answer.as_str()), Some(*answer));
    }
}

#[test]
fn an_inclusive_bound_lies_within_and_an_exclusive_one_does_not() {
    for (of, low, middle, high) in [
        (ValueType::Number, "50", "50.5", "500"),
        (ValueType::Money, "50 EUR", "50.01 EUR", "500 EUR"),
        (ValueType::Date, "2026-01-01", "2026-01-02", "2026-12-31"),
    ] {
        let closed = range(of, Some((low, true)), Some((high, true)));
        let open = range(of, Some((low, false)), Some((high, false)));
        for (at, expected) in [(low, Answer::NoMatch), (middle, Answer::Match), (high, Answer::NoMatch)] {
            assert_eq!(answer(&closed, &value(of, at)), Answer::Match, "{at}");
            assert_eq!(answer(&open, &value(of, at)), expected, "{at}");
        }
    }
}

#[test]
fn a_range_with_one_bound_has_no_end_on_the_other_side() {
    let large = range(ValueType::Number, Some(("50", true)), None);
    assert_eq!(answer(&large, &value(ValueType::Number, "999999999999999999")), Answer::Match);
    assert_eq!(answer(&large, &value(ValueType::Number, "49.999999999")), Answer::NoMatch);
}

#[test]
fn a_text_contains_parts_and_a_list_contains_items() {
    let contains = Predicate::Contains(vec!["crm".to_owned(), "sales".to_owned()]);
    assert_eq!(answer(&contains, &text("Head of Sales")), Answer::Match);
    assert_eq!(answer(&contains, &text("Head of marketing")), Answer::NoMatch);
    assert_eq!(answer(&contains, &value(ValueType::List, "ERP; CRM")), Answer::Match);
    assert_eq!(answer(&contains, &value(ValueType::List, "CRM tools")), Answer::NoMatch);
}

#[test]
fn a_domain_is_matched_in_addresses_and_below() {
    let acme = Predicate::MatchesDomain(vec!["acme.com".to_owned(), "example.org".to_owned()]);
    for (value, expected) in [
        ("ada@acme.com", Answer::Match),
        ("https://www.Example.org/about", Answer::Match),
        ("ada@notacme.com", Answer::NoMatch),
        ("call me", Answer::Unknown),
    ] {
        assert_eq!(answer(&acme, &text(value)), expected, "{value}");
    }
}

#[test]
fn a_value_of_another_type_cannot_be_judged() {
    let number = value(ValueType::Number, "50");
    for predicate in [
        Predicate::Equals(text("50")),
        Predicate::In(vec![text("50")]),
        Predicate::NotIn(vec![text("50")]),
        Predicate::Contains(vec!["50".to_owned()]),
        Predicate::MatchesDomain(vec!["acme.com".to_owned()]),
        range(ValueType::Money, Some(("5 EUR", true)), None),
    ] {
        assert_eq!(answer(&predicate, &number), Answer::Unknown, "{predicate}");
    }
    assert_eq!(answer(&Predicate::Exists, &number), Answer::Match);
}

#[test]
fn a_bound_that_fails_needs_no_rate_for_the_other_one() {
    let bound = |text| Bound::inclusive(value(ValueType::Money, text));
    let mixed = Predicate::Range(Range { min: Some(bound("10 EUR")), max: Some(bound("20 USD")) });
    assert_eq!(answer(&mixed, &value(ValueType::Money, "5 EUR")), Answer::NoMatch);
    assert_eq!(answer(&mixed, &value(ValueType::Money, "15 EUR")), Answer::Unknown);
}

#[test]
fn conversion_rounds_to_a_billionth_so_that_a_bound_is_met_across_an_inverse_rate() {
    let million = range(ValueType::Money, Some(("1000000 USD", true)), None);
    let inverse = Decimal::ONE / Decimal::from(3);
    let revenue = value(ValueType::Money, "3000000 EUR");
    assert_eq!(million.test(Some(&revenue), &|_, _| Some(inverse)), Answer::Match);
    let less = value(ValueType::Money, "2999999.99 EUR");
    assert_eq!(million.test(Some(&less), &|_, _| Some(inverse)), Answer::NoMatch);
}

#[test]
fn a_conversion_that_no_decimal_holds_is_unknown() {
    let any = range(ValueType::Money, Some(("0 USD", true)), None);
    let most = value(ValueType::Money, "9223372036854775807 EUR");
    assert_eq!(any.test(Some(&most), &|_, _| Some(Decimal::MAX)), Answer::Unknown);
}

#[test]
fn predicates_read_as_sentences() {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    for (predicate, sentence) in [
        (Predicate::Equals(text("Manufacturing")), "is Manufacturing"),
        (Predicate::Equals(text("50")), "is \"50\""),
        (Predicate::Equals(value(ValueType::Number, "50")), "is 50"),
        (Predicate::Equals(Value::Boolean(true)), "is true"),
        (
            Predicate::In(vec![text("Manufacturing"), text("Food, drink")]),
            "is one of Manufacturing, \"Food, drink\"",
        ),
        (Predicate::NotIn(vec![text("IT")]), "is none of IT"),
        (range(ValueType::Number, Some(("50", true)), Some(("500", true))), "is at least 50 and at most 500"),
        (range(ValueType::Money, Some(("1000000 EUR", false)), None), "is more than 1000000 EUR"),
        (
            range(ValueType::Date, Some(("2026-01-01", true)), Some(("2026-02-01", false))),
            "is on or after 2026-01-01 and before 2026-02-01",
        ),
        (Predicate::Contains(texts(&["sales"])), "contains sales"),
        (Predicate::Contains(texts(&["sales", "crm"])), "contains one of sales, crm"),
        (Predicate::MatchesDomain(texts(&["acme.com"])), "has a domain in acme.com"),
        (Predicate::Exists, "is known"),
    ] {
        assert_eq!(predicate.to_string(), sentence);
    }
}

#[test]
fn a_text_that_reads_like_another_predicate_is_in_quotation_marks() {
    let number = |text| Some((text, true));
    for (predicate, alike) in [
        (Predicate::In(vec![text("a")]), "one of a"),
        (Predicate::NotIn(vec![text("a")]), "none of a"),
        (range(ValueType::Number, number("5"), None), "at least 5"),
        (range(ValueType::Number, Some(("5", false)), None), "more than 5"),
        (range(ValueType::Number, None, Some(("5", false))), "less than 5"),
        (range(ValueType::Date, number("2026-01-01"), None), "on or after 2026-01-01"),
        (range(ValueType::Date, Some(("2026-01-01", false)), None), "after 2026-01-01"),
        (range(ValueType::Date, None, Some(("2026-01-01", false))), "before 2026-01-01"),
        (Predicate::Exists, "known"),
        (Predicate::Equals(Value::Boolean(true)), "true"),
        (Predicate::Equals(Value::Boolean(false)), "false"),
        (Predicate::Equals(value(ValueType::Number, "50")), "50"),
        (Predicate::Equals(value(ValueType::Money, "5 EUR")), "5 EUR"),
        (Predicate::Equals(value(ValueType::Date, "2026-01-01")), "2026-01-01"),
    ] {
        assert_eq!(predicate.to_string(), format!("is {alike}"));
        assert_eq!(Predicate::Equals(text(alike)).to_string(), format!("is \"{alike}\""));
    }
    let contains =
        |texts: &[&str]| Predicate::Contains(texts.iter().map(|text| (*text).to_owned()).collect());
    assert_eq!(contains(&["a", "b"]).to_string(), "contains one of a, b");
    assert_eq!(contains(&["one of a, b"]).to_string(), "contains \"one of a, b\"");
    assert_eq!(Predicate::In(vec![text("a, b")]).to_string(), "is one of \"a, b\"");
}
