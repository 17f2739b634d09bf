//! The behaviour score: worked examples, edge cases by their numbers, and laws against a naive reference.

mod baseline;
mod crossing;
mod example;
mod laws;
mod recount;

pub(crate) mod random;
mod reference;
mod scoring_model;

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use handoff_domain::points::Points;
use handoff_domain::score::{
    Adjustment, Bounds, Decay, Engagement, Group, Publish, Rule, Scorer, ScoringModel, Thresholds,
};

pub(crate) fn points(text: &str) -> Points {
    text.parse().expect("points")
}

/// The `days`th day from 2026-01-01 on.
pub(crate) fn day(days: i64) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).expect("a date");
    let step = Days::new(days.unsigned_abs());
    if days < 0 { first - step } else { first + step }
}

/// A rule without limits for the type of its name in upper case: `demo` counts `DEMO`.
pub(crate) fn rule(key: &str, text: &str, decay: Decay) -> Rule {
    Rule {
        key: key.to_owned(),
        label: format!("Rule {key}"),
        types: [key.to_uppercase()].into(),
        filters: Vec::new(),
        points: points(text),
        decay,
        repeat_cap: None,
        bounds: Bounds::default(),
        group: None,
    }
}

pub(crate) fn group(key: &str, cap: &str) -> Group {
    let bounds = Bounds { cap: Some(points(cap)), floor: None };
    Group { key: key.to_owned(), label: format!("Group {key}"), bounds }
}

/// Candidates from 50 points on, down to 40.
pub(crate) fn model(rules: Vec<Rule>) -> ScoringModel {
    ScoringModel {
        rules,
        groups: Vec::new(),
        total: Bounds::default(),
        thresholds: Thresholds::new(Points::ZERO, points("50")),
        fast_track: ["CONTACT_REQUEST".to_owned()].into(),
        publish: Publish::NewEventsOnly,
    }
}

pub(crate) fn scorer(model: ScoringModel) -> Scorer {
    Scorer::new(model).expect("a valid model")
}

/// What a lead did, in order of recording: a type, the properties and the local day of each activity.
pub(crate) fn engage(
    scorer: &Scorer,
    activities: &[(&str, &BTreeMap<String, String>, i64)],
    adjustments: Vec<Adjustment>,
) -> Engagement {
    let mut engagement = Engagement::new(Vec::new(), adjustments);
    for (kind, properties, on) in activities {
        scorer.counting(kind, properties, &|_, _| None).for_each(|rule| engagement.add(rule, day(*on)));
    }
    engagement
}

/// As [`engage`], for activities without properties.
pub(crate) fn engagement(scorer: &Scorer, activities: &[(&str, i64)]) -> Engagement {
    let none = BTreeMap::new();
    let activities: Vec<_> = activities.iter().map(|(kind, on)| (*kind, &none, *on)).collect();
    engage(scorer, &activities, Vec::new())
}
