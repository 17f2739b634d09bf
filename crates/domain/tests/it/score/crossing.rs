//! The day on which a score crosses a threshold: examples, and against stepping from day to day.

use handoff_domain::points::Points;
use handoff_domain::score::{Adjustment, Bounds, Crossing, Decay, Engagement, HORIZON_DAYS, RuleIndex};
use proptest::prelude::*;

use super::random::{case, scores};
use super::{day, engagement, model, points, rule, scorer};

const HALF_IN_TEN_DAYS: Decay = Decay::HalfLife { days: 10 };

#[test]
fn a_lead_that_rests_falls_under_the_threshold_on_a_computed_day() {
    let scorer = scorer(model(vec![rule("demo", "80", HALF_IN_TEN_DAYS)]));
    let lead = engagement(&scorer, &[("DEMO", 0)]);
    let falls = |under| scorer.next_crossing(&lead, day(0), Crossing::FallsUnder(points(under)));
    // 80 · 2^(−1) is 40 on day 10, which is not less than 40.
    assert_eq!(falls("40"), Some(day(11)));
    assert_eq!(falls("40.001"), Some(day(10)));
    assert_eq!(falls("80"), Some(day(1)));
    // 80,000 thousandths are under one after more than 16 half-lives: 2^16 is 65,536, 2^16.3 is 80,684.
    assert_eq!(falls("0.001"), Some(day(163)));
    assert_eq!(falls("0"), None, "it never falls under nothing");
}

#[test]
fn a_lead_rises_by_time_alone_when_negative_points_fade() {
    let mut rules = vec![rule("demo", "60", Decay::None)];
    rules.push(rule("complaint", "-40", Decay::Linear { rate_permille: 1_000, period_days: 20 }));
    let scorer = scorer(model(rules));
    let lead = engagement(&scorer, &[("DEMO", 0), ("COMPLAINT", 0)]);
    // 60 − 40 · (1 − d/20) is 50 on day 15.
    assert_eq!(scorer.next_crossing(&lead, day(0), Crossing::Reaches(points("50"))), Some(day(15)));
    assert_eq!(scorer.next_crossing(&lead, day(15), Crossing::Reaches(points("50"))), Some(day(16)));
    assert_eq!(scorer.next_crossing(&lead, day(0), Crossing::Reaches(points("60.001"))), None);
}

#[test]
fn what_lies_ahead_counts_from_its_day_on() {
    let scorer = scorer(model(vec![rule("demo", "30", Decay::Window { days: 5 })]));
    let ahead = Adjustment::new(day(3), points("30"), Decay::Window { days: 5 });
    let rows = engagement(&scorer, &[("DEMO", 1)]).rows().to_vec();
    let lead = Engagement::new(rows, vec![ahead]);
    assert_eq!(scorer.next_crossing(&lead, day(0), Crossing::Reaches(points("60"))), Some(day(3)));
    assert_eq!(scorer.next_crossing(&lead, day(3), Crossing::FallsUnder(points("60"))), Some(day(6)));
    assert_eq!(scorer.next_crossing(&lead, day(6), Crossing::FallsUnder(points("30"))), Some(day(8)));
}

#[test]
fn nothing_is_looked_for_beyond_the_horizon() {
    let scorer = scorer(model(vec![rule("demo", "60", Decay::Window { days: Decay::MAX_DAYS })]));
    let lead = engagement(&scorer, &[("DEMO", 0)]);
    let falls = |after| scorer.next_crossing(&lead, day(after), Crossing::FallsUnder(points("40")));
    assert_eq!(falls(0), Some(day(i64::from(HORIZON_DAYS))));
    assert_eq!(falls(-1), None, "a day too far ahead");
}

#[test]
fn a_cap_holds_the_day_back_and_a_floor_keeps_it_from_coming() {
    let mut demo = rule("demo", "40", Decay::Linear { rate_permille: 100, period_days: 10 });
    demo.bounds = Bounds { cap: Some(points("60")), floor: Some(points("20")) };
    let scorer = scorer(model(vec![demo]));
    let lead = engagement(&scorer, &[("DEMO", 0), ("DEMO", 0)]);
    // Without limits 80 − 0.8 · d, so it comes off its cap on day 25.
    assert_eq!(scorer.next_crossing(&lead, day(0), Crossing::FallsUnder(points("60"))), Some(day(26)));
    assert_eq!(scorer.next_crossing(&lead, day(0), Crossing::FallsUnder(points("20"))), None);
}

#[test]
fn the_last_dates_that_there_are_hold_no_surprise() {
    let scorer = scorer(model(vec![rule("demo", "60", Decay::Window { days: 5 })]));
    let lead = engagement(&scorer, &[("DEMO", 0)]);
    for after in [chrono::NaiveDate::MAX, chrono::NaiveDate::MIN] {
        assert_eq!(scorer.next_crossing(&lead, after, Crossing::Reaches(points("60"))), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_crossing_is_found_on_the_day_that_stepping_finds(
        case in case(),
        after in -60_i64..60,
        at in 1_i64..300,
        over_milli in prop_oneof![Just(0_i64), -3_i64..=3, -20_000_i64..20_000],
    ) {
        let scorer = case.scorer();
        let engagement = case.engagement(&scorer);
        let first = after + 1;
        let scores = scores(&scorer, &engagement, first..first + i64::from(HORIZON_DAYS));
        // A threshold that the score comes near to.
        let threshold = scorer.behaviour(&engagement, day(after + at)) + Points::from_milli(over_milli);
        let step_to = |is_there: &dyn Fn(&Points) -> bool| {
            scores.iter().position(is_there).map(|days| day(first + days as i64))
        };
        prop_assert_eq!(
            scorer.next_crossing(&engagement, day(after), Crossing::Reaches(threshold)),
            step_to(&|score| *score >= threshold)
        );
        prop_assert_eq!(
            scorer.next_crossing(&engagement, day(after), Crossing::FallsUnder(threshold)),
            step_to(&|score| *score < threshold)
        );
    }

    /// Why a lead under its threshold need not be looked at: no day brings it over its ceiling, and an activity raises that
    /// by no more than its rule's points.
    #[test]
    fn no_later_day_is_over_the_ceiling_and_an_activity_raises_it_by_its_points_at_most(
        case in case(),
        today in -60_i64..60,
        later in proptest::collection::vec(0_i64..3_000, 1..8),
        (rule, ago) in (0_u16..8, 0_i64..200),
    ) {
        let scorer = case.scorer();
        let mut engagement = case.engagement(&scorer);
        let ceiling = scorer.ceiling(&engagement, day(today));
        for days in &later {
            prop_assert!(scorer.behaviour(&engagement, day(today + days)) <= ceiling);
        }
        let Some(points) = scorer.rule(RuleIndex(rule)).map(|rule| rule.points) else { return Ok(()) };
        engagement.add(RuleIndex(rule), day(today - ago));
        let raised = ceiling + points.max(Points::ZERO);
        prop_assert!(scorer.ceiling(&engagement, day(today)) <= raised);
        for days in &later {
            prop_assert!(scorer.behaviour(&engagement, day(today + days)) <= raised);
        }
    }
}
