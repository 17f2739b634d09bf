//! Edge case 31: publishing a model never floods sales.

use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::promotion::{
    Case, Decision, Emission, Ground, Guard, InEffect, Quota, Verdict, decide, judge,
};
use handoff_domain::score::Publish;

use super::{CALENDAR, guards, lead, now};
use crate::calendar::{calendar, local};

const PUBLISHED: Ground = Ground::Published;
const TWO_A_DAY: Publish = Publish::Capped { per_business_day: 2 };

fn published(publish: Publish, points: i32) -> Case {
    Case { published: Some(publish), ..lead(points) }
}

fn quota(publish: Publish) -> Quota {
    let mut quota = Quota::default();
    quota.publish(publish);
    quota
}

/// What is noted of leads that are judged one after the other because of a publishing.
fn noted(quota: &mut Quota, at: &str, leads: usize) -> Vec<Decision> {
    let now = local(&CALENDAR, at);
    let case = Case { now, ..published(TWO_A_DAY, 60) };
    (0..leads).map(|_| decide(&case, quota, &CALENDAR)).collect()
}

fn promoted(decisions: &[Decision]) -> usize {
    let qualified = Some(Emission::LeadQualified { ground: PUBLISHED });
    decisions.iter().filter(|decision| decision.emission == qualified).count()
}

fn held_until(decision: &Decision) -> Option<DateTime<Utc>> {
    assert_eq!(guards(&decision.verdict), [Guard::DayIsFull]);
    decision.verdict.free_at()
}

#[test]
fn edge_case_31_new_events_only_and_shadow_judge_and_change_nothing() {
    for publish in [Publish::NewEventsOnly, Publish::Shadow] {
        for (points, candidate) in [(60, None), (0, Some(Ground::Thresholds)), (60, Some(PUBLISHED))] {
            let case = Case { candidate, ..published(publish, points) };
            let mut quota = quota(publish);
            let decision = decide(&case, &mut quota, &CALENDAR);
            assert_eq!(decision, Decision { verdict: judge(&case), emission: None });
            assert_eq!(quota, Quota::default(), "{publish} takes no place");
        }
        let own = decide(&lead(60), &mut quota(publish), &CALENDAR);
        let qualified = Emission::LeadQualified { ground: Ground::Thresholds };
        assert_eq!(own.emission, Some(qualified), "its next event counts");
    }
}

#[test]
fn edge_case_31_so_many_are_promoted_and_the_others_wait_as_candidates_for_the_next_business_day() {
    let mut quota = quota(TWO_A_DAY);
    let friday = noted(&mut quota, "2026-03-27 10:00", 5);
    assert_eq!(promoted(&friday), 2);
    assert_eq!(friday[2].emission, Some(Emission::CandidateEntered { ground: PUBLISHED }));
    assert_eq!(held_until(&friday[4]), Some(local(&CALENDAR, "2026-03-30 09:00")), "Monday's opening");
    let saturday = noted(&mut quota, "2026-03-28 10:00", 1);
    assert_eq!(held_until(&saturday[0]), Some(local(&CALENDAR, "2026-03-30 09:00")));
    assert_eq!(promoted(&noted(&mut quota, "2026-03-30 09:00", 3)), 2);
    // Friday after, then Easter Monday, which is closed.
    assert_eq!(promoted(&noted(&mut quota, "2026-04-03 17:59", 3)), 2);
    let sunday = noted(&mut quota, "2026-04-05 12:00", 1);
    assert_eq!(held_until(&sunday[0]), Some(local(&CALENDAR, "2026-04-07 09:00")));
}

