//! The two models that take turns, and the criteria: as the domain has them, and as they are signed.

use std::collections::BTreeSet;

use handoff_domain::criteria::{CriteriaSet, Criterion, OnUnknown, Role};
use handoff_domain::points::Points;
use handoff_domain::predicate::Predicate;
use handoff_domain::qualification::record::LeadKind;
use handoff_domain::score::{Bounds, Decay, Filter, Group, Publish, Rule, ScoringModel, Thresholds};
use handoff_domain::value::{Value, ValueType};
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::version_content::Content;

/// A rule that counts types, on a page if one is given.
fn rule(key: &str, types: &[&str], page: Option<&str>, points: i32, decay: Decay) -> Rule {
    let filter = page.map(|page| Filter {
        property: "page".to_owned(),
        of: ValueType::Text,
        predicate: Predicate::Equals(Value::parse(ValueType::Text, page).expect("a text")),
    });
    Rule {
        key: key.to_owned(),
        label: key.to_owned(),
        types: types.iter().map(|&kind| kind.to_owned()).collect(),
        filters: filter.into_iter().collect(),
        points: Points::whole(points),
        decay,
        repeat_cap: None,
        bounds: Bounds::default(),
        group: None,
    }
}

/// One of the two. Nothing takes points, so that who was to be promoted at any moment of a day is so at its end.
pub(super) fn model(which: usize) -> ScoringModel {
    let web = |rule: Rule| Rule { group: Some("web".to_owned()), ..rule };
    let cap = Bounds { cap: Some(Points::whole(50)), floor: None };
    let (rules, fast) = if which.is_multiple_of(2) {
        let pricing = Rule {
            repeat_cap: Some(2),
            ..rule("pricing", &["PAGE"], Some("/pricing"), 20, Decay::Window { days: 6 })
        };
        let any = rule("any", &["PAGE"], None, 1, Decay::HalfLife { days: 2 });
        (vec![web(pricing), web(any), rule("ebook", &["EBOOK"], None, 25, Decay::None)], "DEMO")
    } else {
        let decay = Decay::Linear { rate_permille: 250, period_days: 7 };
        let all = rule("all", &["PAGE", "EBOOK", "OTHER"], None, 12, decay);
        (vec![web(all), rule("imprint", &["PAGE"], Some("/imprint"), 3, Decay::None)], "WEBINAR")
    };
    ScoringModel {
        rules,
        groups: vec![Group { key: "web".to_owned(), label: "On our pages".to_owned(), bounds: cap }],
        total: Bounds::default(),
        thresholds: Thresholds::new(Points::whole(30), Points::whole(45)),
        fast_track: BTreeSet::from([fast.to_owned()]),
        publish: Publish::NewEventsOnly,
    }
}

/// Everybody with an address fits.
pub(super) fn criteria() -> CriteriaSet {
    let criterion = Criterion {
        key: "address".to_owned(),
        label: "There is an address".to_owned(),
        attribute: "email".parse().expect("a key"),
        predicate: Predicate::Exists,
        role: Role::Weighted { points: Points::whole(30) },
        on_unknown: OnUnknown::Neutral,
        max_age_months: None,
        sensitive: false,
    };
    CriteriaSet { kind: LeadKind::B2b, criteria: vec![criterion] }
}

/// The criteria as they are signed.
pub(super) fn signed_criteria() -> Content {
    let criterion = pb::Criterion {
        key: "address".into(),
        label: "There is an address".into(),
        attribute: "email".into(),
        predicate: Some(pb::Predicate { test: Some(pb::predicate::Test::Exists(pb::Exists {})) }),
        on_unknown: pb::UnknownPolicy::Neutral.into(),
        role: Some(pb::criterion::Role::Points("30".into())),
        ..pb::Criterion::default()
    };
    Content::CriteriaSet(pb::CriteriaSet { kind: pb::LeadKind::B2b.into(), criteria: vec![criterion] })
}

/// A model as it is signed.
pub(super) fn signed_model(model: &ScoringModel) -> Content {
    let bounds = |bounds: Bounds| pb::Bounds {
        cap: bounds.cap.map(|cap| cap.to_string()).unwrap_or_default(),
        floor: String::new(),
    };
    let decay = |decay| match decay {
        Decay::None => None,
        Decay::Linear { rate_permille, period_days } => Some(pb::decay::Decay::Linear(pb::LinearDecay {
            rate_permille: count(rate_permille),
            period_days: count(period_days),
        })),
        Decay::HalfLife { days } => Some(pb::decay::Decay::HalfLifeDays(count(days))),
        Decay::Window { days } => Some(pb::decay::Decay::WindowDays(count(days))),
    };
    let filter = |filter: &Filter| match &filter.predicate {
        Predicate::Equals(value) => pb::PropertyFilter {
            property: filter.property.clone(),
            value_type: pb::ValueType::Text.into(),
            predicate: Some(pb::Predicate { test: Some(pb::predicate::Test::Equals(value.to_string())) }),
        },
        other => panic!("{other:?} is not among the filters above"),
    };
    let rules = model.rules.iter().map(|rule| pb::ScoringRule {
        key: rule.key.clone(),
        label: rule.label.clone(),
        types: rule.types.iter().cloned().collect(),
        filters: rule.filters.iter().map(filter).collect(),
        points: rule.points.to_string(),
        decay: Some(pb::Decay { decay: decay(rule.decay) }),
        repeat_cap: count(rule.repeat_cap.unwrap_or_default()),
        bounds: None,
        group: rule.group.clone().unwrap_or_default(),
    });
    let groups = model.groups.iter().map(|group| pb::ScoringGroup {
        key: group.key.clone(),
        label: group.label.clone(),
        bounds: Some(bounds(group.bounds)),
    });
    let Thresholds { fit, up, down } = model.thresholds;
    Content::ScoringModel(pb::ScoringModel {
        rules: rules.collect(),
        groups: groups.collect(),
        total: None,
        thresholds: Some(pb::Thresholds { fit: fit.to_string(), up: up.to_string(), down: down.to_string() }),
        fast_track: model.fast_track.iter().cloned().collect(),
        publish: Some(pb::Publish { mode: Some(pb::publish::Mode::NewEventsOnly(pb::NewEventsOnly {})) }),
    })
}

fn count(count: u32) -> i32 {
    i32::try_from(count).expect("a small number")
}
