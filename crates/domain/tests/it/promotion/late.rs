//! Edge cases 11 and 14: what comes late or early changes scores, and never a decision of the past.

use chrono::{NaiveDate, TimeDelta};
use handoff_domain::points::Points;
use handoff_domain::promotion::{
    Behaviour, Case, Emission, Ground, InEffect, Lack, Verdict, judge, would_have_qualified_on,
};
use handoff_domain::score::{Adjustment, Crossing, Decay, Engagement, HORIZON_DAYS, Scorer};
use proptest::prelude::*;

use super::{decided, lead, now};
use crate::score::random::case;
use crate::score::{day, engagement, model, points, rule, scorer};

const HALF_IN_TEN_DAYS: Decay = Decay::HalfLife { days: 10 };

fn on(scorer: &Scorer, lead: &Engagement, until: i64) -> Option<NaiveDate> {
    would_have_qualified_on(scorer, lead, None, NaiveDate::MIN..day(until))
}

#[test]
fn edge_case_11_a_late_activity_tells_when_the_lead_would_have_qualified() {
    let scorer = scorer(model(vec![rule("demo", "30", HALF_IN_TEN_DAYS)]));
    // 30 points, and 30 more on day 2 make 56; the second was recorded on day 9.
    let in_time = engagement(&scorer, &[("DEMO", 0)]);
    assert_eq!(on(&scorer, &in_time, 9), None);
    let with_it = engagement(&scorer, &[("DEMO", 0), ("DEMO", 2)]);
    assert_eq!(on(&scorer, &with_it, 9), Some(day(2)));
    let score = scorer.behaviour(&with_it, day(9));
    assert!(score < scorer.model().thresholds.up, "by the day of recording it has faded");
    // A lead that qualified on that very day would not have qualified earlier.
    assert_eq!(on(&scorer, &with_it, 2), None);
}

#[test]
fn edge_case_11_a_late_activity_promotes_nobody_in_the_past() {
    let scorer = scorer(model(vec![rule("demo", "30", HALF_IN_TEN_DAYS)]));
    let with_it = engagement(&scorer, &[("DEMO", 0), ("DEMO", 2)]);
    let thresholds = scorer.model().thresholds;
    let behaviour = Behaviour { points: scorer.behaviour(&with_it, day(9)), thresholds };
    let decision = decided(&Case { model: InEffect::Yes(behaviour), ..lead(0) });
    assert_eq!(decision.emission, None);
    let missing = thresholds.up - behaviour.points;
    assert_eq!(decision.verdict, Verdict::NotACandidate { lacks: vec![Lack::Behaviour(missing)] });
}

#[test]
fn edge_case_11_a_demo_request_from_before_a_decision_gives_no_ground_after_it() {
    let decided_at = now() - TimeDelta::days(2);
    let request = |at| Case { fast_track_at: Some(at), settled_at: Some(decided_at), ..lead(0) };
    let late = request(decided_at - TimeDelta::microseconds(1));
    assert_eq!(decided(&late).emission, None);
    for at in [decided_at, now() - TimeDelta::hours(1)] {
        let qualified = Emission::LeadQualified { ground: Ground::FastTrack };
        assert_eq!(decided(&request(at)).emission, Some(qualified));
    }
    let scorer = scorer(model(vec![rule("demo", "30", Decay::None)]));
    let nothing = Engagement::default();
    let would = |request_on, until| {
        would_have_qualified_on(&scorer, &nothing, Some(day(request_on)), day(2)..day(until))
    };
    assert_eq!(would(3, 9), Some(day(3)));
    assert_eq!(would(9, 9), None, "that is now");
    assert_eq!(would(1, 9), Some(day(2)), "as soon as there was a model");
}

#[test]
fn edge_case_14_what_lies_ahead_counts_when_its_day_has_come() {
    let scorer = scorer(model(vec![rule("demo", "60", Decay::None)]));
    // Two minutes ahead is tolerated, and past midnight it is tomorrow.
    let ahead = engagement(&scorer, &[("DEMO", 1)]);
    let thresholds = scorer.model().thresholds;
    let on = |days| {
        let behaviour = Behaviour { points: scorer.behaviour(&ahead, day(days)), thresholds };
        judge(&Case { model: InEffect::Yes(behaviour), ..lead(0) })
    };
    assert_eq!(on(0), Verdict::NotACandidate { lacks: vec![Lack::Behaviour(points("50"))] });
    assert_eq!(on(1), Verdict::Promote { ground: Ground::Thresholds });
    assert_eq!(would_have_qualified_on(&scorer, &ahead, None, day(-9)..day(1)), None);
}

#[test]
fn a_history_longer_than_the_horizon_is_looked_through_to_its_end() {
    let scorer = scorer(model(vec![rule("demo", "30", Decay::Window { days: 5 })]));
    let late = 2 * i64::from(HORIZON_DAYS) + 77;
    let lead = engagement(&scorer, &[("DEMO", 0), ("DEMO", late), ("DEMO", late + 1)]);
    assert_eq!(on(&scorer, &lead, late + 2), Some(day(late + 1)));
    assert_eq!(on(&scorer, &lead, late + 1), None);
    let nothing =
        Engagement::new(Vec::new(), vec![Adjustment::new(NaiveDate::MIN, Points::ZERO, Decay::None)]);
    assert_eq!(on(&scorer, &nothing, 0), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn it_is_the_first_day_that_stepping_through_the_history_finds(
        case in case(),
        (from, until) in (-420_i64..80, -100_i64..80),
        fast in proptest::option::of(-100_i64..80),
    ) {
        let scorer = case.scorer();
        let engagement = case.engagement(&scorer);
        let up = scorer.model().thresholds.up;
        let has_something = |on: &i64| engagement.first_date().is_some_and(|first| day(*on) >= first);
        let reached = (from..until).filter(has_something).find(|on| scorer.behaviour(&engagement, day(*on)) >= up);
        let fast_from = fast.map(|on| on.max(from)).filter(|on| *on < until);
        let first = reached.into_iter().chain(fast_from).min();
        prop_assert_eq!(
            would_have_qualified_on(&scorer, &engagement, fast.map(day), day(from)..day(until)),
            first.map(day)
        );
        // It is where the score's own crossing lies, asked for from the day before.
        if let Some(reached) = reached {
            let before = day(reached - 1);
            prop_assert_eq!(
                scorer.next_crossing(&engagement, before, Crossing::Reaches(up)),
                Some(day(reached))
            );
        }
    }
}
