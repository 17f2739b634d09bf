//! M1–M4.

use chrono::TimeDelta;
use handoff_domain::metric::clock::ClockFact;
use handoff_domain::metric::count::{Counting, mql_count, sql_count};
use handoff_domain::metric::efficiency::{
    Maturity, efficiency_of_cohort, efficiency_of_period, maturity_window,
};
use handoff_domain::metric::fact::{HandoffFact, WithdrawnReason};
use handoff_domain::metric::ratio::{Ratio, ZeroDenominator};
use handoff_domain::metric::{CountUnit, SkipPolicy};
use handoff_domain::qualification::rejection::Attribution;

use super::given::{Then, at, decide_clock, mql, skipped_mql, span};

const ALL: Maturity = Maturity { window: TimeDelta::zero(), matured_only: false };

fn by_lead() -> Counting {
    Counting { unit: CountUnit::Lead, ..Counting::default() }
}

fn strict() -> Counting {
    Counting { skip_policy: SkipPolicy::Strict, ..Counting::default() }
}

fn cohort(facts: &[HandoffFact], counting: Counting, maturity: Maturity, as_of: &str) -> Ratio {
    efficiency_of_cohort(facts, &span("2026-01-01", "2026-02-01"), counting, maturity, at(as_of))
}

/// M1, M2, M3 and M4 of January as seen in March.
fn check(facts: &[HandoffFact], counting: Counting, mqls: u64, sqls: u64, cohort_accepted: u64) {
    let january = span("2026-01-01", "2026-02-01");
    assert_eq!(mql_count(facts, &january, counting), mqls, "M1");
    assert_eq!(sql_count(facts, &january, counting), sqls, "M2");
    let of_cohort = cohort(facts, counting, ALL, "2026-03-01 00:00");
    assert_eq!((of_cohort.numerator, of_cohort.denominator), (cohort_accepted, mqls), "M3");
    assert_eq!(efficiency_of_period(facts, &january, counting), Ratio::new(sqls, mqls), "M4");
}

#[test]
fn forty_accepted_of_a_hundred_is_40_percent_and_not_250() {
    let facts: Vec<_> = (0..100)
        .map(|n| {
            let fact = mql(n, "2026-01-05 09:00");
            if n < 40 { fact.accepted("2026-01-06 10:00") } else { fact }
        })
        .collect();
    let ratio = cohort(&facts, Counting::default(), ALL, "2026-02-01 00:00");
    assert_eq!(ratio, Ratio::new(40, 100));
    assert_eq!(ratio.percent(1).expect("a hundred").to_string(), "40.0");
    assert_eq!(ratio.value().expect("a hundred").to_decimal(2).to_string(), "0.40");
}

#[test]
fn edge_case_1_a_zero_denominator_has_no_value_and_a_reason() {
    let empty = cohort(&[], Counting::default(), ALL, "2026-02-01 00:00");
    assert_eq!(empty.value(), Err(ZeroDenominator));
    assert_eq!(empty.percent(1), Err(ZeroDenominator));
    assert_eq!(ZeroDenominator.to_string(), "ZERO_DENOMINATOR");
    // SQLs without MQLs are not "over 100 %" either.
    let late = [mql(1, "2025-12-30 09:00").accepted("2026-01-02 09:00")];
    let ratio = efficiency_of_period(&late, &span("2026-01-01", "2026-02-01"), Counting::default());
    assert_eq!((ratio, ratio.value(), ratio.is_over_one()), (Ratio::new(1, 0), Err(ZeroDenominator), false));
}

#[test]
fn edge_case_2_accepted_in_another_period_counts_for_the_cohort_of_its_mql() {
    let facts = [
        mql(1, "2026-01-31 23:59").accepted("2026-02-01 00:00"),
        mql(2, "2025-12-31 23:59").accepted("2026-01-01 00:00"),
        mql(3, "2026-01-01 00:00"),
    ];
    check(&facts, Counting::default(), 2, 1, 1);
    // The cohort of December: two hand-overs' months, one each.
    let december = span("2025-12-01", "2026-01-01");
    let of_december =
        efficiency_of_cohort(&facts, &december, Counting::default(), ALL, at("2026-03-01 00:00"));
    assert_eq!(of_december, Ratio::new(1, 1));
    assert_eq!(efficiency_of_period(&facts, &december, Counting::default()), Ratio::new(0, 1));
}

#[test]
fn edge_case_3_the_efficiency_of_a_period_may_exceed_100_percent_and_says_so() {
    let facts = [
        mql(1, "2025-12-30 09:00").accepted("2026-01-02 09:00"),
        mql(2, "2025-12-31 09:00").accepted("2026-01-02 09:00"),
        mql(3, "2026-01-05 09:00").accepted("2026-01-06 09:00"),
    ];
    let ratio = efficiency_of_period(&facts, &span("2026-01-01", "2026-02-01"), Counting::default());
    assert_eq!(ratio.percent(0).expect("one MQL").to_string(), "300");
    assert!(ratio.is_over_one());
    assert!(!Ratio::new(3, 3).is_over_one());
}

