//! An engagement that is counted anew is the one that was kept.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use handoff_domain::rates::Rates;
use handoff_domain::score::{Adjustment, Baseline, ByHand, Decay, Recount};
use proptest::prelude::*;

use super::random::{case, some_day};
use super::{day, model, points, rule, scorer};

/// An hour of the `days`th day in UTC.
fn hour(days: i64, hour: u32) -> DateTime<Utc> {
    day(days).and_hms_opt(hour, 0, 0).expect("an hour").and_utc()
}

#[test]
fn a_baseline_takes_back_what_was_before_it_by_whoever_it_was_given() {
    let scorer = scorer(model(vec![rule("demo", "30", Decay::None)]));
    let given = |at: i64, text: &str| (hour(at, 9), Adjustment::new(day(at), points(text), Decay::None));
    let by_hand = ByHand {
        adjustments: vec![given(2, "5"), given(12, "-1")],
        baselines: vec![Baseline { at: hour(10, 12), local_date: day(10) }],
    };
    let score = |on| {
        let rates = Rates::default();
        let mut recount = Recount::new(&scorer, &rates, &by_hand, day(on));
        for (on, at) in [(2, 15), (10, 11), (10, 12), (13, 8)] {
            recount.add("DEMO", &BTreeMap::new(), hour(on, at), day(on));
        }
        let (engagement, _) = recount.end();
        scorer.behaviour(&engagement, day(on)).to_string()
    };
    assert_eq!([1, 2, 9, 10, 12, 13].map(score), ["0", "35", "35", "30", "29", "59"]);
}

#[test]
fn the_latest_activity_on_the_fast_track_is_told_whatever_came_first() {
    let scorer = scorer(model(vec![]));
    let (rates, by_hand) = (Rates::default(), ByHand::default());
    let mut recount = Recount::new(&scorer, &rates, &by_hand, day(9));
    for on in [3, 7, 5] {
        recount.add("CONTACT_REQUEST", &BTreeMap::new(), hour(on, 9), day(on));
        recount.add("DEMO", &BTreeMap::new(), hour(on + 1, 9), day(on + 1));
    }
    assert_eq!(recount.end().1, Some(hour(7, 9)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_recount_in_any_order_gives_what_was_recorded(case in case(), today in some_day()) {
        let (scorer, rates) = (case.scorer(), Rates::default());
        let kept = case.engagement(&scorer);
        let adjustments = kept.adjustments().iter().map(|adjustment| (hour(0, 0), *adjustment)).collect();
        let by_hand = ByHand { adjustments, baselines: Vec::new() };
        let mut recount = Recount::new(&scorer, &rates, &by_hand, day(today));
        for activity in case.activities.iter().rev() {
            recount.add(activity.kind, &activity.properties(), hour(activity.on, 12), day(activity.on));
        }
        prop_assert_eq!(recount.end().0, kept);
    }

    #[test]
    fn what_counts_for_anything_is_of_one_of_the_kinds(case in case()) {
        let scorer = case.scorer();
        let kinds = scorer.kinds();
        for activity in &case.activities {
            prop_assert!(!scorer.is_fast_track(activity.kind) || kinds.contains(activity.kind));
            let counts = scorer.counting(activity.kind, &activity.properties(), &|_, _| None).next().is_some();
            prop_assert!(!counts || kinds.contains(activity.kind));
        }
    }
}
