//! Laws of promotion, over random cases and lives.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};
use handoff_domain::points::Points;
use handoff_domain::promotion::{
    Behaviour, Case, Emission, Ground, InEffect, Lack, Quota, Verdict, decide, judge,
};
use handoff_domain::qualification::record::{LeadKind, Suppression};
use handoff_domain::qualification::stage::Stage;
use handoff_domain::score::Publish;
use proptest::collection::vec;
use proptest::prelude::*;

use super::random::some_case;
use super::{CALENDAR, decided, lead, now};

/// Whether a lead is promoted, read off the table of the domain model.
fn qualifies(case: &Case) -> bool {
    let (InEffect::Yes(fit), InEffect::Yes(Behaviour { points, thresholds }), InEffect::Yes(())) =
        (case.criteria, case.model, case.contract)
    else {
        return false;
    };
    let is_late = case.settled_at.zip(case.fast_track_at).is_some_and(|(settled, at)| at < settled);
    let is_fast = case.fast_track_at.is_some() && !is_late;
    let least = if case.candidate.is_some() { thresholds.down } else { thresholds.up };
    fit.gates_hold
        && (is_fast || (fit.points >= thresholds.fit && points >= least))
        && matches!(case.stage, Stage::Lead | Stage::Nurture)
        && !case.handoff_open
        && case.is_known
        && case.kind != LeadKind::Unknown
        && case.suppression == Suppression::None
        && case.cooldown_until.is_none_or(|until| until <= case.now)
}

fn is_no_candidate(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::NotACandidate { .. })
}

