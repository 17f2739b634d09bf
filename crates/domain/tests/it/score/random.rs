//! Random models and histories, small enough for everything to meet: types, days, caps and thresholds.

use std::collections::BTreeMap;

use handoff_domain::points::Points;
use handoff_domain::predicate::{Bound, Predicate, Range};
use handoff_domain::score::{
    Bounds, Decay, Engagement, Filter, Group, Publish, Rule, Scorer, ScoringModel, Thresholds,
};
use handoff_domain::value::{Value as Typed, ValueType};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use super::reference::{self, Activity};
use super::{day, engage};

const TYPES: [&str; 4] = ["VISIT", "DOWNLOAD", "DEMO", "UNSUBSCRIBE"];
const GROUPS: [&str; 3] = ["content", "events", "web"];

/// A model, what its filters ask for, and what a lead did.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(super) model: ScoringModel,
    /// The least pages that the filter of a rule asks for, by the rule's key.
    pub(super) pages: BTreeMap<String, i64>,
    pub(super) activities: Vec<Activity>,
    pub(super) adjustments: Vec<(i64, Points, Decay)>,
}

impl Case {
    pub(crate) fn scorer(&self) -> Scorer {
        super::scorer(self.model.clone())
    }

    /// The table of the activities, recorded in the order in which they stand.
    pub(crate) fn engagement(&self, scorer: &Scorer) -> Engagement {
        let properties: Vec<_> = self.activities.iter().map(Activity::properties).collect();
        let activities = self.activities.iter().zip(&properties);
        let activities: Vec<_> = activities.map(|(it, properties)| (it.kind, properties, it.on)).collect();
        engage(scorer, &activities, reference::by_hand(&self.adjustments))
    }

    pub(super) fn reference(&self, on: i64) -> Points {
        let Self { model, pages, activities, adjustments } = self;
        Points::from_milli(reference::behaviour(model, pages, activities, adjustments, on))
    }
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    (model(), vec(activity(), 0..40), vec((-30_i64..40, points(), decay()), 0..3))
        .prop_map(|((model, pages), activities, adjustments)| Case { model, pages, activities, adjustments })
}

fn activity() -> impl Strategy<Value = Activity> {
    let pages = prop_oneof![Just("many".to_owned()), (0_i64..10).prop_map(|pages| pages.to_string())];
    // Days come again, so that repeat caps have something to do.
    let on = prop_oneof![-400_i64..40, -20_i64..5];
    (0..TYPES.len(), on, option::of(pages)).prop_map(|(kind, on, pages)| Activity {
        kind: TYPES[kind],
        on,
        pages,
    })
}

/// A valid model, and what its filters ask for.
pub(super) fn model() -> impl Strategy<Value = (ScoringModel, BTreeMap<String, i64>)> {
    let publish = prop_oneof![
        Just(Publish::NewEventsOnly),
        Just(Publish::Shadow),
        (1_u32..5).prop_map(|per_business_day| Publish::Capped { per_business_day }),
    ];
    let thresholds = (-5_i32..5, 1_i64..200_000)
        .prop_map(|(fit, up)| Thresholds::new(Points::whole(fit), Points::from_milli(up)));
    let groups = vec(bounds(), GROUPS.len());
    let fast_track = btree_set((0..TYPES.len()).prop_map(|kind| TYPES[kind].to_owned()), 1..3);
    (vec(rule(), 0..7), groups, bounds(), thresholds, fast_track, publish).prop_map(
        |(rules, groups, mut total, thresholds, fast_track, publish)| {
            total.cap = total.cap.map(|cap| cap.max(thresholds.up));
            let pages = |(index, (_, pages)): (usize, &(Rule, Option<i64>))| Some((key(index), (*pages)?));
            let pages = rules.iter().enumerate().filter_map(pages).collect();
            let keyed = |(index, (rule, _))| Rule { key: key(index), ..rule };
            let rules = rules.into_iter().enumerate().map(keyed).collect();
            let group = |(key, bounds): (&&str, Bounds)| Group {
                key: (*key).to_owned(),
                label: "Together".to_owned(),
                bounds,
            };
            let groups = GROUPS.iter().zip(groups).map(group).collect();
            (ScoringModel { rules, groups, total, thresholds, fast_track, publish }, pages)
        },
    )
}

/// Neither the order of the keys nor that of the groups is that of the list.
fn key(index: usize) -> String {
    format!("rule-{}", (index * 5 + 3) % 7)
}

fn rule() -> impl Strategy<Value = (Rule, Option<i64>)> {
    let types = btree_set((0..TYPES.len()).prop_map(|kind| TYPES[kind].to_owned()), 1..3);
    let group = option::of((0..GROUPS.len()).prop_map(|group| GROUPS[group].to_owned()));
    (types, points(), decay(), option::of(1_u32..4), bounds(), group, option::weighted(0.3, 1_i64..8))
        .prop_map(|(types, points, decay, repeat_cap, bounds, group, pages)| {
            let filters = pages.iter().map(|pages| at_least("pages", *pages)).collect();
            let (key, label) = (String::new(), "A rule".to_owned());
            (Rule { key, label, types, filters, points, decay, repeat_cap, bounds, group }, pages)
        })
}

pub(super) fn at_least(property: &str, least: i64) -> Filter {
    let min = Some(Bound::inclusive(Typed::Number(least.into())));
    let predicate = Predicate::Range(Range { min, max: None });
    Filter { property: property.to_owned(), of: ValueType::Number, predicate }
}

fn points() -> impl Strategy<Value = Points> {
    // Round ones, which meet ties and thresholds; uneven ones; some that fade to nothing at once.
    prop_oneof![
        3 => (-20_i32..60).prop_map(Points::whole),
        2 => (-30_000_i64..60_000).prop_map(Points::from_milli),
        1 => (-9_i64..10).prop_map(Points::from_milli),
    ]
}

pub(super) fn decay() -> impl Strategy<Value = Decay> {
    prop_oneof![
        Just(Decay::None),
        (1_u32..60).prop_map(|days| Decay::Window { days }),
        (1_u32..30).prop_map(|days| Decay::HalfLife { days }),
        (1_u32..=1_000, 1_u32..60)
            .prop_map(|(rate_permille, period_days)| Decay::Linear { rate_permille, period_days }),
    ]
}

fn bounds() -> impl Strategy<Value = Bounds> {
    let limit = -60_000_i64..120_000;
    (option::of(limit.clone()), option::of(limit)).prop_map(|limits| match limits {
        (Some(a), Some(b)) => {
            Bounds { cap: Some(Points::from_milli(a.max(b))), floor: Some(Points::from_milli(a.min(b))) }
        }
        (cap, floor) => Bounds { cap: cap.map(Points::from_milli), floor: floor.map(Points::from_milli) },
    })
}

/// Days around a history: before it, within it, after it.
pub(crate) fn some_day() -> impl Strategy<Value = i64> {
    prop_oneof![-420_i64..700, -20_i64..45]
}

pub(super) fn scores(scorer: &Scorer, engagement: &Engagement, days: std::ops::Range<i64>) -> Vec<Points> {
    days.map(|on| scorer.behaviour(engagement, day(on))).collect()
}
