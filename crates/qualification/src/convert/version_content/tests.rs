//! Contents come back from the wire as they went, and what cannot be read is told with its place and the way out.

use handoff_domain::error::Error;
use proptest::prelude::*;

use super::*;

/// What is read, and `field: description` of every fault.
fn read(content: Option<pb::VersionContent>) -> (Option<Content>, Vec<String>) {
    let mut violations = Violations::new();
    let content = from_proto("content", content, &Catalogue::default(), &mut violations);
    let faults = match violations.finish() {
        Err(Error::Invalid(faults)) => faults,
        _ => Vec::new(),
    };
    (content, faults.iter().map(|fault| format!("{}: {}", fault.field, fault.description)).collect())
}

fn faults(content: Wire) -> String {
    read(Some(pb::VersionContent { content: Some(content) })).1.join("\n")
}

proptest! {
    #[test]
    fn a_content_comes_back_from_the_wire(content in random::content()) {
        let (read, faults) = read(Some(to_proto(&content)));
        prop_assert_eq!(faults, Vec::<String>::new());
        prop_assert_eq!(read, Some(content));
    }
}

#[test]
fn nothing_given_says_nothing() {
    for content in [None, Some(pb::VersionContent { content: None })] {
        assert_eq!(read(content), (Some(Content::Nothing), Vec::new()));
    }
}

fn values(values: &[&str]) -> pb::Values {
    pb::Values { values: values.iter().map(|value| (*value).to_owned()).collect() }
}

fn asked(attribute: &str, test: pb::predicate::Test) -> pb::Criterion {
    pb::Criterion {
        key: "asked".to_owned(),
        label: "Asked".to_owned(),
        attribute: attribute.to_owned(),
        predicate: Some(pb::Predicate { test: Some(test) }),
        role: Some(pb::criterion::Role::Gate(pb::Gate {})),
        on_unknown: pb::UnknownPolicy::Block.into(),
        ..pb::Criterion::default()
    }
}

#[test]
fn every_fault_of_a_criteria_set_is_told_at_once() {
    use pb::predicate::Test;
    let range = |min: &str, max: &str| {
        Test::Range(pb::Range { min: min.to_owned(), max: max.to_owned(), ..pb::Range::default() })
    };
    let exclusive = pb::Range { max: "9".to_owned(), min_exclusive: true, ..pb::Range::default() };
    let criteria = vec![
        pb::Criterion::default(),
        pb::Criterion { penalty: "-5".to_owned(), ..asked("Employees", Test::Exists(pb::Exists {})) },
        pb::Criterion {
            label: "two\u{0}parts".to_owned(),
            role: Some(pb::criterion::Role::Points("1.2345".to_owned())),
            on_unknown: pb::UnknownPolicy::Penalise.into(),
            max_age_months: -1,
            ..asked("shoe_size", range("1", "2"))
        },
        asked("employees", range("fifty", "1e3")),
        asked("employees", Test::Range(exclusive)),
        asked("annual_revenue", range("1000000", "2000000 EUR")),
        asked("industry", range("a", "b")),
        asked("founded_on", Test::In(values(&["2026-03-27", "27.3.2026", "soon"]))),
        asked("decision_maker", Test::Equals("yes".to_owned())),
        asked("interests", Test::Contains(values(&["crm", "e\u{1}mail"]))),
    ];
    let set = pb::CriteriaSet { kind: 0, criteria };
    insta::assert_snapshot!(faults(Wire::CriteriaSet(set)));
}

#[test]
fn every_fault_of_a_scoring_model_is_told_at_once() {
    let linear = pb::LinearDecay { rate_permille: -1, period_days: -2 };
    let bounds = pb::Bounds { cap: "lots".to_owned(), floor: "1,5".to_owned() };
    let rule = pb::ScoringRule {
        types: ["EBOOK_DOWNLOADED", "ebook downloaded", "EBOOK_DOWNLOADED"].map(String::from).to_vec(),
        filters: vec![
            pb::PropertyFilter::default(),
            pb::PropertyFilter {
                property: "pages".to_owned(),
                value_type: pb::ValueType::Number.into(),
                predicate: Some(pb::Predicate { test: Some(pb::predicate::Test::Equals("many".to_owned())) }),
            },
        ],
        decay: Some(pb::Decay { decay: Some(pb::decay::Decay::Linear(linear)) }),
        repeat_cap: -1,
        bounds: Some(bounds.clone()),
        ..pb::ScoringRule::default()
    };
    let model = pb::ScoringModel {
        rules: vec![rule],
        groups: vec![pb::ScoringGroup { bounds: Some(bounds.clone()), ..pb::ScoringGroup::default() }],
        total: Some(bounds),
        thresholds: Some(pb::Thresholds { up: "50".to_owned(), ..pb::Thresholds::default() }),
        fast_track: vec!["demo".to_owned()],
        publish: Some(pb::Publish { mode: None }),
    };
    insta::assert_snapshot!(faults(Wire::ScoringModel(model)));
    let absent = faults(Wire::ScoringModel(pb::ScoringModel::default()));
    insta::assert_snapshot!(absent, @r"
    content.scoring_model.thresholds: is required: fit and up
    content.scoring_model.publish: is required: new_events_only, shadow or capped_per_business_day
    ");
}

#[test]
fn a_lower_threshold_that_is_left_out_is_four_fifths_of_the_upper_one() {
    let model = pb::ScoringModel {
        thresholds: Some(pb::Thresholds { fit: "10".to_owned(), up: "50".to_owned(), down: String::new() }),
        publish: Some(pb::Publish { mode: Some(pb::publish::Mode::Shadow(pb::Shadow {})) }),
        ..pb::ScoringModel::default()
    };
    let (content, faults) = read(Some(pb::VersionContent { content: Some(Wire::ScoringModel(model)) }));
    assert_eq!(faults, Vec::<String>::new());
    let Some(Content::Model(model)) = content else { panic!("a model, not {content:?}") };
    assert_eq!(model.thresholds.down.to_string(), "40");
}

#[test]
fn of_too_many_the_domain_hears_and_nobody_reads_the_rest() {
    let many = vec![pb::Criterion::default(); 5_000];
    let told = faults(Wire::CriteriaSet(pb::CriteriaSet { kind: 0, criteria: many }));
    assert!(told.contains("criteria[100].") && !told.contains("criteria[101]."), "{told}");
    let exists = pb::predicate::Test::Exists(pb::Exists {});
    let set =
        pb::CriteriaSet { kind: pb::LeadKind::B2b.into(), criteria: vec![asked("employees", exists); 5_000] };
    let (content, _) = read(Some(pb::VersionContent { content: Some(Wire::CriteriaSet(set)) }));
    let Some(Content::Criteria(set)) = content else { panic!("a set, not {content:?}") };
    let Err(Error::Invalid(faults)) = set.check(&Catalogue::default()) else { panic!("must be refused") };
    assert!(faults.iter().any(|fault| fault.description == "a set has 1 to 100 criteria"), "{faults:?}");
}
