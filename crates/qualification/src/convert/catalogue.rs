//! A tenant's vocabulary on the wire: attributes, types of activity, and rates between currencies.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use handoff_domain::activity::{ActivityType, InvalidActivityKind};
use handoff_domain::profile::{AttributeDefinition, AttributeKey, InvalidKey};
use handoff_domain::rates::{InvalidRate, Rate};
use handoff_domain::value::{Value, ValueType};
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::violations::Violations;

use super::predicate::line;
use super::word;

/// An attribute; none if it cannot be read. What is wrong is noted.
pub(crate) fn from_attribute(
    field: &str,
    given: &pb::Attribute,
    violations: &mut Violations,
) -> Option<AttributeDefinition> {
    let within = |name: &str| format!("{field}.{name}");
    let key = given.key.trim().parse().map_err(|invalid: InvalidKey| invalid.to_string());
    let key: Option<AttributeKey> = read(&within("key"), key, violations);
    let subject = violations.choice(&within("subject"), given.subject).and_then(word::from_attribute_subject);
    let value_type =
        violations.choice(&within("value_type"), given.value_type).and_then(word::from_value_type);
    let label = line(&within("label"), &given.label, violations);
    Some(AttributeDefinition {
        key: key?,
        subject: subject?,
        value_type: value_type?,
        sensitive: given.sensitive,
        label,
    })
}

/// An attribute for the wire.
pub(crate) fn attribute(attribute: &AttributeDefinition) -> pb::Attribute {
    pb::Attribute {
        key: attribute.key.to_string(),
        subject: word::attribute_subject(attribute.subject).into(),
        value_type: word::value_type(attribute.value_type).into(),
        sensitive: attribute.sensitive,
        label: attribute.label.clone(),
    }
}

/// A type of activity; none if it cannot be read. What is wrong is noted.
pub(crate) fn from_activity_type(
    field: &str,
    given: &pb::ActivityType,
    violations: &mut Violations,
) -> Option<ActivityType> {
    let within = |name: &str| format!("{field}.{name}");
    let kind = given.r#type.trim().parse().map_err(|invalid: InvalidActivityKind| invalid.to_string());
    let kind = read(&within("type"), kind, violations);
    let label = line(&within("label"), &given.label, violations);
    // Of too many only as many as the domain needs to refuse them.
    let given = given.properties.iter().take(ActivityType::MAX_PROPERTIES + 1);
    let properties: Vec<Option<(AttributeKey, ValueType)>> = given
        .map(|(name, of)| {
            let field = within("properties");
            let key = name.trim().parse().map_err(|invalid: InvalidKey| invalid.to_string());
            let key: Option<AttributeKey> = read(&field, key, violations);
            let of = violations.choice(&format!("{field}.{}", key.as_ref()?), *of);
            Some((key?, of.and_then(word::from_value_type)?))
        })
        .collect();
    let properties = properties.into_iter().collect::<Option<BTreeMap<_, _>>>();
    Some(ActivityType { kind: kind?, label, properties: properties? })
}

/// A type of activity for the wire.
pub(crate) fn activity_type(declared: &ActivityType) -> pb::ActivityType {
    let properties = declared.properties.iter();
    pb::ActivityType {
        r#type: declared.kind.to_string(),
        label: declared.label.clone(),
        properties: properties.map(|(name, of)| (name.to_string(), word::value_type(*of).into())).collect(),
    }
}

/// A rate; none if it cannot be read. What is wrong is noted.
pub(crate) fn from_rate(field: &str, given: &pb::CurrencyRate, violations: &mut Violations) -> Option<Rate> {
    let within = |name: &str| format!("{field}.{name}");
    let from = violations.currency(&within("from_currency_code"), &given.from_currency_code);
    let to = violations.currency(&within("to_currency_code"), &given.to_currency_code);
    let day = date(&given.effective_date).ok_or_else(|| "is a date such as 2026-03-27".to_owned());
    let day = read(&within("effective_date"), day, violations);
    let rate = Rate::parse(&given.rate).map_err(|invalid: InvalidRate| invalid.to_string());
    let rate = read(&within("rate"), rate, violations);
    Some(Rate { from: from?, to: to?, day: day?, rate: rate? })
}

/// A rate for the wire.
pub(crate) fn rate(rate: &Rate) -> pb::CurrencyRate {
    pb::CurrencyRate {
        from_currency_code: rate.from.to_string(),
        to_currency_code: rate.to.to_string(),
        effective_date: rate.day.to_string(),
        rate: rate.rate.normalize().to_string(),
    }
}

/// Dates are read as strictly as those of attributes are.
fn date(text: &str) -> Option<NaiveDate> {
    match Value::parse(ValueType::Date, text) {
        Ok(Value::Date(date)) => Some(date),
        _ => None,
    }
}

/// What was read, or the note why it was not.
fn read<T>(field: &str, read: Result<T, String>, violations: &mut Violations) -> Option<T> {
    read.map_err(|description| violations.add(field, description)).ok()
}

/// The name under which an answer about an attribute is kept.
pub(crate) const ATTRIBUTES: &str = "attributes";
/// The same of types of activity.
pub(crate) const ACTIVITY_TYPES: &str = "activity-types";
/// The same of rates.
pub(crate) const CURRENCY_RATES: &str = "currency-rates";

/// Which rate it is, as one word.
pub(crate) fn rate_key(rate: &pb::CurrencyRate) -> String {
    format!("{}-{}-{}", rate.from_currency_code, rate.to_currency_code, rate.effective_date)
}

#[cfg(test)]
mod tests {
    use handoff_domain::activity::ActivityTypes;
    use handoff_domain::profile::{Catalogue, Subject};

    use super::*;

    #[test]
    fn the_names_on_the_wire_are_the_domains() {
        for subject in Subject::ALL {
            let name = word::attribute_subject(*subject).as_str_name();
            assert_eq!(name, format!("ATTRIBUTE_SUBJECT_{subject}"));
        }
    }

    #[test]
    fn every_standard_entry_comes_back_from_the_wire() {
        let mut violations = Violations::new();
        for standard in Catalogue::standard().iter() {
            let read = from_attribute("attribute", &attribute(standard), &mut violations);
            assert_eq!(read.as_ref(), Some(standard));
        }
        for standard in ActivityTypes::standard().iter() {
            let read = from_activity_type("activity_type", &activity_type(standard), &mut violations);
            assert_eq!(read.as_ref(), Some(standard));
        }
        assert!(violations.is_empty());
    }
}
