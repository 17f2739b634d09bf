//! Random values and predicates without a fault, short enough that they often meet.

use chrono::NaiveDate;
use handoff_domain::money::{Currency, Money};
use handoff_domain::predicate::{Bound, Predicate, Range};
use handoff_domain::value::{Value, ValueType};
use proptest::prelude::*;
use rust_decimal::Decimal;

pub(crate) fn currency() -> impl Strategy<Value = Currency> {
    prop_oneof![Just("EUR"), Just("USD"), Just("CHF")].prop_map(|code| code.parse().expect("a currency"))
}

fn number() -> impl Strategy<Value = Decimal> {
    let wide = (-999_999_999_999_999_999_i64..=999_999_999_999_999_999, 0..=9_u32);
    prop_oneof![
        3 => (-3..=3_i64, 0..=1_u32),
        1 => wide,
    ]
    .prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale))
}

fn day() -> impl Strategy<Value = NaiveDate> {
    let date = |days| NaiveDate::from_num_days_from_ce_opt(days).expect("a date");
    prop_oneof![3 => 739_000..739_004, 1 => 1..=3_652_059].prop_map(date)
}

/// Texts with everything that sentences and lists have a meaning for.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let awkward = prop_oneof![
        Just("one of a"),
        Just("a, b"),
        Just("true"),
        Just("50"),
        Just("known"),
        Just("at least 5"),
        Just("\"a\""),
        Just("a and at most b"),
        Just("2026-01-01"),
        Just("5 EUR"),
        Just("[a]"),
    ];
    prop_oneof![2 => "[ab]{1,2}".prop_map(String::from), 1 => awkward.prop_map(String::from), 1 => "\\S(\\PC{0,8}\\S)?"]
}

pub(crate) fn value(of: ValueType) -> BoxedStrategy<Value> {
    match of {
        ValueType::Text => text().prop_map(|text| Value::text(&text).expect("a text")).boxed(),
        ValueType::Number => number().prop_map(|number| Value::number(number).expect("a number")).boxed(),
        ValueType::Money => (number(), currency())
            .prop_map(|(amount, currency)| Value::Money(Money::new(amount, currency).expect("money")))
            .boxed(),
        ValueType::Date => day().prop_map(Value::Date).boxed(),
        ValueType::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        ValueType::List => proptest::collection::vec(text(), 1..4)
            .prop_map(|items| {
                let items: Vec<String> = items.iter().map(|item| item.replace(';', ",")).collect();
                Value::list(items.iter().map(String::as_str)).expect("a list")
            })
            .boxed(),
    }
}

pub(crate) fn value_type() -> impl Strategy<Value = ValueType> {
    proptest::sample::select(ValueType::ALL)
}

fn different<T: PartialEq + std::fmt::Debug>(
    items: impl Strategy<Value = T>,
) -> impl Strategy<Value = Vec<T>> {
    proptest::collection::vec(items, 1..4).prop_map(|items| {
        let mut kept = Vec::new();
        for item in items {
            if !kept.contains(&item) {
                kept.push(item);
            }
        }
        kept
    })
}

fn range(of: ValueType) -> impl Strategy<Value = Predicate> {
    let bound = move || (value(of), any::<bool>()).prop_map(|(value, inclusive)| Bound { value, inclusive });
    (proptest::option::of(bound()), proptest::option::of(bound()))
        .prop_map(|(min, max)| Predicate::Range(Range { min, max }))
}

/// A predicate for a type that has no violation.
pub(crate) fn predicate(of: ValueType) -> BoxedStrategy<Predicate> {
    let any = match of {
        ValueType::Text => prop_oneof![
            value(of).prop_map(Predicate::Equals),
            different(value(of)).prop_map(Predicate::In),
            different(value(of)).prop_map(Predicate::NotIn),
            different(text()).prop_map(Predicate::Contains),
            different("[ab]{1,2}\\.(com|org)").prop_map(Predicate::MatchesDomain),
            Just(Predicate::Exists),
        ]
        .boxed(),
        ValueType::Number | ValueType::Date => prop_oneof![
            value(of).prop_map(Predicate::Equals),
            different(value(of)).prop_map(Predicate::In),
            different(value(of)).prop_map(Predicate::NotIn),
            range(of),
            Just(Predicate::Exists),
        ]
        .boxed(),
        ValueType::Money => {
            prop_oneof![value(of).prop_map(Predicate::Equals), range(of), Just(Predicate::Exists)].boxed()
        }
        ValueType::Boolean => {
            prop_oneof![value(of).prop_map(Predicate::Equals), Just(Predicate::Exists)].boxed()
        }
        ValueType::List => {
            prop_oneof![different(text()).prop_map(Predicate::Contains), Just(Predicate::Exists)].boxed()
        }
    };
    any.prop_filter("a predicate without a fault", move |predicate| predicate.violations("p", of).is_empty())
        .boxed()
}
