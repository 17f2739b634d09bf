//! M8.

use handoff_domain::calendar::Elapsed;
use handoff_domain::metric::attainment::{Attainment, attainment};
use handoff_domain::metric::clock::{ClockFact, ClockKind, StopKind};
use handoff_domain::metric::ratio::Ratio;

use super::given::{at, decide_clock, span, stopped};

/// A clock that is due at noon of the 5th of January.
fn clock() -> ClockFact {
    decide_clock(1, "1h", "2026-01-05 11:00", "2026-01-05 12:00")
}

fn ended(when: &str, kind: StopKind) -> ClockFact {
    stopped(clock(), when, kind, Elapsed::default())
}

fn check(clock: ClockFact, as_of: &str, expected: (u64, u64, u64)) {
    let facts: Vec<_> = clock.as_of(at(as_of)).into_iter().collect();
    let result = attainment(&facts, ClockKind::Decide, &span("2026-01-01", "2026-02-01"), at(as_of));
    let (met, breached, overdue) = expected;
    assert_eq!(result, Attainment { met, breached, overdue }, "as of {as_of}");
}

#[test]
fn edge_case_16_a_stop_at_the_deadline_is_met() {
    check(ended("2026-01-05 12:00", StopKind::Met), "2026-01-31 00:00", (1, 0, 0));
    check(ended("2026-01-05 12:01", StopKind::MetLate), "2026-01-31 00:00", (0, 1, 0));
}

#[test]
fn open_and_overdue_counts_as_breached_even_if_no_worker_noticed() {
    check(clock(), "2026-01-05 11:59", (0, 0, 0));
    check(clock(), "2026-01-05 12:00", (0, 1, 1));
    // A late stop that as_of does not know of yet.
    check(ended("2026-01-06 09:00", StopKind::MetLate), "2026-01-05 18:00", (0, 1, 1));
}

#[test]
fn what_is_not_due_yet_is_left_out_even_if_it_was_met() {
    check(ended("2026-01-05 11:10", StopKind::Met), "2026-01-05 11:30", (0, 0, 0));
    check(ended("2026-01-05 11:10", StopKind::Met), "2026-01-05 12:00", (1, 0, 0));
}

#[test]
fn a_cancelled_clock_is_left_out_unless_it_had_breached() {
    check(ended("2026-01-05 11:10", StopKind::Cancelled), "2026-01-31 00:00", (0, 0, 0));
    let after = ClockFact {
        breached_at: Some(at("2026-01-05 12:00")),
        ..ended("2026-01-05 13:00", StopKind::Cancelled)
    };
    check(after, "2026-01-31 00:00", (0, 1, 0));
}

#[test]
fn only_clocks_of_the_kind_and_due_in_the_span_count() {
    let facts = [
        ended("2026-01-05 11:10", StopKind::Met),
        ClockFact { kind: ClockKind::Contact, ..ended("2026-01-05 11:10", StopKind::Met) },
        ClockFact { due_at: at("2026-02-01 00:00"), ..ended("2026-01-05 11:10", StopKind::Met) },
    ];
    let of =
        |kind| attainment(&facts, kind, &span("2026-01-01", "2026-02-01"), at("2026-03-01 00:00")).rate();
    assert_eq!(of(ClockKind::Decide), Ratio::new(1, 1));
    assert_eq!(of(ClockKind::Contact), Ratio::new(1, 1));
    assert!(of(ClockKind::Route).value().is_err(), "edge case 1");
}
