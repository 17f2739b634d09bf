//! Periods: their dates, labels, neighbours and bounds in a zone.

use chrono::{NaiveDate, TimeDelta, TimeZone};
use chrono_tz::Tz;
use handoff_domain::calendar::local;
use handoff_domain::period::{Period, PeriodKind};
use proptest::prelude::*;

use crate::calendar::{date, utc};

const KINDS: [PeriodKind; 5] =
    [PeriodKind::Day, PeriodKind::IsoWeek, PeriodKind::Month, PeriodKind::Quarter, PeriodKind::Year];

fn containing(kind: PeriodKind, day: &str) -> Period {
    Period::containing(kind, date(day)).expect("far from the ends of time")
}

fn check(kind: PeriodKind, day: &str, label: &str, start: &str, end: &str) {
    let period = containing(kind, day);
    assert_eq!(period.label(), label);
    assert_eq!((period.start(), period.end()), (date(start), date(end)), "{label}");
}

#[test]
fn every_kind_has_its_dates_and_its_label() {
    check(PeriodKind::Day, "2026-11-22", "2026-11-22", "2026-11-22", "2026-11-23");
    check(PeriodKind::IsoWeek, "2026-11-22", "2026-W47", "2026-11-16", "2026-11-23");
    check(PeriodKind::Month, "2026-11-22", "2026-11", "2026-11-01", "2026-12-01");
    check(PeriodKind::Quarter, "2026-11-22", "2026-Q4", "2026-10-01", "2027-01-01");
    check(PeriodKind::Year, "2026-11-22", "2026", "2026-01-01", "2027-01-01");
    check(PeriodKind::Custom, "2026-11-22", "2026-11-22..2026-11-22", "2026-11-22", "2026-11-23");
    let range = Period::range(date("2026-11-01"), date("2026-11-23")).expect("not empty");
    assert_eq!(range.to_string(), "2026-11-01..2026-11-22");
    assert_eq!(Period::range(date("2026-11-01"), date("2026-11-01")), None);
}

#[test]
fn edge_26_leap_days_and_iso_week_53() {
    check(PeriodKind::Month, "2028-02-29", "2028-02", "2028-02-01", "2028-03-01");
    check(PeriodKind::Quarter, "2028-02-29", "2028-Q1", "2028-01-01", "2028-04-01");
    check(PeriodKind::Year, "2028-02-29", "2028", "2028-01-01", "2029-01-01");
    check(PeriodKind::IsoWeek, "2027-01-03", "2026-W53", "2026-12-28", "2027-01-04");
    check(PeriodKind::IsoWeek, "2027-01-04", "2027-W01", "2027-01-04", "2027-01-11");
    check(PeriodKind::IsoWeek, "2024-12-30", "2025-W01", "2024-12-30", "2025-01-06");
    assert_eq!(containing(PeriodKind::Year, "2028-06-01").days(), 366);
    assert_eq!(
        containing(PeriodKind::Month, "2028-03-31").previous(),
        Some(containing(PeriodKind::Month, "2028-02-29"))
    );
}

#[test]
fn a_fiscal_year_is_a_range() {
    let range = |from, to| Period::range(date(from), date(to)).expect("not empty");
    let fiscal = range("2026-04-01", "2027-04-01");
    let labels: Vec<_> = fiscal.split(PeriodKind::Quarter).iter().map(Period::label).collect();
    assert_eq!(labels, ["2026-Q2", "2026-Q3", "2026-Q4", "2027-Q1"]);
    assert_eq!(fiscal.split(PeriodKind::Custom), [fiscal]);
    assert_eq!(range("2026-03-01", "2026-03-31").previous(), Some(range("2026-01-30", "2026-03-01")));
}

