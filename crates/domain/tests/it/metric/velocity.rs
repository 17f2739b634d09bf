//! M6 and M7.

use chrono_tz::Tz;
use handoff_domain::calendar::{Calendar, Definition, Elapsed};
use handoff_domain::id::ClockId;
use handoff_domain::metric::Basis;
use handoff_domain::metric::clock::{ClockFact, StopKind};
use handoff_domain::metric::exact::Exact;
use handoff_domain::metric::fact::{Acceptance, Decision, HandoffFact};
use handoff_domain::metric::milestone::Milestone;
use handoff_domain::metric::ruler::{Logged, Ruler};
use handoff_domain::metric::velocity::{Open, Velocity, VelocityQuery, velocity};
use handoff_domain::qualification::rejection::Attribution;
use handoff_domain::target::Unit;
use uuid::Uuid;

use super::given::{Then, at, decide_clock, mql, skipped_mql, span, stopped};

const HOUR: i64 = 3_600_000_000;

/// From one milestone to another in January, seen on the first of February.
fn measure(
    facts: &[HandoffFact],
    from: Milestone,
    to: Milestone,
    basis: Basis,
    ruler: Ruler<'_>,
) -> Velocity {
    let (span, as_of) = (span("2026-01-01", "2026-02-01"), at("2026-02-01 00:00"));
    let query = VelocityQuery { from, to, span: &span, basis, ruler, limits: &[HOUR, 24 * HOUR], as_of };
    velocity(facts, &Logged::default(), &query)
}

fn mql_stage(facts: &[HandoffFact], ruler: Ruler<'_>) -> Velocity {
    measure(facts, Milestone::Mql, Milestone::Decided, Basis::Period, ruler)
}

#[test]
fn accept_and_reject_give_samples_and_the_figures_are_exact() {
    let facts = [
        mql(1, "2026-01-05 09:00").accepted("2026-01-05 10:00"),
        mql(2, "2026-01-05 09:00").rejected("2026-01-05 12:00", Attribution::Data),
        mql(3, "2026-01-05 09:00").accepted("2026-01-06 09:00"),
    ];
    let result = mql_stage(&facts, Ruler::Calendar);
    assert_eq!((result.n, result.invalid_n), (3, 0));
    assert_eq!(result.mean, Exact::new(i128::from(28 * HOUR), 3));
    assert_eq!(result.median, Some(Exact::whole(3 * HOUR)));
    assert_eq!(result.p75, Exact::new(i128::from(27 * HOUR), 2));
    assert_eq!(result.max, Some(24 * HOUR));
    assert_eq!(result.within, [(HOUR, 1), (24 * HOUR, 3)]);
    assert_eq!(result.open, Open::default());
}

#[test]
fn no_samples_give_no_figures() {
    assert_eq!(
        mql_stage(&[], Ruler::Calendar),
        Velocity { within: vec![(HOUR, 0), (24 * HOUR, 0)], ..Velocity::default() }
    );
}

#[test]
fn a_period_takes_pairs_by_their_end_and_a_cohort_by_their_start() {
    let facts = [
        mql(1, "2025-12-31 23:00").accepted("2026-01-01 00:00"),
        mql(2, "2026-01-31 23:00").accepted("2026-02-01 00:00"),
        mql(3, "2026-01-10 00:00"),
        mql(4, "2025-12-10 00:00"),
    ];
    let of = |basis| measure(&facts, Milestone::Mql, Milestone::Decided, basis, Ruler::Calendar);
    let (period, cohort) = (of(Basis::Period), of(Basis::Cohort));
    assert_eq!((period.n, cohort.n), (1, 1));
    // A period sees everyone who waits at its end, a cohort only its own.
    assert_eq!((period.open.n, period.open.oldest_since), (2, Some(at("2025-12-10 00:00"))));
    assert_eq!((cohort.open.n, cohort.open.oldest), (1, Some(22 * 24 * HOUR)));
}

