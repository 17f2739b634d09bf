//! Laws of values and predicates.

use std::str::FromStr;

use handoff_domain::money::{Currency, Money};
use handoff_domain::predicate::{Answer, Bound, Predicate, Range};
use handoff_domain::value::{Value, ValueType};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::random::{predicate, value, value_type};

/// A euro is two dollars; francs have no rate.
fn rate(from: Currency, to: Currency) -> Option<Decimal> {
    match (from.as_str(), to.as_str()) {
        ("EUR", "USD") => Some(Decimal::TWO),
        ("USD", "EUR") => Decimal::from_str("0.5").ok(),
        _ => None,
    }
}

fn no_rate(_: Currency, _: Currency) -> Option<Decimal> {
    None
}

proptest! {
    #[test]
    fn a_value_is_read_back_from_its_text(value in value_type().prop_flat_map(value)) {
        prop_assert_eq!(Value::parse(value.value_type(), &value.to_text()), Ok(value));
    }

    #[test]
    fn any_text_is_refused_or_becomes_a_value_with_a_canonical_text(of in value_type(), text in "\\PC{0,12}") {
        if let Ok(value) = Value::parse(of, &text) {
            prop_assert_eq!(value.value_type(), of);
            prop_assert_eq!(Value::parse(of, &value.to_text()), Ok(value));
        }
    }

    #[test]
    fn equal_sentences_are_equal_predicates(
        (one, other) in value_type().prop_flat_map(predicate).prop_flat_map(|one| {
            (Just(one), value_type().prop_flat_map(predicate))
        }),
    ) {
        prop_assert_eq!(one == other, one.to_string() == other.to_string(), "{} | {}", one, other);
    }

    #[test]
    fn not_in_is_the_contrary_of_in(
        value in prop_oneof![value(ValueType::Text), value(ValueType::Number)],
        others in proptest::collection::vec(prop_oneof![value(ValueType::Text), value(ValueType::Number)], 0..4),
    ) {
        let is_in = Predicate::In(others.clone()).test(Some(&value), &no_rate);
        let not_in = Predicate::NotIn(others).test(Some(&value), &no_rate);
        let contrary = match is_in {
            Answer::Match => Answer::NoMatch,
            Answer::NoMatch => Answer::Match,
            Answer::Unknown => Answer::Unknown,
        };
        prop_assert_eq!(not_in, contrary);
    }

    #[test]
    fn an_absent_value_is_unknown_unless_it_is_asked_whether_there_is_one(
        predicate in value_type().prop_flat_map(predicate),
    ) {
        let answer = predicate.test(None, &rate);
        prop_assert_eq!(answer, if predicate == Predicate::Exists { Answer::NoMatch } else { Answer::Unknown });
    }

    #[test]
    fn what_has_a_value_of_the_right_type_and_the_rates_is_known(
        (predicate, value) in value_type().prop_flat_map(|of| (predicate(of), value(of))),
    ) {
        prop_assume!(!matches!(predicate, Predicate::MatchesDomain(_)));
        prop_assert_ne!(predicate.test(Some(&value), &|_, _| Some(Decimal::ONE)), Answer::Unknown);
    }

    #[test]
    fn money_without_a_rate_is_unknown_in_another_currency_and_only_there(
        (predicate, value) in (predicate(ValueType::Money), value(ValueType::Money)),
    ) {
        let currency_of = |value: &Value| match value {
            Value::Money(money) => Some(money.currency()),
            _ => None,
        };
        let operand = match &predicate {
            Predicate::Equals(value) => currency_of(value),
            Predicate::Range(Range { min: Some(bound), .. } | Range { max: Some(bound), .. }) => {
                currency_of(&bound.value)
            }
            _ => None,
        };
        let known = operand.is_none_or(|operand| Some(operand) == currency_of(&value));
        prop_assert_eq!(predicate.test(Some(&value), &no_rate) != Answer::Unknown, known);
    }

    #[test]
    fn a_range_is_its_bounds_one_by_one(
        (value, low, high) in (value(ValueType::Number), value(ValueType::Number), value(ValueType::Number)),
        inclusive in any::<bool>(),
    ) {
        let bound = |value: &Value| Some(Bound { value: value.clone(), inclusive });
        let both = Predicate::Range(Range { min: bound(&low), max: bound(&high) });
        let number = |value: &Value| match value {
            Value::Number(number) => *number,
            other => panic!("{other}"),
        };
        let (value_number, low, high) = (number(&value), number(&low), number(&high));
        let within = if inclusive {
            (low..=high).contains(&value_number)
        } else {
            low < value_number && value_number < high
        };
        prop_assert_eq!(both.test(Some(&value), &no_rate), Answer::from(within));
    }

    #[test]
    fn converted_money_is_compared_as_money_of_that_currency(cents in -10_000..10_000_i64) {
        let money = |cents, code: &str| {
            let currency = code.parse().expect("a currency");
            Value::Money(Money::new(Decimal::new(cents, 2), currency).expect("money"))
        };
        let at_least = Predicate::Range(Range { min: Some(Bound::inclusive(money(500, "USD"))), max: None });
        let in_euros = at_least.test(Some(&money(cents, "EUR")), &rate);
        prop_assert_eq!(in_euros, at_least.test(Some(&money(cents * 2, "USD")), &no_rate));
    }
}
