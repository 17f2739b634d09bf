//! The answer of a predicate for a value that is there.

use std::cmp::Ordering;

use rust_decimal::{Decimal, RoundingStrategy};

use super::{Answer, Bound, Predicate, domain, fold};
use crate::money::{Currency, Money};
use crate::value::Value;

type Rate<'a> = &'a dyn Fn(Currency, Currency) -> Option<Decimal>;

pub(super) fn ask(predicate: &Predicate, value: &Value, rate: Rate<'_>) -> Answer {
    match predicate {
        Predicate::Exists => Answer::Match,
        Predicate::Equals(other) => equals(value, other, rate),
        Predicate::In(others) => one_of(value, others, rate),
        Predicate::NotIn(others) => match one_of(value, others, rate) {
            Answer::Match => Answer::NoMatch,
            Answer::NoMatch => Answer::Match,
            Answer::Unknown => Answer::Unknown,
        },
        Predicate::Range(range) => {
            let above =
                range.min.as_ref().map_or(Answer::Match, |min| beyond(value, min, Ordering::Greater, rate));
            let below =
                range.max.as_ref().map_or(Answer::Match, |max| beyond(value, max, Ordering::Less, rate));
            above.and(below)
        }
        Predicate::Contains(parts) => match value {
            Value::Text(text) => parts.iter().any(|part| fold::contains(text, part)).into(),
            Value::List(items) => {
                parts.iter().any(|part| items.iter().any(|item| fold::same(item, part))).into()
            }
            _ => Answer::Unknown,
        },
        Predicate::MatchesDomain(domains) => match value {
            Value::Text(text) => domain::domain_of(text).map_or(Answer::Unknown, |found| {
                domains.iter().any(|domain| domain::lies_in(found, domain)).into()
            }),
            _ => Answer::Unknown,
        },
    }
}

/// MATCH if one is equal; else UNKNOWN if one could not be compared.
fn one_of(value: &Value, others: &[Value], rate: Rate<'_>) -> Answer {
    let mut answer = Answer::NoMatch;
    for other in others {
        match equals(value, other, rate) {
            Answer::Match => return Answer::Match,
            Answer::NoMatch => {}
            Answer::Unknown => answer = Answer::Unknown,
        }
    }
    answer
}

fn equals(value: &Value, other: &Value, rate: Rate<'_>) -> Answer {
    match (value, other) {
        (Value::Text(value), Value::Text(other)) => fold::same(value, other).into(),
        (Value::Boolean(value), Value::Boolean(other)) => (value == other).into(),
        _ => compare(value, other, rate).map_or(Answer::Unknown, |order| order.is_eq().into()),
    }
}

/// Whether the value lies on the side of the bound that `beyond` names, or at it.
fn beyond(value: &Value, bound: &Bound, side: Ordering, rate: Rate<'_>) -> Answer {
    let holds = |order: Ordering| order == side || (bound.inclusive && order.is_eq());
    compare(value, &bound.value, rate).map_or(Answer::Unknown, |order| holds(order).into())
}

/// How two values of one ordered type compare; none if they have no order, or no rate between them.
pub(super) fn compare(value: &Value, other: &Value, rate: Rate<'_>) -> Option<Ordering> {
    match (value, other) {
        (Value::Number(value), Value::Number(other)) => Some(value.cmp(other)),
        (Value::Date(value), Value::Date(other)) => Some(value.cmp(other)),
        (Value::Money(value), Value::Money(other)) => {
            Some(amount_in(value, other.currency(), rate)?.cmp(&other.amount()))
        }
        _ => None,
    }
}

fn amount_in(money: &Money, currency: Currency, rate: Rate<'_>) -> Option<Decimal> {
    if money.currency() == currency {
        return Some(money.amount());
    }
    let converted = money.amount().checked_mul(rate(money.currency(), currency)?)?;
    Some(converted.round_dp_with_strategy(9, RoundingStrategy::MidpointAwayFromZero))
}
