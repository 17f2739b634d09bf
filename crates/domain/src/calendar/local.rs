//! Local time to UTC and back, by the one rule for nights on which clocks are moved (RFC 5545).
//!
//! A local time that a zone skips is moved forward by the length of the gap; one that occurs twice means its first
//! occurrence. Both come to the same thing: the offset before the change applies.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};

/// The instant of a local time in `zone`. Within a day of the ends of chrono's range: the nearest instant.
pub fn to_utc(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    let offset = match zone.offset_from_local_datetime(&local).earliest() {
        Some(offset) => offset.fix(),
        None => match GapInfo::new(&local, &zone).and_then(|gap| gap.begin) {
            Some((_, before)) => before.fix(),
            None => Utc.fix(),
        },
    };
    local.checked_sub_offset(offset).unwrap_or(local).and_utc()
}

/// The instant at which a local date begins in `zone`: midnight, or where midnight is skipped, midnight moved by the
/// gap, which is the date's first instant.
pub fn midnight(zone: Tz, date: NaiveDate) -> DateTime<Utc> {
    to_utc(zone, date.and_time(NaiveTime::MIN))
}

/// The last instant of a local date in `zone`, to the microsecond.
pub fn last_instant(zone: Tz, date: NaiveDate) -> DateTime<Utc> {
    midnight(zone, plus_days(date, 1)) - TimeDelta::microseconds(1)
}

/// The local date of an instant in `zone`.
pub fn date(zone: Tz, t: DateTime<Utc>) -> NaiveDate {
    let offset = zone.offset_from_utc_datetime(&t.naive_utc()).fix();
    t.naive_utc().checked_add_offset(offset).unwrap_or(t.naive_utc()).date()
}

/// The date `days` later, or the last one that there is.
pub(crate) fn plus_days(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX)
}

/// The date `days` earlier, or the first one that there is.
pub(crate) fn minus_days(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(zone: &str, local: &str, utc: &str) {
        let zone: Tz = zone.parse().expect("a zone");
        let local = local.parse().expect("a local time");
        assert_eq!(to_utc(zone, local), utc.parse::<DateTime<Utc>>().expect("an instant"), "{zone} {local}");
    }

    #[test]
    fn a_date_ends_where_the_next_begins() {
        let date = |text: &str| text.parse::<NaiveDate>().expect("a date");
        let rome = chrono_tz::Europe::Rome;
        assert_eq!(last_instant(rome, date("2026-03-28")).to_string(), "2026-03-28 22:59:59.999999 UTC");
        // A day of 23 hours.
        assert_eq!(last_instant(rome, date("2026-03-29")).to_string(), "2026-03-29 21:59:59.999999 UTC");
    }

    #[test]
    fn a_skipped_time_moves_forward_by_the_gap() {
        check("Europe/Rome", "2026-03-29T02:30:00", "2026-03-29T01:30:00Z");
        check("America/New_York", "2026-03-08T02:00:00", "2026-03-08T07:00:00Z");
        // Samoa left out the whole of 2011-12-30.
        check("Pacific/Apia", "2011-12-30T09:00:00", "2011-12-30T19:00:00Z");
        check("Pacific/Apia", "2011-12-31T09:00:00", "2011-12-30T19:00:00Z");
    }

    #[test]
    fn a_time_that_occurs_twice_is_its_first_occurrence() {
        check("Europe/Rome", "2026-10-25T02:30:00", "2026-10-25T00:30:00Z");
        check("America/New_York", "2026-11-01T01:00:00", "2026-11-01T05:00:00Z");
    }

    #[test]
    fn a_missing_midnight_is_the_first_instant_of_its_date() {
        let zone = chrono_tz::America::Santiago;
        let date = NaiveDate::from_ymd_opt(2025, 9, 7).expect("a date");
        let start = midnight(zone, date);
        assert_eq!(start.with_timezone(&zone).naive_local().to_string(), "2025-09-07 01:00:00");
        assert_eq!(super::date(zone, start), date);
        assert_eq!(super::date(zone, start - chrono::TimeDelta::microseconds(1)), minus_days(date, 1));
    }
}