#[test]
fn bounds_are_local_midnights_in_utc() {
    let bounds = |zone: Tz, day| containing(PeriodKind::Day, day).bounds(zone);
    let rome = chrono_tz::Europe::Rome;
    assert_eq!(bounds(rome, "2026-03-29"), (utc("2026-03-28T23:00:00Z"), utc("2026-03-29T22:00:00Z")));
    assert_eq!(bounds(rome, "2026-10-25"), (utc("2026-10-24T22:00:00Z"), utc("2026-10-25T23:00:00Z")));
    // Santiago skips the midnight of 2025-09-07; Samoa left out the whole of 2011-12-30.
    let santiago = chrono_tz::America::Santiago;
    assert_eq!(bounds(santiago, "2025-09-07"), (utc("2025-09-07T04:00:00Z"), utc("2025-09-08T03:00:00Z")));
    let (from, to) = bounds(chrono_tz::Pacific::Apia, "2011-12-30");
    assert_eq!(from, to, "a date that never was is empty");
}

#[test]
fn what_precedes_a_range_is_as_many_periods_long() {
    let preceding = |kind, start: &str, end: &str| {
        let range = Period::range(date(start), date(end)).expect("a range");
        let before = range.preceding(kind).expect("far from the ends of time");
        assert_eq!(before.end(), range.start());
        before.start()
    };
    assert_eq!(preceding(PeriodKind::Month, "2026-03-01", "2026-04-01"), date("2026-02-01"));
    assert_eq!(preceding(PeriodKind::Month, "2024-02-01", "2024-05-01"), date("2023-11-01"));
    assert_eq!(preceding(PeriodKind::Quarter, "2026-01-01", "2026-07-01"), date("2025-07-01"));
    assert_eq!(preceding(PeriodKind::IsoWeek, "2021-01-04", "2021-01-11"), date("2020-12-28"));
    assert_eq!(preceding(PeriodKind::Year, "2025-01-01", "2026-01-01"), date("2024-01-01"));
    assert_eq!(preceding(PeriodKind::Custom, "2026-03-01", "2026-03-11"), date("2026-02-19"));
    let first = Period::range(NaiveDate::MIN, NaiveDate::MIN.succ_opt().expect("a day")).expect("a range");
    assert_eq!(first.preceding(PeriodKind::Day), None);
    assert_eq!(first.preceding(PeriodKind::Custom), None);
}

#[test]
fn kinds_have_one_name() {
    for kind in [&KINDS[..], &[PeriodKind::Custom]].concat() {
        assert_eq!(kind.as_str().parse(), Ok(kind));
    }
    assert!("WEEK".parse::<PeriodKind>().is_err());
}

#[test]
fn there_is_no_period_past_the_ends_of_time() {
    assert_eq!(Period::containing(PeriodKind::Year, NaiveDate::MAX), None);
    assert_eq!(Period::containing(PeriodKind::Day, NaiveDate::MIN).and_then(|day| day.previous()), None);
}

proptest! {
    #[test]
    fn periods_of_a_kind_tile_the_dates(days in 0_i64..40_000, length in 1_i64..800) {
        let start = date("1970-01-01") + TimeDelta::days(days);
        let range = Period::range(start, start + TimeDelta::days(length)).expect("not empty");
        for kind in KINDS {
            let parts = range.split(kind);
            prop_assert!(parts[0].contains(range.start()));
            prop_assert!(parts[parts.len() - 1].contains(range.end().pred_opt().expect("a date")));
            for pair in parts.windows(2) {
                prop_assert_eq!(pair[0].end(), pair[1].start());
                prop_assert_eq!(pair[1].previous(), Some(pair[0]));
                prop_assert!(pair[0].label() < pair[1].label(), "labels sort as periods do");
            }
        }
    }

    #[test]
    fn an_instant_lies_in_the_period_of_its_local_date(hours in 0_i64..400_000, zone in 0..chrono_tz::TZ_VARIANTS.len()) {
        let (zone, t) = (chrono_tz::TZ_VARIANTS[zone], utc("1990-01-01T00:00:00Z") + TimeDelta::hours(hours));
        let day = Period::containing(PeriodKind::Day, local::date(zone, t)).expect("a day");
        // Where clocks go back over midnight, the end of the old date is shown again inside the new one.
        let is_ambiguous = |date: NaiveDate| zone.from_local_datetime(&date.into()).latest() != zone.from_local_datetime(&date.into()).earliest();
        prop_assume!(!is_ambiguous(day.start()) && !is_ambiguous(day.end()));
        let (a, b) = day.bounds(zone);
        prop_assert!(a <= t && t < b, "{} in {}", t, zone);
    }
}
