//! The golden vectors V1 to V15, and what the rules say about edges.

use chrono::TimeDelta;
use handoff_domain::calendar::{Calendar, Definition, END_OF_TIME};
use handoff_domain::target::Target;

use super::{calendar, local, rome, utc};

fn night() -> Calendar {
    calendar("America/New_York", 7, &["22:00-06:00"], &[])
}

fn all() -> Calendar {
    Calendar::new(Definition::always_open(chrono_tz::Europe::Rome))
}

/// `target` as on the command line; the deadline both in local time and in UTC, so that a slip in one shows.
fn check(calendar: &Calendar, start: &str, target: &str, due: &str, due_utc: &str) {
    let target: Target = target.parse().expect("a target");
    let found = calendar.due(local(calendar, start), target);
    assert_eq!(found, Some(utc(due_utc)), "{start} + {target}");
    assert_eq!(found, Some(local(calendar, due)), "{start} + {target}");
}

#[test]
fn v1_to_v7_office_hours_with_a_lunch_break() {
    let rome = rome();
    check(&rome, "2026-03-27 17:00", "2h", "2026-03-30 10:00", "2026-03-30T08:00:00Z");
    check(&rome, "2026-03-28 15:00", "2h", "2026-03-30 11:00", "2026-03-30T09:00:00Z");
    check(&rome, "2026-03-30 12:30", "1h", "2026-03-30 14:30", "2026-03-30T12:30:00Z");
    check(&rome, "2026-03-27 16:00", "16h", "2026-03-31 16:00", "2026-03-31T14:00:00Z");
    check(&rome, "2026-04-03 17:30", "1h", "2026-04-07 09:30", "2026-04-07T07:30:00Z");
    check(&rome, "2026-03-27 18:00", "1h", "2026-03-30 10:00", "2026-03-30T08:00:00Z");
    check(&rome, "2026-03-27 13:00", "1h", "2026-03-27 15:00", "2026-03-27T14:00:00Z");
}

#[test]
fn v8_and_v9_a_night_shift_on_nights_when_clocks_are_moved() {
    check(&night(), "2026-03-07 23:00", "6h", "2026-03-08 06:00", "2026-03-08T10:00:00Z");
    check(&night(), "2026-10-31 23:00", "6h", "2026-11-01 04:00", "2026-11-01T09:00:00Z");
}

#[test]
fn v10_and_v11_around_the_clock_a_day_is_24_hours() {
    check(&all(), "2026-03-28 12:00", "24h", "2026-03-29 13:00", "2026-03-29T11:00:00Z");
    check(&all(), "2026-10-24 12:00", "24h", "2026-10-25 11:00", "2026-10-25T10:00:00Z");
    check(&all(), "2026-10-24 12:00", "24h calendar", "2026-10-25 11:00", "2026-10-25T10:00:00Z");
}

#[test]
fn v12_and_v13_business_days_end_at_their_close() {
    check(&rome(), "2026-03-27 16:00", "2bd", "2026-03-31 18:00", "2026-03-31T16:00:00Z");
    check(&rome(), "2026-04-03 16:00", "2bd", "2026-04-08 18:00", "2026-04-08T16:00:00Z");
}

#[test]
fn v14_a_pause_leaves_what_had_not_elapsed() {
    let rome = rome();
    let (start, paused) = (local(&rome, "2026-03-27 16:00"), local(&rome, "2026-03-27 17:00"));
    let left = TimeDelta::hours(8) - rome.elapsed(start, paused);
    assert_eq!(left, TimeDelta::hours(7));
    let due = rome.deadline(local(&rome, "2026-03-30 11:00"), left);
    assert_eq!(due, Some(local(&rome, "2026-03-31 10:00")));
    assert_eq!(due, Some(utc("2026-03-31T08:00:00Z")));
}

#[test]
fn v15_a_warning_at_three_quarters_of_the_target() {
    let rome = rome();
    let due = rome.deadline(local(&rome, "2026-03-27 16:00"), TimeDelta::hours(8) * 3 / 4);
    assert_eq!(due, Some(local(&rome, "2026-03-30 13:00")));
    assert_eq!(due, Some(utc("2026-03-30T11:00:00Z")));
}

#[test]
fn a_deadline_on_a_closing_edge_stays_there() {
    let rome = rome();
    let start = local(&rome, "2026-03-27 17:00");
    assert_eq!(rome.deadline(start, TimeDelta::hours(1)), Some(local(&rome, "2026-03-27 18:00")));
    let microsecond_more = rome.deadline(start, TimeDelta::hours(1) + TimeDelta::microseconds(1));
    assert_eq!(microsecond_more, Some(local(&rome, "2026-03-30 09:00") + TimeDelta::microseconds(1)));
}

#[test]
fn openings_include_their_start_and_exclude_their_end() {
    let rome = rome();
    let (open, close) = (local(&rome, "2026-03-27 14:00"), local(&rome, "2026-03-27 18:00"));
    let microsecond = TimeDelta::microseconds(1);
    assert!(rome.open(open) && rome.open(close - microsecond));
    assert!(!rome.open(open - microsecond) && !rome.open(close));
}

