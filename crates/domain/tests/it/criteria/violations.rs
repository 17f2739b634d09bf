//! What is refused when criteria are drafted.

use handoff_domain::criteria::{CriteriaSet, Criterion, OnUnknown};
use handoff_domain::error::{Error, Violation};
use handoff_domain::points::Points;
use handoff_domain::predicate::Predicate;
use handoff_domain::profile::Catalogue;
use handoff_domain::qualification::record::LeadKind;
use handoff_domain::value::ValueType;

use super::world::{at_least, b2b, gate, value, weighted};

fn violations(set: &CriteriaSet) -> Vec<Violation> {
    match set.check(&Catalogue::default()) {
        Ok(()) => Vec::new(),
        Err(Error::Invalid(violations)) => violations,
        Err(other) => panic!("{other}"),
    }
}

fn fields(set: &CriteriaSet) -> Vec<String> {
    violations(set).into_iter().map(|violation| violation.field).collect()
}

fn large() -> Criterion {
    gate("employees", at_least(ValueType::Number, "50"))
}

#[test]
fn criteria_of_r13_and_r14_are_drafted() {
    let b2b = b2b([
        gate("annual_revenue", at_least(ValueType::Money, "1000000 EUR")),
        large(),
        weighted("industry", Predicate::In(vec![value("industry", "Retail")]), 20_000),
    ]);
    assert_eq!(fields(&b2b), [""; 0]);
    let adult = weighted("age", at_least(ValueType::Number, "18"), 5_000);
    let b2c = CriteriaSet {
        kind: LeadKind::B2c,
        criteria: vec![
            Criterion { sensitive: true, ..adult },
            weighted("interests", Predicate::Contains(vec!["cycling".to_owned()]), 5_000),
        ],
    };
    assert_eq!(fields(&b2c), [""; 0]);
}

#[test]
fn everything_that_is_wrong_is_said_at_once_by_its_path() {
    let set = CriteriaSet {
        kind: LeadKind::Unknown,
        criteria: vec![
            large(),
            large(),
            gate("employees_of_mars", Predicate::Exists),
            Criterion { key: "C".to_owned(), label: " x".to_owned(), ..large() },
            Criterion { key: "d".to_owned(), ..gate("interests", at_least(ValueType::Number, "50")) },
            Criterion { key: "e".to_owned(), ..gate("industry", Predicate::In(Vec::new())) },
            Criterion {
                key: "f".to_owned(),
                on_unknown: OnUnknown::Penalise { points: Points::from_milli(1) },
                max_age_months: Some(0),
                ..weighted("age", at_least(ValueType::Number, "18"), 0)
            },
        ],
    };
    assert_eq!(
        fields(&set),
        [
            "kind",
            "criteria[1].key",
            "criteria[2].attribute",
            "criteria[3].key",
            "criteria[3].label",
            "criteria[4].predicate",
            "criteria[5].predicate.in.values",
            "criteria[6].points",
            "criteria[6].penalty",
            "criteria[6].max_age_months",
            "criteria[6].sensitive",
        ]
    );
}

#[test]
fn slip_6_a_sensitive_attribute_must_be_called_so() {
    let gender = gate("gender", Predicate::Exists);
    let said = violations(&b2b([gender.clone()]));
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].field, "criteria[0].sensitive");
    assert!(said[0].description.contains("both sides sign"), "{}", said[0].description);
    assert_eq!(fields(&b2b([Criterion { sensitive: true, ..gender }])), [""; 0]);
    assert_eq!(fields(&b2b([Criterion { sensitive: true, ..large() }])), [""; 0], "more care is allowed");
}

#[test]
fn a_set_has_100_criteria_and_not_one_more_and_is_not_empty() {
    let of = |count: usize| {
        let criteria = (0..count).map(|index| Criterion { key: format!("c{index}"), ..large() });
        fields(&b2b(criteria.collect::<Vec<_>>()))
    };
    assert_eq!(of(100), [""; 0]);
    assert_eq!(of(101), ["criteria"]);
    assert_eq!(of(0), ["criteria"]);
}

#[test]
fn points_labels_and_ages_have_their_limits_and_not_one_more() {
    let points = |milli| weighted("employees", at_least(ValueType::Number, "50"), milli);
    let penalty = |milli| {
        let on_unknown = OnUnknown::Penalise { points: Points::from_milli(milli) };
        Criterion { on_unknown, ..large() }
    };
    let label = |length: usize| Criterion { label: "ä".repeat(length), ..large() };
    let age = |months| Criterion { max_age_months: Some(months), ..large() };
    for (at_limit, beyond, field) in [
        (points(10_000_000), points(10_000_001), "points"),
        (points(-10_000_000), points(-10_000_001), "points"),
        (points(1), points(0), "points"),
        (penalty(-10_000_000), penalty(-10_000_001), "penalty"),
        (penalty(-1), penalty(0), "penalty"),
        (label(100), label(101), "label"),
        (age(120), age(121), "max_age_months"),
    ] {
        assert_eq!(fields(&b2b([at_limit])), [""; 0], "{field}");
        assert_eq!(fields(&b2b([beyond])), [format!("criteria[0].{field}")]);
    }
}
