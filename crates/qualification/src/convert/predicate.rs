//! Questions about one value on the wire. Values are texts there, and what is asked about says as what they are read.
//! Whether a question makes sense is judged by the domain, when it is drafted.

use handoff_domain::predicate::{Bound, Misfit, Operator, Predicate, Range};
use handoff_domain::value::{Value, ValueType};
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::violations::Violations;
use pb::predicate::Test;

/// A question about a value of type `of`; none if it cannot be read, or if nobody knows the type. What is wrong is noted.
pub(crate) fn from_proto(
    field: &str,
    predicate: Option<pb::Predicate>,
    of: Option<ValueType>,
    violations: &mut Violations,
) -> Option<Predicate> {
    let Some(test) = predicate.and_then(|predicate| predicate.test) else {
        violations.add(field, "is required: equals, in, not_in, range, contains, matches_domain or exists");
        return None;
    };
    let of = of?;
    let operator = operator(&test);
    // Said here, because operands could not be read as values of a type that they are not meant for.
    if !operator.fits(of) {
        violations.add(field, Misfit { operator, of }.to_string());
        return None;
    }
    let within = |name: &str| format!("{field}.{name}");
    Some(match test {
        Test::Equals(text) => Predicate::Equals(value(&within("equals"), &text, of, violations)?),
        Test::In(list) => Predicate::In(values(&within("in"), &list, of, violations)?),
        Test::NotIn(list) => Predicate::NotIn(values(&within("not_in"), &list, of, violations)?),
        Test::Range(given) => Predicate::Range(range(&within("range"), &given, of, violations)?),
        Test::Contains(list) => Predicate::Contains(texts(&within("contains"), &list, violations)),
        Test::MatchesDomain(list) => {
            Predicate::MatchesDomain(texts(&within("matches_domain"), &list, violations))
        }
        Test::Exists(pb::Exists {}) => Predicate::Exists,
    })
}

/// The question for the wire.
pub(crate) fn to_proto(predicate: &Predicate) -> pb::Predicate {
    let test = match predicate {
        Predicate::Equals(value) => Test::Equals(value.to_text()),
        Predicate::In(list) => Test::In(to_values(list.iter().map(Value::to_text))),
        Predicate::NotIn(list) => Test::NotIn(to_values(list.iter().map(Value::to_text))),
        Predicate::Range(Range { min, max }) => {
            let text = |bound: &Option<Bound>| bound.as_ref().map(|bound| bound.value.to_text());
            let is_exclusive = |bound: &Option<Bound>| bound.as_ref().is_some_and(|bound| !bound.inclusive);
            Test::Range(pb::Range {
                min: text(min).unwrap_or_default(),
                max: text(max).unwrap_or_default(),
                min_exclusive: is_exclusive(min),
                max_exclusive: is_exclusive(max),
            })
        }
        Predicate::Contains(texts) => Test::Contains(to_values(texts.iter().cloned())),
        Predicate::MatchesDomain(domains) => Test::MatchesDomain(to_values(domains.iter().cloned())),
        Predicate::Exists => Test::Exists(pb::Exists {}),
    };
    pb::Predicate { test: Some(test) }
}

fn operator(test: &Test) -> Operator {
    match test {
        Test::Equals(_) => Operator::Equals,
        Test::In(_) => Operator::In,
        Test::NotIn(_) => Operator::NotIn,
        Test::Range(_) => Operator::Range,
        Test::Contains(_) => Operator::Contains,
        Test::MatchesDomain(_) => Operator::MatchesDomain,
        Test::Exists(_) => Operator::Exists,
    }
}

fn value(field: &str, text: &str, of: ValueType, violations: &mut Violations) -> Option<Value> {
    let text = line(field, text, violations);
    Value::parse(of, &text).map_err(|invalid| violations.add(field, invalid.to_string())).ok()
}

fn values(field: &str, list: &pb::Values, of: ValueType, violations: &mut Violations) -> Option<Vec<Value>> {
    // All are read before the first that could not be is missed, so that every fault is told.
    let read: Vec<Option<Value>> =
        each(field, list).map(|(field, text)| value(&field, text, of, violations)).collect();
    read.into_iter().collect()
}

fn texts(field: &str, list: &pb::Values, violations: &mut Violations) -> Vec<String> {
    each(field, list).map(|(field, text)| line(&field, text, violations)).collect()
}

/// The values with their places; of too many only as many as the domain needs to refuse them.
fn each<'a>(field: &'a str, list: &'a pb::Values) -> impl Iterator<Item = (String, &'a str)> {
    let places = list.values.iter().enumerate().take(Predicate::MAX_ITEMS + 1);
    places.map(move |(index, text)| (format!("{field}.values[{index}]"), text.as_str()))
}

fn range(field: &str, given: &pb::Range, of: ValueType, violations: &mut Violations) -> Option<Range> {
    let mut bound = |name: &str, text: &str, is_exclusive: bool| {
        if text.is_empty() {
            let field = format!("{field}.{name}_exclusive");
            violations.check(!is_exclusive, &field, &format!("says nothing without {name}"));
            return Some(None);
        }
        let value = value(&format!("{field}.{name}"), text, of, violations)?;
        Some(Some(Bound { value, inclusive: !is_exclusive }))
    };
    let min = bound("min", &given.min, given.min_exclusive);
    let max = bound("max", &given.max, given.max_exclusive);
    Some(Range { min: min?, max: max? })
}

fn to_values(values: impl Iterator<Item = String>) -> pb::Values {
    pb::Values { values: values.collect() }
}

/// A text, trimmed, that the store can keep. How long it may be is for the domain to say.
pub(super) fn line(field: &str, text: &str, violations: &mut Violations) -> String {
    violations.text(field, text, usize::MAX).unwrap_or_default()
}