#[test]
fn a_waiting_lead_keeps_waiting_for_its_place_whatever_little_it_does() {
    let mut quota = quota(TWO_A_DAY);
    noted(&mut quota, "2026-03-27 09:30", 2);
    let waits = Case { candidate: Some(PUBLISHED), ..lead(60) };
    let visit = decide(&waits, &mut quota, &CALENDAR);
    assert_eq!((guards(&visit.verdict), visit.emission), (vec![Guard::DayIsFull], None));
    let monday = Case { now: now() + TimeDelta::days(3), ..waits.clone() };
    let place = decide(&monday, &mut quota, &CALENDAR);
    assert_eq!(place.emission, Some(Emission::LeadQualified { ground: PUBLISHED }));
    assert_eq!((quota.date, quota.taken), (Some(crate::calendar::date("2026-03-30")), 1));
    let demo = Case { fast_track_at: Some(now()), ..waits };
    let fast = decide(&demo, &mut quota, &CALENDAR);
    let qualified = Emission::LeadQualified { ground: Ground::FastTrack };
    assert_eq!(fast.emission, Some(qualified), "a demo request needs no place");
    assert_eq!(quota.taken, 1);
}

#[test]
fn leads_that_reach_the_thresholds_by_themselves_need_no_place() {
    let mut quota = quota(TWO_A_DAY);
    noted(&mut quota, "2026-03-27 09:30", 2);
    for candidate in [None, Some(Ground::Thresholds)] {
        let own = decide(&Case { candidate, ..lead(60) }, &mut quota, &CALENDAR);
        assert_eq!(own.verdict, Verdict::Promote { ground: Ground::Thresholds });
    }
    assert_eq!(quota.taken, 2);
}

#[test]
fn edge_case_28_a_lead_that_another_guard_holds_back_takes_no_place_and_needs_one_later() {
    let mut quota = quota(TWO_A_DAY);
    let none = Case { contract: InEffect::No, ..published(TWO_A_DAY, 60) };
    let entered = decide(&none, &mut quota, &CALENDAR);
    assert_eq!(entered.emission, Some(Emission::CandidateEntered { ground: PUBLISHED }));
    assert_eq!(quota.taken, 0);
    // The contract takes effect for all of them at once.
    let signed = Case { candidate: Some(PUBLISHED), ..lead(60) };
    let decisions: Vec<Decision> = (0..9).map(|_| decide(&signed, &mut quota, &CALENDAR)).collect();
    assert_eq!(promoted(&decisions), 2);
}

#[test]
fn edge_case_31_a_second_publishing_of_the_day_gives_no_second_helping() {
    let mut quota = quota(TWO_A_DAY);
    noted(&mut quota, "2026-03-27 10:00", 2);
    quota.publish(Publish::Capped { per_business_day: 3 });
    assert_eq!(promoted(&noted(&mut quota, "2026-03-27 11:00", 5)), 1);
    quota.publish(Publish::Capped { per_business_day: 1 });
    assert_eq!(promoted(&noted(&mut quota, "2026-03-27 12:00", 5)), 0);
    quota.publish(Publish::NewEventsOnly);
    assert_eq!(promoted(&noted(&mut quota, "2026-03-30 12:00", 5)), 1, "those who wait still wait");
}

#[test]
fn days_are_those_of_the_calendar_and_one_that_comes_again_has_no_places_left() {
    let mut quota = quota(TWO_A_DAY);
    let now = local(&CALENDAR, "2026-03-30 00:30");
    let (utc, always) = (calendar("UTC", 7, &["00:00-24:00"], &[]), &["00:00-24:00"]);
    let rome = calendar("Europe/Rome", 7, always, &[]);
    quota.take(&rome, now).expect("a place");
    // It is still Sunday in UTC, of which the counter knows nothing any more.
    let until = quota.take(&utc, now).expect_err("no place");
    assert_eq!(until, Some(local(&utc, "2026-03-31 00:00")));
    quota.take(&utc, until.expect("an instant")).expect("a place on the next day");
}

#[test]
fn a_calendar_that_never_opens_again_has_no_place_and_no_day_for_one() {
    let never = calendar("Europe/Rome", 0, &[], &[]);
    assert_eq!(quota(TWO_A_DAY).take(&never, now()), Err(None));
}
