//! A few criteria of both kinds, and words to say them with.

use chrono::{DateTime, NaiveDate, Utc};
use handoff_domain::criteria::{CriteriaSet, Criterion, OnUnknown, Role};
use handoff_domain::points::Points;
use handoff_domain::predicate::{Bound, Predicate, Range};
use handoff_domain::profile::{Attribute, AttributeKey, Catalogue, Profile};
use handoff_domain::qualification::record::LeadKind;
use handoff_domain::value::{Value, ValueType};

pub(crate) fn key(name: &str) -> AttributeKey {
    name.parse().expect("a key")
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// A value of a standard attribute.
pub(crate) fn value(name: &str, text: &str) -> Value {
    let of = Catalogue::standard().get(&key(name)).expect("a standard attribute").value_type;
    Value::parse(of, text).unwrap_or_else(|invalid| panic!("{name}: {invalid}"))
}

pub(crate) fn at_least(of: ValueType, text: &str) -> Predicate {
    let value = Value::parse(of, text).expect("a value");
    Predicate::Range(Range { min: Some(Bound::inclusive(value)), max: None })
}

/// A gate that is neutral about what is unknown; change what matters.
pub(crate) fn gate(attribute: &str, predicate: Predicate) -> Criterion {
    Criterion {
        key: format!("{attribute}_fits"),
        label: format!("The {attribute} fits"),
        attribute: key(attribute),
        predicate,
        role: Role::Gate,
        on_unknown: OnUnknown::Neutral,
        max_age_months: None,
        sensitive: false,
    }
}

pub(crate) fn weighted(attribute: &str, predicate: Predicate, milli: i64) -> Criterion {
    Criterion { role: Role::Weighted { points: Points::from_milli(milli) }, ..gate(attribute, predicate) }
}

pub(crate) fn b2b(criteria: impl Into<Vec<Criterion>>) -> CriteriaSet {
    CriteriaSet { kind: LeadKind::B2b, criteria: criteria.into() }
}

pub(crate) fn verified(name: &str, text: &str, at: Option<&str>) -> (AttributeKey, Attribute) {
    let verified_at = at.map(|at| at.parse::<DateTime<Utc>>().expect("an instant"));
    (key(name), Attribute { value: value(name, text), verified_at })
}

pub(crate) fn profile(attributes: &[(&str, &str)]) -> Profile {
    attributes.iter().map(|(name, text)| verified(name, text, None)).collect()
}
