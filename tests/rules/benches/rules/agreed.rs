//! What both sides agreed on, in Handoff's own words: eight criteria, one of each kind of question and of each answer to
//! what is unknown, and eight rules of each decay, with limits of rules, groups and the whole.

use anyhow::Context;
use chrono::NaiveDate;
use handoff_domain::criteria::{CriteriaSet, Criterion, OnUnknown, Role};
use handoff_domain::points::Points;
use handoff_domain::predicate::{Bound, Predicate, Range};
use handoff_domain::qualification::record::LeadKind;
use handoff_domain::rates::{Rate, Rates};
use handoff_domain::score::{Bounds, Decay, Group, Publish, Rule, Scorer, ScoringModel, Thresholds};
use handoff_domain::value::{Value, ValueType};

/// What is lost of points that fade.
const fn linear(rate_permille: u32) -> Decay {
    Decay::Linear { rate_permille, period_days: 30 }
}

/// A rule: its key, points, decay, repeat cap, limit and group.
pub(crate) type Given = (&'static str, i32, Decay, Option<u32>, Option<i32>, Option<&'static str>);

/// The rules.
pub(crate) const RULES: [Given; 8] = [
    ("demo-request", 60, Decay::HalfLife { days: 30 }, None, None, None),
    ("pricing-view", 15, linear(1_000), Some(3), Some(45), None),
    ("ebook", 10, Decay::HalfLife { days: 14 }, None, None, Some("content")),
    ("webinar", 25, linear(500), None, None, Some("content")),
    ("newsletter-click", 2, Decay::Window { days: 14 }, Some(5), None, Some("content")),
    ("blog-post", 1, Decay::None, None, Some(10), Some("content")),
    ("unsubscription", -40, Decay::HalfLife { days: 90 }, None, None, Some("against")),
    ("career-view", -15, Decay::Window { days: 30 }, Some(1), None, Some("against")),
];

/// The criteria.
pub(crate) fn criteria() -> anyhow::Result<CriteriaSet> {
    let texts =
        |texts: &[&str]| texts.iter().map(|text| Ok(Value::text(text)?)).collect::<anyhow::Result<_>>();
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let bound = |of, text| anyhow::Ok(Bound::inclusive(Value::parse(of, text)?));
    let weighted = |points| Role::Weighted { points: Points::whole(points) };
    let penalise = |points| OnUnknown::Penalise { points: Points::whole(points) };
    let criterion = |attribute: &str, predicate, role, on_unknown| {
        anyhow::Ok(Criterion {
            key: attribute.to_owned(),
            label: attribute.to_owned(),
            attribute: attribute.parse()?,
            predicate,
            role,
            on_unknown,
            max_age_months: (attribute == "employees").then_some(12),
            sensitive: false,
        })
    };
    let employees =
        Range { min: Some(bound(ValueType::Number, "50")?), max: Some(bound(ValueType::Number, "5000")?) };
    let revenue = Range { min: Some(bound(ValueType::Money, "10000000 EUR")?), max: None };
    let served = Predicate::In(texts(&["DE", "AT", "CH", "IT", "FR", "ES"])?);
    let industries = Predicate::In(texts(&["software", "banking", "logistics", "energy"])?);
    let leading = Predicate::Contains(owned(&["director", "head of", "chief", "vp"]));
    let free_mail = Predicate::MatchesDomain(owned(&["gmail.com", "gmx.net", "outlook.com", "web.de"]));
    let systems = Predicate::Contains(owned(&["salesforce", "hubspot"]));
    Ok(CriteriaSet {
        kind: LeadKind::B2b,
        criteria: vec![
            criterion("country", served, Role::Gate, OnUnknown::Block)?,
            criterion("employees", Predicate::Range(employees), weighted(20), OnUnknown::Neutral)?,
            criterion("annual_revenue", Predicate::Range(revenue), weighted(25), penalise(-5))?,
            criterion("industry", industries, weighted(15), OnUnknown::Neutral)?,
            criterion("job_title", leading, weighted(20), OnUnknown::Neutral)?,
            criterion("email", free_mail, weighted(-15), OnUnknown::Neutral)?,
            criterion("technologies", systems, weighted(10), OnUnknown::Neutral)?,
            criterion("decision_maker", Predicate::Equals(Value::Boolean(true)), weighted(10), penalise(-3))?,
        ],
    })
}

/// The model.
pub(crate) fn scorer() -> anyhow::Result<Scorer> {
    let rule = |(key, points, decay, repeat_cap, cap, group): Given| Rule {
        key: key.to_owned(),
        label: key.to_owned(),
        types: [key.to_owned()].into(),
        filters: Vec::new(),
        points: Points::whole(points),
        decay,
        repeat_cap,
        bounds: Bounds { cap: cap.map(Points::whole), floor: None },
        group: group.map(str::to_owned),
    };
    let group = |key: &str, bounds| Group { key: key.to_owned(), label: key.to_owned(), bounds };
    let bounds = |cap: Option<i32>, floor: Option<i32>| Bounds {
        cap: cap.map(Points::whole),
        floor: floor.map(Points::whole),
    };
    let model = ScoringModel {
        rules: RULES.map(rule).into(),
        groups: vec![group("content", bounds(Some(40), None)), group("against", bounds(None, Some(-50)))],
        total: bounds(Some(200), Some(-100)),
        thresholds: Thresholds::new(Points::whole(40), Points::whole(50)),
        fast_track: [].into(),
        publish: Publish::NewEventsOnly,
    };
    Ok(Scorer::new(model)?)
}

/// What a dollar is worth; there is no rate for pounds.
pub(crate) fn rates() -> anyhow::Result<Rates> {
    let (from, to) = ("USD".parse()?, "EUR".parse()?);
    let day = NaiveDate::from_ymd_opt(2026, 1, 1).context("a date")?;
    let mut rates = Rates::default();
    rates.set(Rate { from, to, day, rate: Rate::parse("0.9213")? })?;
    Ok(rates)
}