#[test]
fn edge_case_4_members_too_young_to_judge_are_counted_and_may_be_left_out() {
    let facts = [
        mql(1, "2026-01-01 00:00").accepted("2026-01-03 00:00"),
        mql(2, "2026-01-21 00:00"),
        mql(3, "2026-01-21 00:01").accepted("2026-01-21 00:02"),
    ];
    let ten_days = Maturity { window: TimeDelta::days(10), matured_only: false };
    let ratio = cohort(&facts, Counting::default(), ten_days, "2026-01-31 00:00");
    assert_eq!(ratio, Ratio { numerator: 2, denominator: 3, n_immature: 1 });
    let matured = Maturity { matured_only: true, ..ten_days };
    let ratio = cohort(&facts, Counting::default(), matured, "2026-01-31 00:00");
    assert_eq!(ratio, Ratio { numerator: 1, denominator: 2, n_immature: 1 });
}

#[test]
fn edge_case_5_a_cycle_that_skipped_mql_is_an_implied_member_unless_strict() {
    let facts = [
        mql(1, "2026-01-05 09:00").accepted("2026-01-06 09:00"),
        mql(2, "2026-01-05 09:00"),
        skipped_mql(3, "2026-01-10 09:00"),
    ];
    check(&facts, Counting::default(), 3, 2, 2);
    check(&facts, strict(), 2, 1, 1);
}

#[test]
fn edge_case_5_a_hand_over_that_skipped_sql_is_accepted_by_implication_unless_strict() {
    use handoff_domain::metric::fact::{Acceptance, Decision};
    let facts =
        [mql(1, "2026-01-05 09:00").ended("2026-01-20 09:00", Decision::Accepted(Acceptance::Implied))];
    check(&facts, Counting::default(), 1, 1, 1);
    check(&facts, strict(), 1, 0, 0);
}

#[test]
fn edge_case_7_a_lead_that_comes_again_counts_twice_by_hand_over_and_once_by_lead() {
    let facts = [
        mql(1, "2026-01-05 09:00").rejected("2026-01-06 09:00", Attribution::Timing),
        mql(1, "2026-01-20 09:00").cycle(2).accepted("2026-01-21 09:00"),
        mql(1, "2026-01-25 09:00").cycle(3).accepted("2026-01-26 09:00"),
    ];
    check(&facts, Counting::default(), 3, 2, 2);
    check(&facts, by_lead(), 1, 1, 1);
    check(&facts, Counting { first_time: true, ..Counting::default() }, 1, 0, 0);
}

#[test]
fn withdrawn_as_merged_or_test_never_was_an_mql_and_withdrawn_otherwise_was() {
    let facts = [
        mql(1, "2026-01-05 09:00").withdrawn("2026-01-06 09:00", WithdrawnReason::Merged),
        mql(2, "2026-01-05 09:00").withdrawn("2026-01-06 09:00", WithdrawnReason::Test),
        mql(3, "2026-01-05 09:00").withdrawn("2026-01-06 09:00", WithdrawnReason::Other),
    ];
    check(&facts, Counting::default(), 1, 0, 0);
    // The day before the withdrawals all three were.
    let before: Vec<_> = facts.into_iter().map(|fact| fact.as_of(at("2026-01-05 23:59"))).collect();
    check(&before, Counting::default(), 3, 0, 0);
}

#[test]
fn an_acceptance_after_as_of_has_not_happened() {
    let fact = mql(1, "2026-01-05 09:00").accepted("2026-01-10 09:00");
    check(&[fact.clone().as_of(at("2026-01-10 09:00"))], Counting::default(), 1, 1, 1);
    check(&[fact.clone().as_of(at("2026-01-10 08:59"))], Counting::default(), 1, 0, 0);
    check(&[fact.as_of(at("2026-01-05 08:59"))], Counting::default(), 0, 0, 0);
}

#[test]
fn the_maturity_window_is_the_p90_of_decisions_and_never_under_the_promise() {
    // Decided after 1 to 11 days, one of them before its MQL and one by implication: those do not count.
    let mut facts: Vec<_> = (1..=11)
        .map(|day| mql(day, "2026-01-01 00:00").accepted(&format!("2026-01-{:02} 00:00", day + 1)))
        .collect();
    facts.push(mql(12, "2026-01-05 00:00").accepted("2026-01-04 00:00"));
    facts.push(skipped_mql(13, "2026-01-05 00:00"));
    let window = |clocks: &[ClockFact]| maturity_window(&facts, clocks);
    assert_eq!(window(&[]), TimeDelta::days(10));
    let clock = |due| decide_clock(1, "2bd", "2026-01-01 00:00", due);
    assert_eq!(window(&[clock("2026-01-05 18:00")]), TimeDelta::days(10));
    assert_eq!(window(&[clock("2026-01-13 00:00")]), TimeDelta::days(12));
    assert_eq!(maturity_window(&[], &[]), TimeDelta::zero());
}