#[test]
fn edge_case_15_a_pair_that_ends_before_it_starts_is_counted_and_in_nothing_else() {
    let facts = [
        mql(1, "2026-01-05 09:00").accepted("2026-01-05 08:59"),
        mql(2, "2026-01-05 09:00").accepted("2026-01-05 09:00"),
    ];
    let office = Calendar::new(Definition::office_hours(Tz::UTC));
    for ruler in [
        Ruler::Calendar,
        Ruler::CalendarDays(Tz::UTC),
        Ruler::Business(&office),
        Ruler::BusinessDays(&office),
    ] {
        let result = mql_stage(&facts, ruler);
        assert_eq!((result.n, result.invalid_n, result.open.n), (1, 1, 0), "{}", ruler.unit());
        assert_eq!(result.mean, Some(Exact::whole(0)));
    }
}

#[test]
fn edge_case_5_a_stage_that_was_skipped_gives_no_sample() {
    let implied =
        mql(1, "2026-01-05 09:00").ended("2026-01-06 09:00", Decision::Accepted(Acceptance::Implied));
    let facts = [implied, skipped_mql(2, "2026-01-06 09:00")];
    for to in [Milestone::Decided, Milestone::Accepted] {
        let result = measure(&facts, Milestone::Mql, to, Basis::Period, Ruler::Calendar);
        assert_eq!((result.n, result.invalid_n, result.open.n), (0, 0, 0), "{}", to.as_str());
    }
}

#[test]
fn edge_case_5_captured_to_won_past_everything_between_is_a_sample() {
    let won = |fact: HandoffFact| HandoffFact {
        captured_at: Some(at("2026-01-02 00:00")),
        won_at: Some(at("2026-01-06 09:00")),
        ..fact
    };
    let implied = Decision::Accepted(Acceptance::Implied);
    let facts = [
        won(mql(1, "2026-01-02 00:00").ended("2026-01-06 09:00", implied)),
        won(skipped_mql(2, "2026-01-06 09:00")),
    ];
    let result =
        measure(&facts, Milestone::Captured, Milestone::Won, Basis::Period, Ruler::CalendarDays(Tz::UTC));
    assert_eq!((result.n, result.median), (2, Some(Exact::whole(4))));
}

#[test]
fn an_expiry_or_withdrawal_is_neither_a_sample_nor_waiting() {
    let facts = [
        mql(1, "2026-01-05 09:00").ended("2026-01-07 09:00", Decision::Expired),
        mql(2, "2026-01-05 09:00").accepted("2026-01-05 10:00"),
        mql(3, "2026-01-05 09:00").accepted("2026-01-09 09:00"),
    ];
    let result = mql_stage(&facts, Ruler::Calendar);
    assert_eq!((result.n, result.open.n), (2, 0));
    // But the median that counts waiting knows that it took longer than two days.
    assert_eq!(result.median, Exact::new(i128::from(97 * HOUR), 2));
    assert_eq!(result.median_with_waiting, Some(Exact::whole(96 * HOUR)));
}

#[test]
fn waiting_for_a_meeting_ends_with_the_rejection_or_the_loss_but_not_with_the_acceptance() {
    let facts = [
        mql(1, "2026-01-05 09:00").accepted("2026-01-05 10:00"),
        mql(2, "2026-01-05 09:00").rejected("2026-01-05 10:00", Attribution::Data),
        HandoffFact {
            lost_at: Some(at("2026-01-08 00:00")),
            ..mql(3, "2026-01-05 09:00").accepted("2026-01-05 10:00")
        },
    ];
    let open = |to| measure(&facts, Milestone::Mql, to, Basis::Cohort, Ruler::Calendar).open.n;
    assert_eq!(open(Milestone::FirstMeeting), 1);
    assert_eq!(open(Milestone::Won), 1);
    assert_eq!(open(Milestone::Assigned), 0, "accepted without assignment: past it");
}

#[test]
fn units_differ_in_what_they_measure_and_say_which_they_are() {
    // Friday 17:00 to Monday 10:00 in Rome: two office hours, the first business day after.
    let facts = [mql(1, "2026-01-09 16:00").accepted("2026-01-12 09:00")];
    let rome = Calendar::new(Definition::office_hours(Tz::Europe__Rome));
    let check = |ruler: Ruler<'_>, unit: Unit, expected: i64| {
        assert_eq!(ruler.unit(), unit);
        assert_eq!(mql_stage(&facts, ruler).max, Some(expected), "{unit}");
    };
    check(Ruler::Calendar, Unit::Calendar, 65 * HOUR);
    check(Ruler::Business(&rome), Unit::Business, 2 * HOUR);
    check(Ruler::BusinessDays(&rome), Unit::BusinessDays, 1);
    check(Ruler::CalendarDays(Tz::Europe__Rome), Unit::CalendarDays, 3);
}

