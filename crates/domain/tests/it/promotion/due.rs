//! When a lead is judged again by time alone.

use chrono::TimeDelta;
use chrono_tz::Europe;
use handoff_domain::promotion::{Behaviour, Case, Ground, InEffect, Verdict, judge};
use proptest::prelude::*;

use super::{CALENDAR, lead, now};
use crate::calendar::{date, local};
use crate::score::day;
use crate::score::random::{case, some_day};

const SATURDAY: &str = "2026-03-28";

#[test]
fn a_lead_that_rises_by_time_alone_is_judged_at_the_next_opening_and_one_that_falls_at_midnight() {
    let on = Some(date(SATURDAY));
    let monday = local(&CALENDAR, "2026-03-30 09:00");
    assert_eq!(judge(&lead(0)).judge_again_at(on, Europe::Rome, &CALENDAR), Some(monday));
    let held = judge(&Case { contract: InEffect::No, ..lead(60) });
    let midnight = local(&CALENDAR, "2026-03-28 00:00");
    assert_eq!(held.judge_again_at(on, Europe::Rome, &CALENDAR), Some(midnight));
    assert_eq!(held.judge_again_at(None, Europe::Rome, &CALENDAR), None, "nothing will change");
}

#[test]
fn a_candidate_is_judged_when_its_last_guard_ends_if_it_has_not_fallen_by_then() {
    let until = now() + TimeDelta::hours(30);
    let held = judge(&Case { cooldown_until: Some(until), ..lead(60) });
    let again = |on| held.judge_again_at(Some(date(on)), Europe::Rome, &CALENDAR);
    assert_eq!(again("2026-04-20"), Some(until));
    assert_eq!(again(SATURDAY), Some(local(&CALENDAR, "2026-03-28 00:00")));
}

/// Whether a lead has a ground with such a score, while a guard holds it back.
fn has_ground(was_candidate: bool, behaviour: Behaviour) -> bool {
    let candidate = was_candidate.then_some(Ground::Thresholds);
    let case = Case { candidate, contract: InEffect::No, model: InEffect::Yes(behaviour), ..lead(0) };
    matches!(judge(&case), Verdict::Candidate { .. })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn until_the_crossing_nothing_changes_and_then_it_does(case in case(), today in some_day()) {
        let scorer = case.scorer();
        let engagement = case.engagement(&scorer);
        let thresholds = scorer.model().thresholds;
        let behaviour = |on| Behaviour { points: scorer.behaviour(&engagement, on), thresholds };
        let is_candidate = has_ground(false, behaviour(day(today)));
        let verdict = judge(&Case { model: InEffect::Yes(behaviour(day(today))), ..lead(0) });
        let crossing = verdict.crossing(thresholds, behaviour(day(today)).points).expect("the score counts");
        let changes_on = scorer.next_crossing(&engagement, day(today), crossing);
        for ahead in (today + 1..today + 150).map(day).take_while(|ahead| Some(*ahead) != changes_on) {
            prop_assert_eq!(has_ground(is_candidate, behaviour(ahead)), is_candidate, "on {}", ahead);
        }
        if let Some(on) = changes_on {
            prop_assert_ne!(has_ground(is_candidate, behaviour(on)), is_candidate, "on {}", on);
        }
    }
}
