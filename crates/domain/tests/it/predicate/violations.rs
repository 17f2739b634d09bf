//! What is refused when a predicate is drafted.

use chrono::NaiveDate;
use handoff_domain::predicate::{Bound, Misfit, Operator, Predicate, Range};
use handoff_domain::value::{Value, ValueType};
use rust_decimal::Decimal;

fn fields(predicate: &Predicate, of: ValueType) -> Vec<String> {
    predicate.violations("predicate", of).into_iter().map(|violation| violation.field).collect()
}

fn value(of: ValueType, text: &str) -> Value {
    Value::parse(of, text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("t{index}")).collect()
}

#[test]
fn every_operator_is_for_its_types() {
    use ValueType::{Boolean, Date, List, Money, Number, Text};
    for (operator, types) in [
        (Operator::Equals, &[Text, Number, Money, Date, Boolean][..]),
        (Operator::In, &[Text, Number, Date]),
        (Operator::NotIn, &[Text, Number, Date]),
        (Operator::Range, &[Number, Money, Date]),
        (Operator::Contains, &[Text, List]),
        (Operator::MatchesDomain, &[Text]),
        (Operator::Exists, ValueType::ALL),
    ] {
        let fitting: Vec<ValueType> =
            ValueType::ALL.iter().copied().filter(|of| operator.fits(*of)).collect();
        assert_eq!(fitting, types, "{operator}");
    }
}

#[test]
fn a_misfit_names_the_operators_that_fit() {
    let misfit = Predicate::Range(Range::default()).check_type(ValueType::List);
    assert_eq!(misfit, Err(Misfit { operator: Operator::Range, of: ValueType::List }));
    let description =
        &Predicate::Range(Range::default()).violations("predicate", ValueType::List)[0].description;
    assert_eq!(description, "RANGE does not fit LIST; what does: CONTAINS, EXISTS");
}

#[test]
fn operands_are_of_the_type_and_canonical() {
    let number = Predicate::Equals(value(ValueType::Number, "50"));
    assert_eq!(fields(&number, ValueType::Text), ["predicate.equals"]);
    assert_eq!(fields(&number, ValueType::Number), [""; 0]);
    for (of, operand) in [
        (ValueType::Text, Value::Text(" a".to_owned())),
        (ValueType::Text, Value::Text(String::new())),
        (ValueType::Number, Value::Number(Decimal::MAX)),
        (ValueType::Date, Value::Date(NaiveDate::MAX)),
    ] {
        assert_eq!(fields(&Predicate::Equals(operand), of), ["predicate.equals"]);
    }
    let several = Predicate::In(vec![value(ValueType::Text, "a"), value(ValueType::Number, "5")]);
    assert_eq!(fields(&several, ValueType::Text), ["predicate.in.values[1]"]);
    let twice = Predicate::NotIn(vec![value(ValueType::Text, "a"), value(ValueType::Text, "a")]);
    assert_eq!(fields(&twice, ValueType::Text), ["predicate.not_in.values[1]"]);
}

#[test]
fn numbers_of_operands_have_their_limits_and_not_one_more() {
    let values = |count| texts(count).iter().map(|text| value(ValueType::Text, text)).collect::<Vec<_>>();
    let domains = |count: usize| texts(count).iter().map(|text| format!("{text}.com")).collect::<Vec<_>>();
    for (empty, at_limit, beyond) in [
        (Predicate::In(vec![]), Predicate::In(values(200)), Predicate::In(values(201))),
        (Predicate::NotIn(vec![]), Predicate::NotIn(values(200)), Predicate::NotIn(values(201))),
        (Predicate::Contains(vec![]), Predicate::Contains(texts(20)), Predicate::Contains(texts(21))),
        (
            Predicate::MatchesDomain(vec![]),
            Predicate::MatchesDomain(domains(200)),
            Predicate::MatchesDomain(domains(201)),
        ),
    ] {
        assert_eq!(fields(&empty, ValueType::Text).len(), 1, "{}", empty.operator());
        assert_eq!(fields(&at_limit, ValueType::Text).len(), 0, "{}", at_limit.operator());
        assert_eq!(fields(&beyond, ValueType::Text).len(), 1, "{}", beyond.operator());
    }
}

#[test]
fn texts_of_operands_have_their_length_and_not_one_character_more() {
    let of_length = |length: usize| "ä".repeat(length);
    let equals = |length| Predicate::Equals(Value::Text(of_length(length)));
    let contains = |length| Predicate::Contains(vec![of_length(length)]);
    for (at_limit, beyond) in [(equals(100), equals(101)), (contains(100), contains(101))] {
        assert_eq!(fields(&at_limit, ValueType::Text).len(), 0);
        assert_eq!(fields(&beyond, ValueType::Text).len(), 1);
    }
}

#[test]
fn domains_are_names_and_not_addresses() {
    let domains = ["acme.com", "ada@acme.com", "https://acme.com", "acme", ".com", "acme.com/a"];
    let predicate = Predicate::MatchesDomain(domains.map(str::to_owned).to_vec());
    let wrong = (1..6).map(|index| format!("predicate.matches_domain.values[{index}]")).collect::<Vec<_>>();
    assert_eq!(fields(&predicate, ValueType::Text), wrong);
}

#[test]
fn a_range_has_a_bound_and_is_not_upside_down() {
    let range = |of, min: Option<(&str, bool)>, max: Option<(&str, bool)>| {
        let bound = |(text, inclusive)| Bound { value: value(of, text), inclusive };
        fields(&Predicate::Range(Range { min: min.map(bound), max: max.map(bound) }), of)
    };
    let number = ValueType::Number;
    assert_eq!(range(number, None, None), ["predicate.range.min"]);
    assert_eq!(range(number, Some(("5", true)), Some(("5", true))), [""; 0]);
    assert_eq!(range(number, Some(("5", true)), Some(("5", false))), ["predicate.range.max"]);
    assert_eq!(range(number, Some(("6", true)), Some(("5", true))), ["predicate.range.max"]);
    assert_eq!(
        range(ValueType::Date, Some(("2026-01-02", true)), Some(("2026-01-01", true))),
        ["predicate.range.max"]
    );
    assert_eq!(
        range(ValueType::Money, Some(("5 EUR", true)), Some(("6 USD", true))),
        ["predicate.range.max"]
    );
}