#[test]
fn local_dates_are_those_of_the_zone_asked_for() {
    let facts = [mql(1, "2026-01-09 22:30").accepted("2026-01-09 23:30")];
    let days = |zone| mql_stage(&facts, Ruler::CalendarDays(zone)).max;
    assert_eq!(days(Tz::UTC), Some(0));
    assert_eq!(days(Tz::Europe__Rome), Some(1));
}

#[test]
fn business_time_is_what_the_clock_logged_where_it_ran_for_exactly_this_pair() {
    let fact = mql(1, "2026-01-12 09:00").accepted("2026-01-12 15:00");
    let office = Calendar::new(Definition::office_hours(Tz::UTC));
    // Paused for five hours, so one hour counted.
    let elapsed = Elapsed { business_us: HOUR, calendar_us: HOUR, business_days: 7 };
    let clock = |started| {
        let clock = decide_clock(1, "4h", started, "2026-01-12 18:00");
        stopped(clock, "2026-01-12 15:00", StopKind::Met, elapsed)
    };
    let check = |clock: ClockFact, ruler: Ruler<'_>, expected: i64| {
        let (span, logged) = (span("2026-01-01", "2026-02-01"), Logged::from_iter([&clock]));
        let query = VelocityQuery::mql_stage(&span, ruler, at("2026-02-01 00:00"));
        assert_eq!(velocity([&fact], &logged, &query).max, Some(expected));
    };
    check(clock("2026-01-12 09:00"), Ruler::Business(&office), HOUR);
    check(clock("2026-01-12 09:00"), Ruler::BusinessDays(&office), 7);
    check(clock("2026-01-12 09:00"), Ruler::Calendar, 6 * HOUR);
    // A clock that was set anew at 11 says nothing of the whole stage.
    check(clock("2026-01-12 11:00"), Ruler::Business(&office), 6 * HOUR);
}

#[test]
fn business_time_of_a_hand_over_that_was_decided_anew_is_that_of_all_its_clocks() {
    let fact = HandoffFact {
        overturned_at: Some(at("2026-01-12 09:00")),
        ..mql(1, "2026-01-05 09:00").accepted("2026-01-12 12:00")
    };
    let elapsed =
        |hours: i64, business_days| Elapsed { business_us: hours * HOUR, calendar_us: 0, business_days };
    let first = decide_clock(1, "2 business days", "2026-01-05 09:00", "2026-01-07 18:00");
    let first = stopped(first, "2026-01-06 10:00", StopKind::Met, elapsed(10, 1));
    let second = ClockFact {
        clock: ClockId(Uuid::from_u128(2)),
        ..decide_clock(1, "2 business days", "2026-01-12 09:00", "2026-01-14 18:00")
    };
    let running = [first.clone(), second.clone()];
    let second = stopped(second, "2026-01-12 12:00", StopKind::Met, elapsed(3, 0));
    let calendar = Calendar::new(Definition::office_hours(Tz::UTC));
    let measured = |clocks: &[ClockFact], ruler: Ruler<'_>| {
        let (from, to) = (at("2026-01-05 09:00"), at("2026-01-12 12:00"));
        clocks.iter().collect::<Logged>().measure(ruler, &fact, Milestone::Decided, from, to)
    };
    let both = [first, second];
    assert_eq!(measured(&both, Ruler::Business(&calendar)), 13 * HOUR);
    assert_eq!(measured(&both, Ruler::BusinessDays(&calendar)), 1);
    assert_eq!(measured(&both, Ruler::Calendar), 7 * 24 * HOUR + 3 * HOUR, "on the wall it took all of that");
    let by_calendar = calendar.measure(at("2026-01-05 09:00"), at("2026-01-12 12:00")).business_us;
    assert_eq!(measured(&running, Ruler::Business(&calendar)), by_calendar, "the last has not logged it yet");
}
