//! M9.

use chrono_tz::Tz;
use handoff_domain::calendar::{Calendar, Definition};
use handoff_domain::metric::Basis;
use handoff_domain::metric::clock::ClockFact;
use handoff_domain::metric::exact::Exact;
use handoff_domain::metric::fact::HandoffFact;
use handoff_domain::metric::verdict::{Judgement, Statistic, Verdict, VerdictQuery, judge, verdicts};
use handoff_domain::target::Target;

use super::given::{Then, at, decide_clock, mql, span, target};

fn january(facts: &[HandoffFact], clocks: &[ClockFact], statistic: Statistic) -> Vec<Verdict> {
    let (span, calendar) =
        (span("2026-01-01", "2026-02-01"), Calendar::new(Definition::office_hours(Tz::UTC)));
    let as_of = at("2026-02-01 00:00");
    verdicts(
        facts,
        clocks,
        &VerdictQuery { span: &span, basis: Basis::Period, statistic, calendar: &calendar, as_of },
    )
}

/// The verdict on hand-overs of Monday the 5th, decided at these times, under one target.
fn check(promised: &str, decided: &[&str], statistic: Statistic, is_adhering: bool, percent: &str) {
    let numbered = || (0_u128..).zip(decided);
    let facts: Vec<_> =
        numbered().map(|(number, when)| mql(number, "2026-01-05 09:00").accepted(when)).collect();
    let clocks: Vec<_> = numbered()
        .map(|(number, _)| decide_clock(number, promised, "2026-01-05 09:00", "2026-01-07 18:00"))
        .collect();
    let [verdict] = &january(&facts, &clocks, statistic)[..] else { panic!("one target, one verdict") };
    let judgement = verdict.judgement.expect("there are samples");
    assert_eq!(verdict.target, target(promised));
    assert_eq!(judgement.is_adhering, is_adhering, "{promised}: {:?}", verdict.figure);
    let overshoot = judgement.overshoot.expect("targets are positive").percent();
    assert_eq!(overshoot.to_decimal(1).to_string(), percent, "{promised}: {:?}", verdict.figure);
}

#[test]
fn two_days_against_three_is_not_adhering_by_50_percent_in_every_unit() {
    check("2d calendar", &["2026-01-08 09:00"], Statistic::Mean, false, "50.0");
    check("2bd", &["2026-01-08 12:00"], Statistic::Mean, false, "50.0");
    // Two office days of nine hours, and three.
    check("18h", &["2026-01-08 09:00"], Statistic::Mean, false, "50.0");
}

#[test]
fn exactly_the_target_is_adhering() {
    check("2d calendar", &["2026-01-07 09:00"], Statistic::Mean, true, "0.0");
    check("2bd", &["2026-01-07 18:00"], Statistic::Mean, true, "0.0");
    check("2d calendar", &["2026-01-06 09:00"], Statistic::Mean, true, "-50.0");
}

#[test]
fn the_p90_sees_the_leads_that_a_mean_hides() {
    let mut decided = ["2026-01-05 09:00"; 11];
    decided[9..].fill("2026-01-11 09:00");
    check("2d calendar", &decided, Statistic::Mean, true, "-45.5");
    check("2d calendar", &decided, Statistic::P90, false, "200.0");
}

#[test]
fn a_verdict_without_a_target_of_its_own_still_compares() {
    let half = Exact::new(1, 2);
    assert_eq!(judge(Exact::whole(3), Exact::whole(2)), Judgement { is_adhering: false, overshoot: half });
}

#[test]
fn edge_case_1_and_36_a_target_of_nothing_has_no_overshoot_to_divide_by() {
    assert_eq!(judge(Exact::whole(1), Exact::whole(0)), Judgement { is_adhering: false, overshoot: None });
    assert_eq!(judge(Exact::whole(0), Exact::whole(0)), Judgement { is_adhering: true, overshoot: None });
}

#[test]
fn several_targets_in_force_give_a_verdict_each_in_their_own_unit() {
    let facts = [
        mql(1, "2026-01-05 09:00").accepted("2026-01-06 09:00"),
        mql(2, "2026-01-05 09:00").accepted("2026-01-12 09:00"),
        mql(3, "2026-01-05 09:00"),
        mql(4, "2026-01-05 09:00").accepted("2026-01-05 09:00"),
        mql(5, "2025-11-05 09:00").accepted("2025-11-06 09:00"),
    ];
    let clock = |number, promised| decide_clock(number, promised, "2026-01-05 09:00", "2026-01-07 18:00");
    let clocks = [clock(1, "2bd"), clock(2, "36h calendar"), clock(3, "4h calendar"), clock(5, "9bd")];
    let verdicts = january(&facts, &clocks, Statistic::Mean);
    let seen: Vec<(Target, u64, u64, Option<bool>)> = verdicts
        .iter()
        .map(|it| (it.target, it.velocity.n, it.velocity.open.n, it.judgement.map(|it| it.is_adhering)))
        .collect();
    assert_eq!(
        seen,
        [
            (target("4h calendar"), 0, 1, None),
            (target("36h calendar"), 1, 0, Some(false)),
            (target("2bd"), 1, 0, Some(true)),
        ],
        "the hand-over without a clock has no target, and the one of November is over"
    );
}

#[test]
fn a_clock_set_anew_under_another_target_counts_for_the_last() {
    let fact = mql(1, "2026-01-05 09:00").accepted("2026-01-07 09:00");
    let first = decide_clock(1, "1d calendar", "2026-01-05 09:00", "2026-01-06 09:00");
    let second = decide_clock(1, "2d calendar", "2026-01-06 09:00", "2026-01-08 09:00");
    for clocks in [[first.clone(), second.clone()], [second, first]] {
        let verdicts = january(std::slice::from_ref(&fact), &clocks, Statistic::Mean);
        assert_eq!(verdicts.len(), 1);
        assert_eq!(verdicts[0].target, target("2d calendar"));
    }
}