/// The case with something that it lacked.
fn give(mut case: Case, lack: &Lack) -> Case {
    match (*lack, &mut case.criteria, &mut case.model) {
        (Lack::Gates, InEffect::Yes(fit), _) => fit.gates_hold = true,
        (Lack::Fit(points), InEffect::Yes(fit), _) => fit.points = fit.points + points,
        (Lack::Behaviour(points), _, InEffect::Yes(it)) => it.points = it.points + points,
        other => panic!("{other:?}"),
    }
    case
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_048))]

    #[test]
    fn a_lead_is_promoted_exactly_when_the_table_says_so(case in some_case()) {
        let verdict = judge(&case);
        prop_assert_eq!(matches!(verdict, Verdict::Promote { .. }), qualifies(&case), "{:?}", verdict);
    }

    #[test]
    fn a_suppressed_lead_is_never_promoted(
        case in some_case(),
        suppression in proptest::sample::select(&Suppression::ALL[1..]),
    ) {
        prop_assert_ne!(suppression, Suppression::None);
        let decision = decided(&Case { suppression, ..case });
        let is_noted = matches!(decision.emission, Some(Emission::LeadQualified { .. }));
        let is_said = matches!(decision.verdict, Verdict::Promote { .. });
        prop_assert!(!is_noted && !is_said, "{:?}", decision);
    }

    #[test]
    fn a_verdict_says_why_in_a_fixed_order_and_no_reason_twice(case in some_case()) {
        match judge(&case) {
            Verdict::NotACandidate { lacks } => {
                prop_assert!(!lacks.is_empty() && lacks.is_sorted_by(|one, next| one < next), "{lacks:?}");
                let positive = |lack: &Lack| match lack {
                    Lack::Fit(points) | Lack::Behaviour(points) => *points > Points::ZERO,
                    _ => true,
                };
                prop_assert!(lacks.iter().all(positive));
            }
            Verdict::Candidate { held_by, .. } => {
                prop_assert!(!held_by.is_empty());
                prop_assert!(held_by.is_sorted_by(|one, next| one.guard < next.guard), "{held_by:?}");
                let ahead = held_by.iter().all(|hold| hold.until.is_none_or(|until| until > case.now));
                prop_assert!(ahead, "{held_by:?}");
            }
            Verdict::Promote { .. } => {}
        }
    }

    #[test]
    fn what_was_noted_is_noted_once(case in some_case()) {
        let first = decided(&case);
        if let Some(noted) = first.emission
            && !matches!(noted, Emission::LeadQualified { .. })
        {
            let again = decided(&Case { candidate: noted.candidate(), ..case });
            prop_assert_eq!(again.emission, None, "after {:?}", noted);
        }
    }

    #[test]
    fn nothing_is_noted_of_a_lead_whose_handoff_is_open(case in some_case()) {
        let open = Case { stage: Stage::Mql, handoff_open: true, ..case };
        prop_assert_eq!(decided(&open).emission, None);
    }

    /// Whoever leaves a candidacy is told what it takes to come back.
    #[test]
    fn what_a_lead_lacks_is_all_that_it_lacks_and_each_of_it_is_needed(case in some_case()) {
        let before = Case { stage: Stage::Lead, handoff_open: false, ..case };
        prop_assume!(matches!(before.model, InEffect::Yes(_)));
        let Verdict::NotACandidate { lacks } = judge(&before) else { return Ok(()) };
        let with = |lacks: &[Lack]| {
            judge(&lacks.iter().fold(Case { candidate: None, ..before.clone() }, give))
        };
        prop_assert!(!is_no_candidate(&with(&lacks)), "{:?}", with(&lacks));
        for index in 0..lacks.len() {
            let mut others = lacks.clone();
            let kept = others.remove(index);
            prop_assert!(is_no_candidate(&with(&others)), "without {:?}", kept);
            let least = Points::from_milli(1);
            let nearly = match kept {
                Lack::Fit(points) => Lack::Fit(points - least),
                Lack::Behaviour(points) => Lack::Behaviour(points - least),
                _ => continue,
            };
            others.push(nearly);
            prop_assert!(is_no_candidate(&with(&others)), "with {:?}", nearly);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// The band lies between 40 and 50 points; a lead that is held back throughout enters and leaves as
    /// often as its score crosses the whole of it, and where it does.
    #[test]
    fn edge_case_30_a_score_that_moves_within_the_band_changes_nothing(scores in vec(30_i32..60, 1..60)) {
        let (mut candidate, mut is_above) = (None, false);
        for points in scores {
            let held = Case { contract: InEffect::No, candidate, ..lead(points) };
            let crossing = if is_above { points < 40 } else { points >= 50 };
            let expected = match (crossing, is_above) {
                (false, _) => None,
                (true, false) => Some(Emission::CandidateEntered { ground: Ground::Thresholds }),
                (true, true) => Some(Emission::CandidateLeft),
            };
            let noted = decided(&held).emission;
            prop_assert_eq!(noted, expected, "at {} points", points);
            is_above ^= crossing;
            candidate = noted.map_or(candidate, Emission::candidate);
        }
    }

    /// With a contract that comes and goes and with a sales team that decides: between two falls the
    /// score rose to B_up, between an entry and a fall it fell under B_down, and each promotion was earned at B_up
    /// since the last fall or decision.
    #[test]
    fn edge_case_30_no_lead_flaps(steps in vec((30_i32..60, any::<bool>(), prop::bool::weighted(0.3)), 1..80)) {
        let (mut candidate, mut handoff_open, mut was_up) = (None, false, false);
        for (points, has_contract, sales_decides) in steps {
            if sales_decides {
                (handoff_open, was_up) = (false, was_up && candidate.is_some());
            }
            let stage = if handoff_open { Stage::Mql } else { Stage::Nurture };
            let contract = if has_contract { InEffect::Yes(()) } else { InEffect::No };
            let noted = decided(&Case { stage, handoff_open, candidate, contract, ..lead(points) }).emission;
            was_up |= !handoff_open && points >= 50;
            match noted {
                Some(Emission::CandidateEntered { .. }) => prop_assert!(points >= 50 && candidate.is_none()),
                Some(Emission::CandidateLeft) => {
                    prop_assert!(points < 40 && was_up);
                    was_up = false;
                }
                Some(Emission::LeadQualified { .. }) => {
                    prop_assert!(was_up && points >= 40 && !handoff_open && has_contract);
                    (handoff_open, was_up) = (true, false);
                }
                None => {}
            }
            candidate = noted.map_or(candidate, Emission::candidate);
        }
    }

    /// Whoever is asked, when, and how often.
    #[test]
    fn edge_case_31_no_business_date_gets_more_than_its_cap_and_everybody_gets_a_turn(
        per_business_day in 1_u32..5,
        hours in vec(0_i64..400, 1..120),
        leads in 1_usize..40,
    ) {
        let publish = Publish::Capped { per_business_day };
        let mut quota = Quota::default();
        quota.publish(publish);
        let mut waiting = vec![None; leads];
        let mut promoted: BTreeMap<NaiveDate, u32> = BTreeMap::new();
        let mut hours = hours;
        hours.sort_unstable();
        // The days of the test, then enough business days for all.
        let last = i64::try_from(leads).expect("few") * 4;
        let tail = (0..last).map(|day| 400 + 24 * day);
        for hour in hours.into_iter().chain(tail) {
            let now = now() + TimeDelta::hours(hour);
            waiting.retain_mut(|candidate| {
                let published = candidate.is_none().then_some(publish);
                let case = Case { now, published, candidate: *candidate, ..lead(60) };
                let noted = decide(&case, &mut quota, &CALENDAR).emission;
                *candidate = noted.map_or(*candidate, Emission::candidate);
                let is_promoted = matches!(noted, Some(Emission::LeadQualified { .. }));
                if is_promoted {
                    *promoted.entry(CALENDAR.local_date(now)).or_default() += 1;
                }
                !is_promoted
            });
        }
        prop_assert!(waiting.is_empty(), "{} still wait", waiting.len());
        for (date, count) in promoted {
            prop_assert!(count <= per_business_day, "{} on {}", count, date);
            prop_assert!(!matches!(date.weekday(), Weekday::Sat | Weekday::Sun));
            prop_assert!(CALENDAR.is_business_date(date));
        }
    }
}