#[test]
fn edge_23_an_interval_inside_a_gap_moves_forward_and_one_that_spans_it_loses_the_hour() {
    // Rome skips 02:00 to 03:00 on 2026-03-29 and has it twice on 2026-10-25.
    let check = |hours: &str, date: &str, open_minutes: i64| {
        let calendar = calendar("Europe/Rome", 7, &[hours], &[]);
        let day = super::date(date);
        let (from, to) =
            (local(&calendar, &format!("{date} 00:00")), local(&calendar, &format!("{date} 23:00")));
        assert_eq!(calendar.elapsed(from, to), TimeDelta::minutes(open_minutes), "{hours} on {date}");
        assert_eq!(calendar.is_business_date(day), open_minutes > 0, "{hours} on {date}");
    };
    check("02:15-02:45", "2026-03-29", 30);
    check("01:30-03:30", "2026-03-29", 60);
    check("02:00-03:00", "2026-03-29", 0);
    check("02:30-03:15", "2026-03-29", 0);
    check("02:15-02:45", "2026-10-25", 30);
    check("01:30-03:30", "2026-10-25", 180);
    check("02:30-03:30", "2026-10-25", 120);
}

#[test]
fn business_days_count_from_the_local_date_and_zero_is_the_same_day() {
    let rome = rome();
    let check = |from: &str, to: &str, days: u32| {
        assert_eq!(rome.days(local(&rome, from), local(&rome, to)), days, "{from} to {to}");
    };
    check("2026-03-27 16:00", "2026-03-27 18:00", 0);
    check("2026-03-27 16:00", "2026-03-27 18:01", 1);
    check("2026-03-27 16:00", "2026-03-30 18:00", 1);
    check("2026-03-27 16:00", "2026-03-30 18:01", 2);
    check("2026-03-28 10:00", "2026-03-28 23:59", 0);
    check("2026-03-28 10:00", "2026-03-29 10:00", 1);
    check("2026-04-03 16:00", "2026-04-07 09:00", 1);
    let saturday = local(&rome, "2026-03-28 10:00");
    assert_eq!(
        rome.deadline_days(saturday, 0),
        Some(utc("2026-03-28T23:00:00Z")),
        "the end of a closed date"
    );
}

#[test]
fn business_days_of_a_month_leave_out_its_holidays() {
    let rome = rome();
    let count = |from, to| rome.business_days(super::date(from), super::date(to));
    assert_eq!(count("2026-04-01", "2026-05-01"), 21);
    assert_eq!(count("2026-05-01", "2026-06-01"), 20);
    assert_eq!(count("2025-12-29", "2026-01-03"), 5);
    assert_eq!(count("2026-05-02", "2026-05-02"), 0);
    assert_eq!(night().business_days(super::date("2026-03-01"), super::date("2026-04-01")), 31);
}

#[test]
fn far_away_years_are_exact_and_the_ends_of_time_do_no_harm() {
    let rome = rome();
    for (start, due) in
        [("1850-01-04T17:00:00Z", "1850-01-07T09:00:00Z"), ("9990-01-05T16:30:00Z", "9990-01-08T08:30:00Z")]
    {
        assert_eq!(rome.deadline(utc(start), TimeDelta::minutes(60)), Some(utc(due)), "{start}");
    }
    let (first, last) = (chrono::DateTime::<chrono::Utc>::MIN_UTC, chrono::DateTime::<chrono::Utc>::MAX_UTC);
    assert_eq!(rome.deadline(last, TimeDelta::hours(1)), None);
    assert_eq!(rome.deadline_days(last, 2), None);
    assert_eq!(rome.due(last, Target::Calendar(TimeDelta::hours(1))), None);
    assert!(!rome.open(first) && !rome.open(last));
    assert_eq!(rome.elapsed(last, first), TimeDelta::zero());
    let always = Calendar::new(Definition::always_open(chrono_tz::UTC));
    assert_eq!(always.deadline(first, TimeDelta::hours(1)), Some(utc("0001-01-01T01:00:00Z")));
    assert_eq!(END_OF_TIME, utc("9999-12-31T23:59:59.999999Z"));
    assert_eq!(always.deadline(END_OF_TIME - TimeDelta::hours(1), TimeDelta::hours(1)), Some(END_OF_TIME));
    assert!(rome.local_date(last) > rome.local_date(first));
    assert_eq!(rome.days(last, last), 0);
}

#[test]
fn a_calendar_without_a_week_closes_for_good_after_its_last_exception() {
    let mut definition = calendar("Europe/Rome", 0, &[], &["2026-12-31"]).definition().clone();
    definition.exceptions.entry(super::date("2026-12-31")).or_default().hours =
        vec![super::interval("22:00-02:00")];
    let calendar = Calendar::new(definition);
    let start = utc("2026-01-01T00:00:00Z");
    assert_eq!(calendar.deadline(start, TimeDelta::hours(4)), Some(utc("2027-01-01T01:00:00Z")));
    assert_eq!(calendar.deadline(start, TimeDelta::hours(5)), None);
    assert_eq!(calendar.deadline_days(start, 1), Some(utc("2027-01-01T01:00:00Z")));
    assert_eq!(calendar.deadline_days(start, 2), None);
    assert_eq!(calendar.days(start, utc("2030-01-01T00:00:00Z")), 2, "one more than there are");
}
