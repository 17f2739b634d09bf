//! The business calendar: golden vectors, a table made by another library, and its laws against a naive oracle.

mod definition;
mod golden;
mod laws;
mod oracle;
mod random;
mod table;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone, Utc};
use handoff_domain::calendar::{Calendar, Definition, Exception, LocalInterval, LocalTime};

/// `09:00-13:00`.
pub(crate) fn interval(text: &str) -> LocalInterval {
    let (open, close) = text.split_once('-').expect("two times");
    let time = |text: &str| text.parse::<LocalTime>().expect("a time of day");
    LocalInterval { open: time(open), close: time(close) }
}

/// A calendar that opens on the first `days` days of the week, and is closed on some dates.
pub(crate) fn calendar(zone: &str, days: usize, hours: &[&str], closed: &[&str]) -> Calendar {
    let hours: Vec<_> = hours.iter().map(|text| interval(text)).collect();
    let mut definition = Definition::always_open(zone.parse().expect("a zone"));
    for (day, of_day) in definition.weekly_hours.iter_mut().enumerate() {
        *of_day = if day < days { hours.clone() } else { Vec::new() };
    }
    definition.exceptions = closed.iter().map(|text| (date(text), Exception::default())).collect();
    Calendar::new(definition)
}

pub(crate) fn rome() -> Calendar {
    calendar("Europe/Rome", 5, &["09:00-13:00", "14:00-18:00"], &["2026-04-06", "2026-05-01"])
}

pub(crate) fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// The instant of `2026-03-27 17:00` in the calendar's zone.
pub(crate) fn local(calendar: &Calendar, text: &str) -> DateTime<Utc> {
    let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a local time");
    let zone = calendar.definition().time_zone;
    zone.from_local_datetime(&time).single().expect("a time that occurs once").with_timezone(&Utc)
}

pub(crate) fn utc(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}
